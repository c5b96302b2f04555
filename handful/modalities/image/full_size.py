"""A picture at its full size and depth, for eyes: its own bytes, a lossless copy, or its values.

What a browser shows as we would goes out as it lies on the disk. Of a picture with more than 8 bits
the page gets the values, so that brightness and contrast are taken from the real depth.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt16
from PIL import Image as pillow  # noqa: N813  (the module, beside its class)

from handful.modalities.failure import DecodeFailure
from handful.modalities.image.damage import PictureFailure, why_not_decoded
from handful.modalities.image.decode import Picture, decode
from handful.modalities.image.depth import DEEP_GREY, deep_colour, reduced
from handful.modalities.image.formats import formats
from handful.modalities.image.levels import Levels, of_kind

WHOLE = 2**31  # as the side to keep: nothing is averaged
HEADER = 64  # as the side to keep where only the facts are wanted
SHOWN_BY_BROWSERS = {
    "JPEG": ("image/jpeg", frozenset({"L", "RGB"})),
    "PNG": ("image/png", frozenset({"1", "L", "P", "RGB"})),
    "WEBP": ("image/webp", frozenset({"RGB"})),
    "BMP": ("image/bmp", frozenset({"1", "L", "P", "RGB"})),
}
VALUES = "application/octet-stream"
MOST_VALUES = 50_000_000  # 100 MB; a larger deep picture is averaged down by a whole factor
BEYOND = 2.0  # widths of the range from black to white that are kept below and above it
TURNS = {2: (False, 0, 1), 3: (False, 1, 1), 4: (False, 1, 0), 5: (True, 0, 0),
         6: (True, 0, 1), 7: (True, 1, 1), 8: (True, 1, 0)}  # fmt: skip
"""EXIF's orientation → whether to transpose, then whether to flip rows and columns."""
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Depth:
    """How values went into 16-bit codes: value = lowest + step · code.

    Args:
        width, height, channels: of the codes, row by row; little-endian.
        black, white: codes between which a picture is shown at first.
        lowest, step: in the unit of the file.
        shrunk: whole factor by which the picture was averaged down, >= 1.
    """

    width: int
    height: int
    channels: int
    black: float
    white: float
    lowest: float
    step: float
    shrunk: int

    def headers(self) -> dict[str, str]:
        """As the HTTP headers that go with the codes."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        return {f"X-{name.title()}": f"{value:.9g}" for name, value in facts.items()}


@dataclass(frozen=True, slots=True)
class FullSize:
    """What is sent: an image file of type `kind`, or where `depth` is given, 16-bit codes."""

    data: bytes
    kind: str
    depth: Depth | None = None


def full_size(data: bytes, *, levels: Sequence[Levels] = ()) -> FullSize:
    """The picture in a file, nothing averaged away and nothing stretched.

    Args:
        data: the bytes of a whole file.
        levels: black and white of the set, between which a deep picture is shown at first.

    Raises:
        DecodeFailure: the bytes are no picture that is known here, or are damaged.
    """
    facts = decode(data, target=HEADER)
    values = _deep_values(data)
    if values is not None:
        return _codes(values, levels)
    kind, modes = SHOWN_BY_BROWSERS.get(facts.format, ("", frozenset()))
    moves = facts.frames > 1 and facts.format != "JPEG"  # a JPEG's second frame is not shown
    if facts.mode in modes and not moves and not _is_transparent(data):
        return FullSize(data, kind)
    return _copied(decode(data, target=WHOLE))


def _copied(picture: Picture) -> FullSize:
    """A lossless copy, for what browsers do not know or show otherwise than we do."""
    file = io.BytesIO()
    picture.image.save(file, "PNG", compress_level=1)
    return FullSize(file.getvalue(), "image/png")


def _is_transparent(data: bytes) -> bool:
    with pillow.open(io.BytesIO(data), formats=formats()) as image:
        return "transparency" in image.info


def _deep_values(data: bytes) -> Float[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"] | None:
    """All values of a picture with more than 8 bits a channel, upright; None where it has 8."""
    try:
        with pillow.open(io.BytesIO(data), formats=formats()) as image:
            is_grey = image.mode in DEEP_GREY
            deep = None if is_grey else deep_colour(data, image)
            if not is_grey and deep is None:
                return None
            image.load()
            found = np.asarray(image)[:, :, None] if deep is None else deep
            # A TIFF is turned upright by Pillow, while it is loaded.
            is_upright = image.format == "TIFF"
            turn = None if is_upright else TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except DecodeFailure:
        raise
    except Exception as error:  # as in decode.py: hostile bytes are answered with any exception
        raise PictureFailure(why_not_decoded(data, error)) from error
    if turn is None:
        return found
    swapped, rows, columns = turn
    found = found.transpose(1, 0, 2) if swapped else found
    return found[:: -1 if rows else 1, :: -1 if columns else 1]


def _codes(
    values: Float[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"], levels: Sequence[Levels]
) -> FullSize:
    shrunk, kind = 1, "float" if values.dtype.kind == "f" else "integer"
    while values.size / shrunk**2 > MOST_VALUES:
        shrunk += 1
    if shrunk > 1:
        channels = np.moveaxis(values.astype(np.float32), 2, 0)
        values = np.dstack([np.asarray(reduced(pillow.fromarray(c), shrunk)) for c in channels])
    black, white, lowest, step = _range(values, of_kind(levels, kind))
    if (lowest, step) == (0.0, 1.0):
        codes = values
    else:
        filled = np.nan_to_num(values.astype(np.float64), nan=lowest, posinf=white, neginf=lowest)
        codes = np.clip(np.rint((filled - lowest) / step), 0, 65_535)
    depth = Depth(
        width=values.shape[1],
        height=values.shape[0],
        channels=values.shape[2],
        black=(black - lowest) / step,
        white=(white - lowest) / step,
        lowest=lowest,
        step=step,
        shrunk=shrunk,
    )
    return FullSize(codes.astype("<u2").tobytes(), VALUES, depth)


def _range(
    values: Float[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"], of_set: Levels | None
) -> tuple[float, ...]:
    """Black, white, the value of code 0, and what one code is worth."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0, 0.0, 1.0
    if of_set is None:
        black, white = (float(end) for end in np.percentile(finite, (0.1, 99.9)))
    else:
        black, white = of_set.low, of_set.high
    least, most = float(finite.min()), float(finite.max())
    if white <= black:
        black, white = least, most if most > least else least + 1.0
    if values.dtype.kind in "ui" and least >= 0 and most <= 65_535:
        return black, white, 0.0, 1.0
    width = white - black
    low, high = max(least, black - BEYOND * width), min(most, white + BEYOND * width)
    return black, white, low, max(high - low, width) / 65_535
