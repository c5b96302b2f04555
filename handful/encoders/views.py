"""The eight ways to lay a square picture: flips and quarter turns.

Which of them the data allows is not decided here: a left hand must not become a right one.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

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
VIEWS = tuple(LAYINGS)


def seen(pixels: UInt8[np.ndarray, "h w c"], view: str) -> UInt8[np.ndarray, "h2 w2 c"]:
    """The picture laid one way, contiguous."""
    across, reverse = LAYINGS[view]
    laid = np.swapaxes(pixels, 0, 1) if across else pixels
    return np.ascontiguousarray(np.flip(laid, reverse))
