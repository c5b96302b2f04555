"""What can be asked about, as paths, items or bytes of a file: arrays and Pillow pictures too.

An array is read as a file of the same depth would be: 8 bits as they are, 16 bits and floating
numbers between the black and white that the model keeps for such files.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image as pillow  # noqa: N813  (the module, beside its class)
from PIL.Image import Image

from handful.errors import DataError
from handful.items.item import Item

Source = str | Path | Item | bytes | bytearray | memoryview | np.ndarray | Image
_IN_A_TIFF = ("F", "I", "I;16B", "CMYK", "YCbCr", "LAB")  # modes that a PNG cannot hold


def is_one(source: object) -> bool:
    """Whether this is one thing to ask about, and not several; a batch is an array of four axes."""
    if isinstance(source, np.ndarray):
        return source.ndim < 4
    return isinstance(source, (str, Path, Item, bytes, bytearray, memoryview, Image))


def plain(source: object) -> str | Path | Item | bytes:
    """One source as a path, an item or the bytes of a file.

    Raises:
        DataError: it is none of the things that can be asked about, or an array of another form.
    """
    if isinstance(source, (str, Path, Item, bytes)):
        return source
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, Image):
        return _file(source)
    if isinstance(source, np.ndarray):
        return _file(_picture(source))
    raise DataError(
        "This is nothing that a model can be asked about.",
        found=f"an object of type {type(source).__name__}",
        expected="a path, bytes, a Pillow picture, an array, or several of these",
        attempt="give the place of the file",
    )


def each(sources: Iterable[object]) -> Iterator[str | Path | Item | bytes]:
    """Every source as `plain` gives it, taken as it is needed."""
    return map(plain, sources)


def _picture(array: np.ndarray) -> Image:
    colour = array.ndim == 3 and array.shape[2] in (3, 4)
    if array.size and (array.ndim == 2 or colour):
        if array.dtype == bool:
            array = array.astype(np.uint8) * np.uint8(255)
        if array.dtype == np.uint8:
            return pillow.fromarray(np.ascontiguousarray(array))
        if not colour and array.dtype == np.uint16:
            return pillow.fromarray(np.ascontiguousarray(array))
        if not colour and array.dtype.kind == "f":
            return pillow.fromarray(np.ascontiguousarray(array, np.float32))
        if array.dtype.kind == "f" and array.min() >= 0 and array.max() <= 1:
            return pillow.fromarray(np.rint(array * 255).astype(np.uint8))
    raise DataError(
        "An array of this form is no picture.",
        found=f"shape {array.shape}, {array.dtype}",
        expected="(h, w) in uint8, uint16 or float; (h, w, 3 or 4) in uint8, or float in 0 … 1; "
        "(n, h, w, 3) for several",
        attempt="move the axes into that order, and scale floats to 0 … 1",
    )


def _file(picture: Image) -> bytes:
    stream = io.BytesIO()
    if picture.mode in _IN_A_TIFF:
        picture.save(stream, "TIFF")
    else:
        picture.save(stream, "PNG", compress_level=1, exif=picture.getexif())
    return stream.getvalue()
