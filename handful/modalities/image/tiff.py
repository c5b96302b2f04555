"""TIFFs that Pillow does not know: 64-bit and 16-bit floats, signed bytes, two, five or ten bands.

They are common in maps and microscopy, and intact. Their rows are unpacked by Pillow all the same:
it is shown the same strips or tiles as a grey picture of bytes, eight for each 64-bit value, and
the bytes are then taken for what they are. Values to 8 bits is `depth.py`.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image as pillow  # noqa: N813  (the module, beside its class)

from handful.modalities.image.damage import PictureFailure

MAX_BYTES = 160_000_000
"""More would be refused by Pillow as a picture of too many pixels."""

# Field types: their struct codes. ASCII is read as bytes.
_TYPES = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
WIDTH, HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_COUNTS, _PLANAR = 273, 277, 278, 279, 284
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 317, 322, 323, 324, 325
_FORMAT, _GDAL_NO_DATA = 339, 42113

_KINDS = {1: "u", 2: "i", 3: "f"}
# None, LZW, deflate (two numbers), PackBits, LZMA, Zstandard: what gives back every bit.
_UNPACKED = {1, 5, 8, 32946, 32773, 34925, 50000}
_GREY_OR_COLOUR = {0, 1, 2}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a TIFF's first directory says.

    Args:
        order: "<" or ">", of its bytes.
        tags: values of each tag.
    """

    order: str
    tags: dict[int, tuple[Any, ...]]

    def one(self, tag: int, default: int = 0) -> int:
        """The first value of a tag, as a whole number."""
        return int(self.tags.get(tag, (default,))[0])

    @property
    def bands(self) -> int:
        """Values of each pixel."""
        return self.one(_SAMPLES, 1)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """Of each value; None where NumPy has none such, or the bands differ."""
        bits = set(self.tags.get(_BITS, (1,)))
        kinds = set(self.tags.get(_FORMAT, (1,)))
        if len(bits) != 1 or len(kinds) != 1:
            return None
        size, kind = bits.pop(), _KINDS.get(kinds.pop())
        if kind is None or size not in ((16, 32, 64) if kind == "f" else (8, 16, 32, 64)):
            return None
        return np.dtype(f"{self.order}{kind}{size // 8}")

    @property
    def no_data(self) -> float | None:
        """The value that means "nothing was measured here"."""
        text = bytes(self.tags.get(_GDAL_NO_DATA, ())).strip(b" \0").decode("ascii", "replace")
        try:
            return float(text) if text else None
        except ValueError:
            return None

    def __str__(self) -> str:
        bits = sorted(set(self.tags.get(_BITS, (1,))))
        kind = {2: "signed integers", 3: "floats", 5: "complex integers", 6: "complex floats"}
        what = kind.get(self.one(_FORMAT, 1), "integers")
        bands = f"{self.bands} bands of " if self.bands > 1 else ""
        return f"a TIFF of {bands}{' and '.join(map(str, bits))}-bit {what}"


