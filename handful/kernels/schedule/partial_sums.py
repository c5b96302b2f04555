"""Sums over rows are made by the region that goes over those rows anyway, in parts.

    blocks of n: x'[n,d] = …       blocks of d: w'[d] += y'[n,d]*x[n,d] over n
        →  blocks of n: x'[n,d] = …;  part#1[0n,d] += y'[n,d]*x[n,d] over the block's n
           blocks of d: w'[d] += part#1[0n,d] over 0n

So the rows are read once. `0n` numbers the blocks of n: how many there are depends on the size of
n alone, never on the cores, and so does the order in which the sum is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from handful.kernels.ir.nodes import Array, Axis, Load
from handful.kernels.ir.program import Equation
from handful.kernels.schedule.blocks import split
from handful.kernels.schedule.contractions import Item, Namer, arrays_read, item_reads, target_of
from handful.kernels.schedule.region import Region

PART = "part#"
"""Begins names of arrays that hold a sum of each block."""

NUMBER = "0"
"""Begins the name of the axis that numbers the blocks of another: no user's axis begins so."""

MOST, LEAST_ROWS = 64, 8
"""Blocks of an axis, and rows of one: parts are written and read once more."""


def parts(size: int) -> int:
    """How many blocks an axis of this size has."""
    rows = max(-(-size // MOST), min(LEAST_ROWS, -(-size // 2)))
    return -(-size // rows)


def with_parts(sizes: Mapping[str, int]) -> dict[str, int]:
    """The sizes, those of the axes that number blocks too."""
    return {**sizes, **{NUMBER + axis: parts(size) for axis, size in sizes.items()}}


def in_parts(regions: list[Region], namer: Namer) -> list[Region]:
    """The regions, with sums moved into the first region that reads their rows."""
    targets = [target_of(i) for r in regions for i in r.items]
    once = {a for a in targets if targets.count(a) == 1}
    out = list(regions)
    at = 0
    while at < len(out):
        region, later = out[at], out[at + 1 :]
        moving = _moving(region, later, once) if _goes_over_rows(region) else []
        at += 1
        if moving:
            here, after = _parted(region, moving, namer)
            kept = [replace(r, items=tuple(i for i in r.items if i not in moving)) for r in later]
            out[at - 1 :] = [here, *after, *[r for r in kept if r.items]]
            at += len(after)
    return out


def _goes_over_rows(region: Region) -> bool:
    """Whether the region is no loop in time, makes no products, and its scratch is a number for
    each row at most: its blocks may have any size."""
    outer = {*region.single, region.block}
    return (
        region.loop is None
        and region.block is not None
        and all(isinstance(i, Equation) for i in region.items)
        and all({*i.index} <= outer for i in region.items if target_of(i) in region.local)
    )


def _moving(region: Region, later: list[Region], once: Set[Array]) -> list[Equation]:
    """The sums of later regions that this one can make on its way."""
    outer = {*region.single, region.block}
    rows = {load.array for i in region.items for load in item_reads(i) if {*load.index} > outer}
    made: set[Array] = set()  # between here and there
    out: list[Equation] = []
    for other in later:
        made |= {target_of(i) for i in other.items}
        for item in other.items:
            found = arrays_read(item)
            if (
                isinstance(item, Equation)
                and item.op == "sum"
                and other.loop is None
                and item.target in once
                and all(isinstance(i, Axis) for i in item.index)
                and {*item.domain} == {*item.index} | outer
                and item.index
                and not {*item.index} & outer
                and found & rows
                and not found & made
                and all(_along_rows(load, region.block) for load in item_reads(item))
            ):
                out.append(item)
    return out


def _along_rows(load: Load, block: Axis | None) -> bool:
    """Whether the rows of a load lie one after the other, or it has none."""
    return len(load.index) < 2 or load.index[-1] is not block


def _parted(region: Region, moving: list[Equation], namer: Namer) -> tuple[Region, list[Region]]:
    """The region with the parts that it sums, and what adds those up."""
    assert region.block is not None
    number = Axis(NUMBER + region.block.name, 0)
    outer = (*region.single, number)
    inside: list[Item] = []
    totals: dict[object, list[Item]] = {}  # those that go over the same axes, together
    for e in moving:
        own = tuple(i for i in e.index if isinstance(i, Axis))
        part = namer.array(PART, (*outer, *own))
        inside.append(replace(e, target=part, index=(*outer, *own)))
        total = replace(e, domain=(*own, *outer), expr=Load(part, (*outer, *own)))
        totals.setdefault(own, []).append(total)
    after = []
    for group in totals.values():
        single, block = split(group) or ((), None)
        after.append(Region(single, block, tuple(group)))
    return replace(region, items=(*region.items, *inside), number=number), after
