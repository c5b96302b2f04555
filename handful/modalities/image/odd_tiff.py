"""A picture made of a TIFF that Pillow does not know. What its values are is `tiff.py`'s.

Of one or two bands the first is taken as grey; of three or more the first three as red, green and
blue where they have 8 or 16 bits a value, else the first as grey. The mode says so: "5 x uint16".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from PIL import Image as pillow  # noqa: N813  (the module, beside its class)
from PIL.Image import Image

from handful.modalities.image.depth import colour_to_eight_bit, grey_to_eight_bit, reduced
from handful.modalities.image.levels import Levels
from handful.modalities.image.tiff import Facts, unpacked

COLOURS = 3


def plain_picture(
    data: bytes, said: Facts, target: int, levels: Sequence[Levels]
) -> tuple[Image, Levels | None, str]:
    """The picture in 8 bits, its own range (None where it has 8 bits) and its mode.

    Args:
        data: the file.
        said: what `tiff.facts` told of it.
        target: short side in pixels that must be kept.
        levels: black and white of the set.
    Raises:
        DecodeFailure: it is none that can be read here; the reason says what it is.
    """
    values = unpacked(data, said)
    height, width, bands = values.shape
    factor = max(1, min(height, width) // target)
    dtype = values.dtype.newbyteorder("=")
    mode = f"{bands} x {dtype.name}"
    if bands >= COLOURS and dtype == np.uint8:
        return reduced(pillow.fromarray(np.ascontiguousarray(values[:, :, :3])), factor), None, mode
    if bands >= COLOURS and dtype == np.uint16:
        deep = np.ascontiguousarray(values[:, :, :3].astype(np.uint16))
        plain, own = colour_to_eight_bit(deep, levels, said.no_data)
        return reduced(plain, factor), own, mode
    first = values[:, :, 0]
    if dtype == np.uint8:
        return reduced(pillow.fromarray(np.ascontiguousarray(first)), factor), None, mode
    plain, own = grey_to_eight_bit(first.astype(dtype), factor, levels, said.no_data)
    return plain, own, mode


def bands_of(mode: str) -> tuple[int, str] | None:
    """How many bands and of which values, of a mode that `plain_picture` gave; None of others."""
    found = re.fullmatch(r"(\d+) x (\w+)", mode)
    return (int(found[1]), found[2]) if found else None


def is_taken_as_grey(mode: str) -> bool:
    """Whether a mode is one of `plain_picture`'s that gives a grey picture."""
    found = bands_of(mode)
    return found is not None and not _has_colours(*found)


def taken(bands: int, values: str) -> str:
    """What of so many bands is shown and learned from."""
    if _has_colours(bands, values):
        return "the first three are taken for red, green and blue"
    return "the first is taken as grey" if bands > 1 else "taken as grey"


def _has_colours(bands: int, values: str) -> bool:
    return bands >= COLOURS and values in ("uint8", "uint16")
