"""Fewer pixels, and more than 8 bits a channel brought to 8 without going black. No files.

Scanners and cameras put 10, 12 or 14 bits into 16-bit files without saying so, and floating files
are in any unit, so each picture is stretched by its own values.
"""

from __future__ import annotations

import io
import sys
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8, UInt16
from PIL import Image as pillow  # noqa: N813  (the module, beside its class)
from PIL.Image import Image

from handful.items.damage import DecodeFailure

DEEP_GREY = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
"""Pillow's modes of grey with more than 8 bits."""

# Black and white points: 1 in 1,000 pixels may lie beyond each, as hot pixels and frames do.
_LOW, _HIGH = 0.001, 0.999


def grey_to_eight_bit(image: Image, factor: int) -> Image:
    """Deep grey, averaged down by `factor`, then stretched to 8 bit.

    What is not a finite number becomes black.
    """
    values = np.asarray(image).astype(np.float32)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else np.float32(0))
    return pillow.fromarray(stretch(np.asarray(reduced(pillow.fromarray(values), factor))))


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
    low, high = (float(p) for p in np.percentile(values, (100 * _LOW, 100 * _HIGH)))
    if high <= low:
        low, high = float(values.min()), float(values.max())
    return _between(values.astype(np.float64), low, high)


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
        DecodeFailure: its planes lie one after another, which Pillow misreads in silence.
    """
    if image.mode not in ("RGB", "RGBA"):
        return None
    rawmode = _rawmode(image)
    if ";16" not in rawmode:
        if image.format == "TIFF" and max(_bits_per_sample(image)) > 8:
            raise DecodeFailure(
                "16-bit colour in separate planes is not read here: Pillow misreads it"
            )
        return None
    other = _other_order(rawmode)
    image.load()
    deep = np.asarray(image)[:, :, :3].astype(np.uint16) << 8
    if other is not None:
        with pillow.open(io.BytesIO(data), formats=(image.format or "",)) as again:
            again.tile = [_with_rawmode(tile, other) for tile in again.tile]
            deep |= np.asarray(again)[:, :, :3]
    return deep


def with_colour(image: Image, deep: UInt16[np.ndarray, "h w c"]) -> Image:
    """The image with `deep` for its colours, stretched to 8 bit; its transparency stays."""
    coloured = pillow.fromarray(stretch_colour(deep))
    if image.mode == "RGBA":
        coloured.putalpha(image.getchannel("A"))
    return coloured


def stretch_colour(deep: UInt16[np.ndarray, "h w c"]) -> UInt8[np.ndarray, "h w c"]:
    """16-bit colour to 8 bit as `stretch` does it, all channels alike so that hues stay."""
    counts = np.bincount(deep.ravel(), minlength=2**16)
    shares = np.cumsum(counts) / deep.size
    low, high = (float(np.searchsorted(shares, share)) for share in (_LOW, _HIGH))
    if high <= low:
        low, high = float(deep.min()), float(deep.max())
    table = _between(np.arange(2**16, dtype=np.float64), low, high)
    return np.take(table, deep)


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
