"""Pictures that differ in size, shape or colour from most others of their set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from handful.datasets.checks.examined import Examined, counted, paths_of, span
from handful.items.finding import Finding

# The rest of a set is "few" up to this share, and a set is judged from so many pictures on.
_FEW = 0.05
_ENOUGH = 20

_TINY_SIDE = 4
_TINY_SHARE = 1 / 8  # of the median short side
_LONG_RATIO = 4.0  # squashed to a square, little is left of the short side
_LONGER_THAN_MOST = 2.0


def tiny(examined: Examined) -> Iterator[Finding]:
    """Pictures with hardly a pixel, or far fewer than the others."""
    if not examined.items:
        return
    sides = np.array([min(seen.width, seen.height) for seen in examined.facts])
    median = float(np.median(sides))
    small = np.flatnonzero((sides < _TINY_SIDE) | (sides < _TINY_SHARE * median))
    if len(small):
        between = span(int(sides[small].min()), int(sides[small].max()))
        yield Finding(
            kind="tiny",
            paths=paths_of(examined.items[i] for i in small),
            reason=f"{counted(len(small), 'picture')} with a short side of {between} pixels;"
            f" the median is {median:.0f}",
            severity="warning",
            suggestion="Thumbnails and placeholders teach nothing: take them out.",
        )


def elongated(examined: Examined) -> Iterator[Finding]:
    """Pictures so long that little of them is left in a square."""
    if not examined.items:
        return
    ratios = np.array(
        [max(seen.width, seen.height) / min(seen.width, seen.height) for seen in examined.facts]
    )
    median = float(np.median(ratios))
    long = np.flatnonzero((ratios >= _LONG_RATIO) & (ratios >= _LONGER_THAN_MOST * median))
    if len(long):
        yield Finding(
            kind="elongated",
            paths=paths_of(examined.items[i] for i in long),
            reason=f"{counted(len(long), 'picture')} up to {ratios[long].max():.0f} times as long"
            f" as wide; the median is {median:.1f}",
            severity="warning",
            suggestion="Every picture is squashed to a square: cut long ones into parts.",
        )
    elif median >= _LONG_RATIO:
        yield Finding(
            kind="elongated",
            paths=(),
            reason=f"the pictures are mostly {median:.0f} times as long as wide",
            severity="note",
            suggestion="Every picture is squashed to a square: cut them into parts if you can.",
        )


def odd_size(examined: Examined) -> Iterator[Finding]:
    """Where almost all pictures have one size, those that have another."""
    sizes = [(seen.width, seen.height) for seen in examined.facts]
    if len(sizes) < _ENOUGH:
        return
    (usual, count), *_ = Counter(sizes).most_common(1)
    odd = [i for i, size in enumerate(sizes) if size != usual]
    if 0 < len(odd) <= _FEW * len(sizes):
        yield Finding(
            kind="odd-size",
            paths=paths_of(examined.items[i] for i in odd),
            reason=f"{counted(len(odd), 'picture')} not {usual[0]} x {usual[1]} as the other"
            f" {count:,}",
            score=count / len(sizes),
            severity="note",
        )


def odd_colour(examined: Examined) -> Iterator[Finding]:
    """Few grey pictures among coloured ones, or the other way round."""
    grey = np.array([seen.is_grey for seen in examined.facts], bool)
    num_grey, num_all = int(grey.sum()), len(grey)
    if num_all < _ENOUGH or not 0 < min(num_grey, num_all - num_grey) <= _FEW * num_all:
        return
    few_are_grey = num_grey <= _FEW * num_all
    few = np.flatnonzero(grey == few_are_grey)
    kind, others = ("grey", "in colour") if few_are_grey else ("in colour", "grey")
    yield Finding(
        kind="odd-colour",
        paths=paths_of(examined.items[i] for i in few),
        reason=f"{counted(len(few), 'picture')} {kind};"
        f" the other {num_all - len(few):,} are {others}",
        score=1 - len(few) / num_all,
        severity="warning",
        suggestion="Look whether they come from another camera or another source.",
    )
