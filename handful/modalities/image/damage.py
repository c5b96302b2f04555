"""Why bytes are not a picture that can be read, in words that help to mend it."""

from __future__ import annotations

import re
import struct

from handful.modalities.failure import DecodeFailure
from handful.modalities.image.formats import EXPECTED, reads_avif, reads_heic
from handful.system import installing


class PictureFailure(DecodeFailure):
    """One picture cannot be decoded."""

    def __init__(self, why: str, *, path: str = "", lasting: bool = True) -> None:
        super().__init__(
            why, path=path, lasting=lasting, what="A picture cannot be read.", expected=EXPECTED
        )


_HEIC_NAME, _AVIF_NAME = "a HEIC picture", "an AVIF picture"
# First bytes, and what such a file is. Those with True are formats that are read here.
_SIGNATURES: tuple[tuple[bytes, str, bool], ...] = (
    (rb"\xff\xd8\xff", "JPEG", True),
    (rb"\x89PNG", "PNG", True),
    (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "TIFF", True),
    (rb"RIFF....WEBP", "WebP", True),
    (rb"GIF8", "GIF", True),
    (rb"BM.{4}\0\0\0\0", "BMP", True),
    (rb"P[1-6]\s+(\d|#)|P[fF]\s+\d", "PPM", True),
    (rb"qoif", "QOI", True),
    (rb"\x01\xda[\0\x01][\x01\x02]", "SGI", True),
    (rb"\x0a[\0\x02\x03\x05]\x01[\x01\x02\x04\x08]", "PCX", True),
    (rb"\x59\xa6\x6a\x95", "a Sun raster", True),
    (rb"....ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)", _HEIC_NAME, False),
    (rb"....ftypavi[fs]", _AVIF_NAME, False),
    (rb"\0\0\0\x0cJXL |\xff\x0a", "a JPEG XL picture", False),
    (rb"\0\0\0\x0cjP  ", "a JPEG 2000 picture", False),
    (rb"8BPS", "a Photoshop document", False),
    (rb".{128}DICM", "a DICOM file", False),
    (rb"%PDF", "a PDF document", False),
    (rb"PK\x03\x04", "a ZIP archive", False),
    (rb"....ftyp|\x1a\x45\xdf\xa3", "a video", False),
    (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg", "an SVG drawing", False),
    (rb"\s*<(!doctype html|html)", "a web page", False),
    (rb"version https://git-lfs", "a Git LFS pointer; `git lfs pull` fetches the picture", False),
)
_SIGNATURES_COMPILED = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), name) for pattern, name, _ in _SIGNATURES
)


_READ = frozenset(name for _, name, is_read in _SIGNATURES if is_read)


def why_not_opened(data: bytes) -> str:
    """What the bytes seem to be, when their header could not be read as a picture's."""
    head = data[:1024]
    for pattern, name in _SIGNATURES_COMPILED:
        if pattern.match(head):
            if _is_read(name):
                if name in (_HEIC_NAME, _AVIF_NAME):
                    return f"damaged: it is {name}, but its header cannot be read"
                return f"damaged: it begins as {name} does, but its header cannot be read"
            if name == _HEIC_NAME:
                return f"not read yet: it is {name}; {installing.extra('heic')} reads it"
            return f"not a picture that is read here: it is {name}"
    if not data.strip(b"\0"):
        return f"damaged: all of its {len(data):,} bytes are zero"
    if head.isascii() and all(byte >= 32 or byte in b"\t\r\n" for byte in head):
        return "not a picture: it is text"
    return "not a picture: its first bytes belong to no known format"


def why_not_decoded(data: bytes, error: Exception) -> str:
    """What is wrong with the bytes, when Pillow raised `error` while decoding them."""
    text, size = str(error), len(data)
    declared = _declared_size(data)
    if size < declared:
        return f"truncated: {size:,} of {declared:,} bytes"
    ends_early = isinstance(error, (EOFError, IndexError, struct.error))
    if ends_early or re.search(r"truncated|not enough (image )?data", text, re.IGNORECASE):
        return f"truncated: the file ends after {size:,} bytes, before its picture does"
    return f"damaged: {text or type(error).__name__}"


def _declared_size(data: bytes) -> int:
    """The file's size as its header states it; 0 where the format states none."""
    if data[:4] == b"RIFF":
        return int.from_bytes(data[4:8], "little") + 8
    if data[:2] == b"BM":
        return int.from_bytes(data[2:6], "little")
    return 0


def looks_like_a_picture(head: bytes) -> bool:
    """Whether a file's first bytes are those of a format that is read here."""
    return any(_is_read(name) and pattern.match(head) for pattern, name in _SIGNATURES_COMPILED)


def _is_read(name: str) -> bool:
    """Whether files of this kind are read here and now."""
    if name == _HEIC_NAME:
        return reads_heic()
    if name == _AVIF_NAME:
        return reads_avif()
    return name in _READ
