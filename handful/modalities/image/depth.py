"""Fewer pixels, and more than 8 bits a channel brought to 8 without going black. No files.

Scanners and cameras put 10, 12 or 14 bits into 16-bit files without saying so, and floating files
are in any unit. So black and white are the ends of a range: that of the set (`levels.py`) where it
is known, else the picture's own.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped, UInt8, UInt16
from PIL import Image as pillow  # noqa: N813  (the module, beside its class)
from PIL import UnidentifiedImageError
from PIL.Image import Image

from handful.modalities.image.levels import Kind, Levels, of_kind

DEEP_GREY = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
"""Pillow's modes of grey with more than 8 bits."""

# Black and white points: 1 in 1,000 pixels may lie beyond each, as hot pixels and frames do.
_LOW, _HIGH = 0.001, 0.999

_GDAL_NO_DATA = 42113  # the TIFF tag in which maps say which value means that nothing was measured
_BEYOND_MEASURE = 1e30  # such as the least float32, which some programs write where nothing is
_OFTEN_NO_DATA = (-9999.0, -32767.0, -32768.0, -99999.0)
_SAMPLED = 1_000_000  # values from which a range is taken where some of them do not count


def grey_to_eight_bit(
    stored: Shaped[np.ndarray, "h w"],
    factor: int,
    levels: Sequence[Levels] = (),
    no_data: float | None = None,
) -> tuple[Image, Levels]:
    """Deep grey, averaged down by `factor`, then stretched to 8 bit; and its own range.

    In the set's range, what is no data (NaN, infinity, the value that a TIFF declares, a sentinel
    such as -9999 far below all else) becomes black. Without one, only what is not finite does.

    Args:
        stored: whole numbers or floats of any size.
        factor: whole number >= 1.
        levels: the set's ranges; where none is of this picture's kind it is stretched by its own.
        no_data: the value that the file declares as "nothing was measured here".
    """
    kind: Kind = "float" if stored.dtype.kind == "f" else "integer"
    with np.errstate(over="ignore"):  # beyond float32 is beyond measure
        values = stored.astype(np.float32)
    valid = _valid(values, no_data)
    set_range = of_kind(levels, kind)
    if set_range is not None:
        filled = values if valid.all() else np.where(valid, values, np.float32(set_range.low))
        small = _averaged(filled, factor)
        plain = _between(small.astype(np.float64), set_range.low, set_range.high)
    else:
        finite = np.isfinite(values)
        if not finite.all():
            least = values[finite].min() if finite.any() else np.float32(0)
            values = np.where(finite, values, least)
        small = _averaged(values, factor)
        plain = stretch(small)
    if not valid.all():
        small = values[valid][:: -(-valid.sum() // _SAMPLED)] if valid.any() else np.zeros(1)
    return pillow.fromarray(plain), Levels(kind, *_ends(small))


def _averaged(values: Float[np.ndarray, "h w"], factor: int) -> Float[np.ndarray, "a b"]:
    return np.asarray(reduced(pillow.fromarray(values), factor))


def _valid(values: Float[np.ndarray, "h w"], declared: float | None) -> Bool[np.ndarray, "h w"]:
    """Where something was measured."""
    valid = np.abs(values) < _BEYOND_MEASURE  # False for NaN, too
    if declared is not None:
        return valid & (values != np.float32(declared))
    least = values[valid].min() if valid.any() else 0
    if least in _OFTEN_NO_DATA:
        rest = valid & (values != least)
        # Farther from all other values than these are from each other: it is not one of them.
        if rest.any() and values[rest].min() - least > np.ptp(values[rest]):
            return rest
    return valid


def declared_no_data(image: Image) -> float | None:
    """The value that means "nothing was measured here", as a TIFF of a map declares it."""
    text = getattr(image, "tag_v2", {}).get(_GDAL_NO_DATA)
    try:
        return float(str(text).strip().strip("\0")) if text else None
    except ValueError:
        return None  # some programs leave the tag blank


def reduced(image: Image, factor: int) -> Image:
    """The picture at 1 / `factor` of its size, averaged; sizes are rounded up.

    `Image.reduce` is not used as it makes a whole pixel of what is left over at the edges, which
    stretches the picture; two sizes of one picture would no longer lie on each other.
    """
    if factor == 1:
        return image
    size = (-(-image.width // factor), -(-image.height // factor))
    return image.resize(size, pillow.Resampling.HAMMING, reducing_gap=2.0)


def stretch(values: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Grey of any range to 8 bit: the 0.1th percentile becomes 0, the 99.9th 255, in a line.

    Where the two coincide (a few specks on a flat ground) the extremes take their place; a picture
    of one value becomes middle grey.

    Args:
        values: finite, in any unit.
    """
    return _between(values.astype(np.float64), *_ends(values))


def _ends(values: Float[np.ndarray, "*n"]) -> tuple[float, float]:
    """Black and white of a picture by itself."""
    low, high = (float(p) for p in np.percentile(values, (100 * _LOW, 100 * _HIGH)))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    return low, high


def _between(values: Float[np.ndarray, "*n"], low: float, high: float) -> UInt8[np.ndarray, "*n"]:
    if high <= low:
        return np.full(values.shape, 128, np.uint8)
    return np.clip(np.rint((values - low) * (255.0 / (high - low))), 0, 255).astype(np.uint8)


def deep_colour(data: bytes, image: Image) -> UInt16[np.ndarray, "h w c"] | None:
    """All 16 bits of a colour picture's red, green and blue; None where it has but 8.

    Pillow's own pixels hold only the upper byte of each 16. Unpacked as if in the other byte order
    they hold the lower one, so the two together are the whole.

    Args:
        data: the file.
        image: the same, opened, but not yet loaded.
    Raises:
        UnidentifiedImageError: its planes lie one after another, which Pillow misreads in silence.
    """
    if image.mode not in ("RGB", "RGBA"):
        return None
    rawmode = _rawmode(image)
    if ";16" not in rawmode:
        if image.format == "TIFF" and max(_bits_per_sample(image)) > 8:
            raise UnidentifiedImageError("16-bit colour in separate planes")
        return None
    other = _other_order(rawmode)
    image.load()
    deep = np.asarray(image)[:, :, :3].astype(np.uint16) << 8
    if other is not None:
        with pillow.open(io.BytesIO(data), formats=(image.format or "",)) as again:
            again.tile = [_with_rawmode(tile, other) for tile in again.tile]
            deep |= np.asarray(again)[:, :, :3]
    return deep


def with_colour(
    image: Image, deep: UInt16[np.ndarray, "h w c"], levels: Sequence[Levels] = ()
) -> tuple[Image, Levels]:
    """The image with `deep` for its colours, stretched to 8 bit, and its own range.

    Its transparency stays. In the set's range the value that a TIFF declares as no data is black.
    """
    plain, own = colour_to_eight_bit(deep, levels, declared_no_data(image))
    if image.mode == "RGBA":
        plain.putalpha(image.getchannel("A"))
    return plain, own


def colour_to_eight_bit(
    deep: UInt16[np.ndarray, "h w c"], levels: Sequence[Levels], no_data: float | None
) -> tuple[Image, Levels]:
    """16-bit colour to 8 bit and its own range, as `grey_to_eight_bit` does it."""
    set_range = of_kind(levels, "integer")
    counts = np.bincount(deep.ravel(), minlength=2**16)
    own = _ends_of(counts)
    if no_data is not None and no_data in range(2**16) and counts.sum() > counts[int(no_data)]:
        own = _ends_of(np.where(np.arange(2**16) == no_data, 0, counts))
    if set_range is None:
        return pillow.fromarray(stretch_colour(deep)), Levels("integer", *own)
    table = _between(np.arange(2**16, dtype=np.float64), set_range.low, set_range.high)
    if no_data is not None and no_data in range(2**16):
        table[int(no_data)] = 0
    return pillow.fromarray(np.take(table, deep)), Levels("integer", *own)


def stretch_colour(deep: UInt16[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w c"]:
    """16-bit colour to 8 bit as `stretch` does it, all channels alike so that hues stay."""
    low, high = _ends_of(np.bincount(deep.ravel(), minlength=2**16))
    return np.take(_between(np.arange(2**16, dtype=np.float64), low, high), deep)


def _ends_of(counts: Int[np.ndarray, " 65536"]) -> tuple[float, float]:
    """As `_ends`, from how often each value is there."""
    shares = np.cumsum(counts) / counts.sum()
    low, high = (float(np.searchsorted(shares, share)) for share in (_LOW, _HIGH))
    if high <= low:
        there = np.flatnonzero(counts)
        low, high = float(there[0]), float(there[-1])
    return low, high


def _rawmode(image: Image) -> str:
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    args = tiles[0][3]
    name = args[0] if isinstance(args, tuple) and args else args
    return name if isinstance(name, str) else ""


def _other_order(rawmode: str) -> str | None:
    """The name under which Pillow takes the other byte of each pair; None where it has no such."""
    if rawmode == "LA;16B":
        return None
    native = "B" if sys.byteorder == "little" else "L"
    return rawmode[:-1] + {"B": "L", "L": "B", "N": native}[rawmode[-1]]


def _with_rawmode(tile: Any, rawmode: str) -> Any:
    """Pillow's order to a decoder (codec, extents, offset, arguments), with another raw mode."""
    args = tile[3]
    return tile._replace(args=(rawmode, *args[1:]) if isinstance(args, tuple) else rawmode)


def _bits_per_sample(image: Image) -> tuple[int, ...]:
    bits = getattr(image, "tag_v2", {}).get(258, (1,))
    return bits if isinstance(bits, tuple) else (bits,)