def facts(data: bytes) -> Facts | None:
    """What the first directory of a TIFF says; None where it is none, or is damaged."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return None
    try:
        (at,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        tags = {}
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, number = struct.unpack_from(f"{order}HHI", data, entry)
            if kind not in _TYPES:
                continue
            layout = f"{order}{number}{_TYPES[kind]}"
            size = struct.calcsize(layout)
            if size > len(data):
                return None
            start = entry + 8 if size <= 4 else struct.unpack_from(f"{order}I", data, entry + 8)[0]
            tags[tag] = struct.unpack_from(layout, data, start)
    except struct.error:
        return None
    found = Facts(order, tags)
    return found if found.one(WIDTH) > 0 and found.one(HEIGHT) > 0 else None


def unpacked(data: bytes, said: Facts) -> Shaped[np.ndarray, "h w bands"]:
    """All values of the first picture in a TIFF.

    Args:
        data: the file.
        said: what `facts` told of it.
    Raises:
        DecodeFailure: it is packed in a way, or of values, that are not read here; too large; or
            damaged.
    """
    dtype, width, height = said.dtype, said.one(WIDTH), said.one(HEIGHT)
    packing, predictor = said.one(_COMPRESSION, 1), said.one(_PREDICTOR, 1)
    tiled = _TILE_WIDTH in said.tags
    known = dtype is not None and packing in _UNPACKED and predictor in (1, 2, 3)
    known = known and said.one(_PHOTOMETRIC, 1) in _GREY_OR_COLOUR
    if dtype is None or not known or (tiled and predictor == 3):
        raise PictureFailure(f"not read here: it is {said}; export it as 8 or 16 bits")
    planes = said.bands if said.one(_PLANAR, 1) == 2 else 1
    together = said.bands // planes
    if width * height * said.bands * dtype.itemsize > MAX_BYTES:
        raise PictureFailure(f"too large: it is {said}, {width:,} x {height:,} pixels")
    wide = together * dtype.itemsize
    parts = []
    for plane in range(planes):
        rows = _bytes_of(data, said, plane=plane, planes=planes, wide=wide)
        block = said.one(_TILE_WIDTH) if tiled else width
        columns = [
            _undone(rows[:, at * wide : (at + block) * wide], dtype, together, predictor)
            for at in range(0, width, block)
        ]
        parts.append(np.concatenate(columns, axis=1))
    return np.concatenate(parts, axis=2)


def _bytes_of(
    data: bytes, said: Facts, *, plane: int, planes: int, wide: int
) -> UInt8[np.ndarray, "h b"]:
    """The rows of one plane as bytes, unpacked by Pillow as if they were a grey picture."""
    tiled = _TILE_WIDTH in said.tags
    place, count = (_TILE_OFFSETS, _TILE_COUNTS) if tiled else (_STRIP_OFFSETS, _STRIP_COUNTS)
    offsets, counts = said.tags.get(place, ()), said.tags.get(count, ())
    each = len(offsets) // planes
    if not each or len(counts) != len(offsets):
        raise PictureFailure("damaged: its directory does not say where its rows are")
    of_plane = slice(plane * each, (plane + 1) * each)
    height = said.one(HEIGHT)
    tags = {
        WIDTH: (said.one(WIDTH) * wide,),
        HEIGHT: (height,),
        _BITS: (8,),
        _COMPRESSION: (said.one(_COMPRESSION, 1),),
        _PHOTOMETRIC: (1,),
        place: offsets[of_plane],
        _SAMPLES: (1,),
        count: counts[of_plane],
        _PLANAR: (1,),
    }
    if tiled:
        tags[_TILE_WIDTH] = (said.one(_TILE_WIDTH) * wide,)
        tags[_TILE_HEIGHT] = (said.one(_TILE_HEIGHT),)
    else:
        tags[_ROWS_PER_STRIP] = (min(said.one(_ROWS_PER_STRIP, height), height),)
    with pillow.open(io.BytesIO(_with_directory(data, said.order, tags)), formats=("TIFF",)) as one:
        return np.asarray(one)


def _with_directory(data: bytes, order: str, tags: dict[int, tuple[Any, ...]]) -> bytes:
    """The file with another directory at its end, which its header names instead."""
    at = len(data) + len(data) % 2
    after = at + 2 + 12 * len(tags) + 4
    directory, values = struct.pack(f"{order}H", len(tags)), b""
    for tag in sorted(tags):
        packed = struct.pack(f"{order}{len(tags[tag])}I", *tags[tag])
        directory += struct.pack(f"{order}HHI", tag, 4, len(tags[tag]))
        if len(packed) <= 4:
            directory += packed
        else:
            directory += struct.pack(f"{order}I", after + len(values))
            values += packed
    head = data[:4] + struct.pack(f"{order}I", at)
    return head + data[8:].ljust(at - 8, b"\0") + directory + b"\0\0\0\0" + values


def _undone(
    rows: UInt8[np.ndarray, "h b"], dtype: np.dtype[Any], bands: int, predictor: int
) -> Shaped[np.ndarray, "h w bands"]:
    """Values from bytes, after what was done to make them pack better (TIFF's predictors)."""
    height = len(rows)
    if predictor == 3:
        # Bytes were put highest first, all of one place together, and differences taken.
        summed = np.cumsum(rows.reshape(height, -1, bands), axis=1, dtype=np.uint8)
        places = summed.reshape(height, dtype.itemsize, -1)
        values = np.ascontiguousarray(places.transpose(0, 2, 1)).view(dtype.newbyteorder(">"))
        return values.reshape(height, -1, bands)
    rows = np.ascontiguousarray(rows)
    if predictor == 2:
        whole = np.dtype(f"{dtype.byteorder}u{dtype.itemsize}")
        differences = rows.view(whole).reshape(height, -1, bands)
        native = np.cumsum(differences, axis=1, dtype=whole.newbyteorder("="))
        return native.view(dtype.newbyteorder("="))
    return rows.view(dtype).reshape(height, -1, bands)
