"""From a file's bytes to an upright 8-bit picture, or to the reason why not. Opens no files.

What is decided here, so that learning and predicting see the same pixels:

- Large pictures are decoded small: JPEGs by the decoder itself (1/2, 1/4 or 1/8), others averaged
  down by a whole factor after decoding; the short side never falls below `target`.
- Transparency is laid on white. Viewers and web pages show it so, cut-outs and scans mostly mean
  paper, and what lies under full transparency is arbitrary.
- More than 8 bits a channel are stretched linearly, from black to white of the whole set where it
  is known (`levels.py`), else from the picture's own 0.1th percentile to its 99.9th, so 12-bit data
  in a 16-bit file does not come out black and a hot pixel does not darken the rest (`depth.py`).
- EXIF rotation is obeyed; of several frames the first is taken.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8
from PIL import Image as pillow  # noqa: N813  (the module, beside its class)
from PIL import (  # loaded now: Pillow would load them when the first thread asks, not safely
    PcxImagePlugin,  # noqa: F401
    QoiImagePlugin,  # noqa: F401
    SgiImagePlugin,  # noqa: F401
    SunImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)
from PIL.Image import Image

from handful.modalities.failure import DecodeFailure
from handful.modalities.image.captured import capture_time
from handful.modalities.image.damage import PictureFailure, why_not_decoded, why_not_opened
from handful.modalities.image.depth import (
    DEEP_GREY,
    declared_no_data,
    deep_colour,
    grey_to_eight_bit,
    reduced,
    with_colour,
)
from handful.modalities.image.formats import formats
from handful.modalities.image.levels import Levels
from handful.modalities.image.odd_tiff import plain_picture
from handful.modalities.image.tiff import HEIGHT, WIDTH, Facts, facts

DECODE_VERSION = 1
"""Raised by any change here that alters pixels: what was computed from them is then renewed."""

# 400 MB while decoding in four bytes a pixel, which leaves room for the encoder under 1.2 GB.
MAX_PIXELS = 100_000_000
# Pictures above this are decoded one at a time, for the same reason.
LARGE_PIXELS = 16_000_000
_one_large_at_a_time = threading.Lock()

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: pillow.Transpose.FLIP_LEFT_RIGHT,
    3: pillow.Transpose.ROTATE_180,
    4: pillow.Transpose.FLIP_TOP_BOTTOM,
    5: pillow.Transpose.TRANSPOSE,
    6: pillow.Transpose.ROTATE_270,
    7: pillow.Transpose.TRANSVERSE,
    8: pillow.Transpose.ROTATE_90,
}
_KEEPS_SHAPE = (_UPRIGHT[2], _UPRIGHT[3], _UPRIGHT[4])


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture, upright, perhaps reduced.

    Args:
        image: grey ("L") or colour ("RGB"), 8 bit. Grey stays grey: it resizes three times faster.
        width, height: of the whole picture in the file, upright, before any reduction, in pixels.
        mode: as the file has it: "L", "RGB", "P", "CMYK", "I;16", ... (Pillow's names), and
            "5 x uint16" where Pillow has none.
        format: a key of `formats.ENDINGS`.
        frames: how many the file holds; `image` is the first.
        levels: what would be black and white in this picture by itself; None where it has 8 bits.
        taken: time of capture, as `capture_time` gives it; empty where it is not known.
    """

    image: Image
    width: int
    height: int
    mode: str
    format: str
    frames: int = 1
    levels: Levels | None = None
    taken: str = ""

    @property
    def pixels(self) -> UInt8[np.ndarray, "h w 3"]:
        """The picture as RGB."""
        return np.asarray(self.image.convert("RGB"))


def decode(data: bytes, *, target: int = 224, levels: Sequence[Levels] = ()) -> Picture:
    """The picture in `data`, upright, 8 bit, at a scale whose short side is at least `target`.

    A picture that is smaller than `target` is left as it is. Thread-safe.

    Args:
        data: the bytes of a whole file.
        target: short side in pixels that must be kept, >= 1.
        levels: black and white of the set, for pictures of more than 8 bits.
    Raises:
        DecodeFailure: the bytes are no picture that is known here, are damaged, or would unfold
            to more than `MAX_PIXELS` pixels (judged by the header, before anything is decoded).
    """
    if not data:
        raise PictureFailure("empty: 0 bytes")
    with _pillow_is_quiet():
        try:
            try:
                return _decode(data, target, levels)
            except UnidentifiedImageError:
                said = facts(data)
                if said is None:
                    raise
                return _decode_odd(data, said, target, levels)
        except DecodeFailure:
            raise
        except pillow.DecompressionBombError as error:
            stated = re.search(r"\d+", str(error))
            raise PictureFailure(_too_large(int(stated[0]) if stated else 0)) from error
        except UnidentifiedImageError as error:
            raise PictureFailure(why_not_opened(data)) from error
        except MemoryError as error:
            raise PictureFailure(
                "there is not enough memory to decode it", lasting=False
            ) from error
        except Exception as error:
            # Pillow answers hostile bytes with almost any exception: OSError, SyntaxError,
            # ValueError, struct.error, KeyError, ... Each means that this file cannot be decoded.
            raise PictureFailure(why_not_decoded(data, error)) from error


