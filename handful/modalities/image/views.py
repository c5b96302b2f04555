"""How a square picture can be seen: the eight ways to lay it, nearer, and from farther away.

Which of them the data allows is not decided here: a left hand must not become a right one.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8
from PIL import Image

PLAIN = "plain"
# Rows and columns change places first, then these axes of (rows, columns) are reversed.
LAYINGS: dict[str, tuple[bool, tuple[int, ...]]] = {
    PLAIN: (False, ()),
    "mirror": (False, (1,)),
    "flip": (False, (0,)),
    "turn": (False, (0, 1)),
    "across": (True, ()),
    "left": (True, (0,)),
    "right": (True, (1,)),
    "against": (True, (0, 1)),
}
NEAR, FAR = "near", "far"
VIEWS = (*LAYINGS, NEAR, FAR)


def seen(pixels: UInt8[np.ndarray, "h w c"], view: str) -> UInt8[np.ndarray, "h2 w2 c"]:
    """The picture in one view, contiguous.

    "near" is its middle, seven eighths of each side, blown up; "far" the whole with its outermost
    pixels repeated around it, shrunk. Both have the picture's own size.
    """
    if view in (NEAR, FAR):
        return _zoomed(pixels, view)
    across, reverse = LAYINGS[view]
    laid = np.swapaxes(pixels, 0, 1) if across else pixels
    return np.ascontiguousarray(np.flip(laid, reverse))


def _zoomed(pixels: np.ndarray, view: str) -> UInt8[np.ndarray, "h w c"]:
    height, width = pixels.shape[:2]
    rows, columns = (round(side / 16) for side in (height, width))
    if view == FAR:
        shown = np.pad(pixels, ((rows, rows), (columns, columns), (0, 0)), mode="edge")
    else:
        shown = np.ascontiguousarray(pixels[rows : height - rows, columns : width - columns])
    return np.asarray(Image.fromarray(shown).resize((width, height), Image.Resampling.BILINEAR))
