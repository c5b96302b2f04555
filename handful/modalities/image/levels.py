"""What is black and what is white in pictures of more than 8 bits: one answer for a whole set.

Brightness may be what tells the classes apart, so a picture is not stretched by itself where its
set is known. Reading one picture's values is `depth.py`; looking at a set's files is `survey.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

# A picture may be left out at each end (one in 50 of them, at least one) if that makes the range
# this many times smaller: one file with odd values must not make all the others black.
_RARE = 50
_FAR = 4.0
_ENOUGH_TO_LEAVE_OUT = 5
# Ends are rounded outwards to this share of the range, so that a picture more or less does not
# change it, and with it every vector that was computed.
_ROUNDED = 1 / 32


Kind = Literal["integer", "float"]
_KINDS: tuple[Kind, ...] = ("float", "integer")


@dataclass(frozen=True, slots=True)
class Levels:
    """Which value is black and which is white.

    Args:
        kind: "integer" or "float": what the values are. The two are rarely in one unit.
        low: this value and all below become black.
        high: this value and all above become white.
    """

    kind: Kind
    low: float
    high: float


def of_kind(levels: Iterable[Levels], kind: str) -> Levels | None:
    """The range for values of this kind; None where the set has none."""
    return next((one for one in levels if one.kind == kind), None)


def shared(own: Sequence[Levels]) -> tuple[Levels, ...]:
    """One range of each kind for a set: from its darkest picture's black to its brightest's white.

    Args:
        own: each picture's own range.
    Returns:
        At most one of each kind, "float" before "integer"; none of a kind whose pictures all have
        one and the same value.
    """
    found = []
    for kind in _KINDS:
        lows = sorted(one.low for one in own if one.kind == kind)
        highs = sorted(one.high for one in own if one.kind == kind)
        if lows and lows[0] < highs[-1]:
            found.append(_rounded(kind, *_without_strays(lows, highs)))
    return tuple(found)


def _without_strays(lows: Sequence[float], highs: Sequence[float]) -> tuple[float, float]:
    low, high = lows[0], highs[-1]
    if len(lows) < _ENOUGH_TO_LEAVE_OUT:
        return low, high
    few = max(1, len(lows) // _RARE)
    if high - low > _FAR * (highs[-1 - few] - low) > 0:
        high = highs[-1 - few]
    if high - low > _FAR * (high - lows[few]) > 0:
        low = lows[few]
    return low, high


def _rounded(kind: Kind, low: float, high: float) -> Levels:
    step = 2.0 ** math.floor(math.log2((high - low) * _ROUNDED))
    if kind == "integer":
        step = max(step, 1.0)
    return Levels(kind, math.floor(low / step) * step, math.ceil(high / step) * step)