def _decode(data: bytes, target: int, levels: Sequence[Levels]) -> Picture:
    with pillow.open(io.BytesIO(data), formats=formats()) as image:
        size = image.size
        mode, frames = image.mode, int(getattr(image, "n_frames", 1))
        kind = {"MPO": "JPEG", "DIB": "BMP"}.get(image.format or "", image.format or "")
        # Of a TIFF before it is loaded, which closes its file; of a PNG after: asking loads it, and
        # `deep_colour` needs it as it was opened.
        taken = capture_time(image) if kind == "TIFF" else ""
        image.draft(None, (target, target))  # does nothing unless it is a JPEG
        num_pixels = image.width * image.height
        if num_pixels > MAX_PIXELS:
            raise PictureFailure(_too_large(num_pixels))
        with _one_large_at_a_time if num_pixels > LARGE_PIXELS else nullcontext():
            deep = deep_colour(data, image)
            image.load()
            if kind == "TIFF":  # these Pillow turns upright itself, while it loads them
                size, turn = image.size, None
            else:
                turn = _UPRIGHT.get(_orientation(image))
                taken = capture_time(image)
            factor = max(1, min(image.size) // target)
            own: Levels | None = None
            if deep is not None:
                plain, own = with_colour(image, deep, levels)
                plain = _to_eight_bit(plain, factor)
            elif mode in DEEP_GREY:
                grey, no_data = np.asarray(image), declared_no_data(image)
                plain, own = grey_to_eight_bit(grey, factor, levels, no_data)
            else:
                plain = _to_eight_bit(image, factor)
    if turn is not None:
        plain = plain.transpose(turn)
        size = size if turn in _KEEPS_SHAPE else size[::-1]
    return Picture(plain, *size, mode, kind, frames, own, taken)


def _decode_odd(data: bytes, said: Facts, target: int, levels: Sequence[Levels]) -> Picture:
    """A TIFF that Pillow does not know."""
    num_pixels = said.one(WIDTH) * said.one(HEIGHT)
    if num_pixels > MAX_PIXELS:
        raise PictureFailure(_too_large(num_pixels))
    with _one_large_at_a_time if num_pixels > LARGE_PIXELS else nullcontext():
        plain, own, mode = plain_picture(data, said, target, levels)
    size, turn = (said.one(WIDTH), said.one(HEIGHT)), _UPRIGHT.get(said.one(_ORIENTATION, 1))
    if turn is not None:
        plain = plain.transpose(turn)
        size = size if turn in _KEEPS_SHAPE else size[::-1]
    return Picture(plain, *size, mode, "TIFF", levels=own)


def _orientation(image: Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        # Broken EXIF is common (phones, editors) and harms nothing but itself: the picture stands.
        return 1


def _to_eight_bit(image: Image, factor: int) -> Image:
    """Grey or RGB, averaged down by `factor`."""
    mode, transparent = image.mode, "transparency" in image.info
    if mode in ("1", "L") and not transparent:
        return reduced(image.convert("L"), factor)
    if mode in ("RGB", "CMYK", "YCbCr", "HSV") and not transparent:
        return reduced(image, factor).convert("RGB")
    if mode == "LAB":
        return reduced(_from_lab(image), factor)
    if mode == "P" and not transparent:
        return reduced(image.convert("RGB"), factor)
    if mode in ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa"):
        layer = reduced(image.convert("RGBA"), factor)
        flat = pillow.alpha_composite(pillow.new("RGBA", layer.size, "white"), layer)
        return flat.convert("L" if mode in ("1", "L", "LA", "La") else "RGB")
    raise PictureFailure(f"its colour space, {mode}, is not read here")


def _from_lab(image: Image) -> Image:
    from PIL import ImageCms

    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.applyTransform(image, ImageCms.buildTransform(lab, rgb, "LAB", "RGB")) or image


def _too_large(num_pixels: int) -> str:
    limit = MAX_PIXELS // 1_000_000
    return f"too large: {num_pixels / 1e6:,.0f} million pixels; at most {limit} million are decoded"


_quiet_lock = threading.Lock()
_quiet_depth = 0
_quiet_lists: list[list[Any]] = []
_IGNORE_PILLOW = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


@contextmanager
def _pillow_is_quiet() -> Iterator[None]:
    """No warning of Pillow's gets out while any thread is in here.

    `warnings.catch_warnings` would not do: it swaps the whole list of filters, so that two threads
    that leave in another order than they entered restore the wrong one. Here one filter is put in
    by the first and taken out by the last, from the very lists it was put in.
    """
    global _quiet_depth
    with _quiet_lock:
        _quiet_depth += 1
        filters = warnings.filters
        if isinstance(filters, list) and _IGNORE_PILLOW not in filters:
            filters.insert(0, _IGNORE_PILLOW)
            _quiet_lists.append(filters)
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                for entered in _quiet_lists:
                    if _IGNORE_PILLOW in entered:
                        entered.remove(_IGNORE_PILLOW)
                _quiet_lists.clear()
