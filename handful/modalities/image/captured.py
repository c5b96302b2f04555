"""When a picture was taken, as the camera wrote it into the file's EXIF."""

from __future__ import annotations

import re

from PIL.Image import Image

_EXIF_IFD = 0x8769
_TAKEN = 0x9003  # DateTimeOriginal; DateTime (0x0132) is renewed by every editor
_SUB_SECOND = 0x9291  # SubSecTimeOriginal
_TIME = re.compile(r"(?!0000)\d{4}:\d\d:\d\d \d\d:\d\d:\d\d")


def capture_time(image: Image) -> str:
    """Time of capture, "2024:01:31 12:04:55.25", or "" where the file does not say.

    Such texts sort as the times do: the part of a second is a decimal fraction, of as many digits
    as the camera wrote. Must be called while the file is open; asking a PNG loads it.
    """
    try:
        exif = image.getexif().get_ifd(_EXIF_IFD)
    except Exception:
        # Broken EXIF is common (phones, editors) and harms nothing but itself: the picture stands.
        return ""
    taken = str(exif.get(_TAKEN, "")).strip("\0 ")
    if not _TIME.fullmatch(taken):  # "0000:00:00 00:00:00" and blanks: a camera without a clock
        return ""
    sub_second = str(exif.get(_SUB_SECOND, "")).strip("\0 ")
    is_number = sub_second.isascii() and sub_second.isdecimal()
    return f"{taken}.{sub_second}" if is_number else taken
