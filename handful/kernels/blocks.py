"""Which items can run together, block by block of an axis that they share.

sum1[i,j] += q[i,d]*k[j,d]; max1[i] max= sum1[i,j]    →  one group, in blocks of i
"""

from __future__ import annotations

from collections.abc import Iterable

from handful.kernels.contract import TURNED, Contraction, Item, is_packed, item_reads, target_of
from handful.kernels.nodes import Array, Axis


def _positions(item: Item, axis: Axis) -> int | None:
    """Where `axis` stands plain in the target's index."""
    found = [d for d, i in enumerate(item.index) if i is axis]
    domain: Iterable[Axis]
    if isinstance(item, Contraction):
        domain = (*item.batch, *item.m, *item.n, *item.k)
    else:
        domain = item.domain
    return found[0] if len(found) == 1 and axis in set(domain) else None


def shared(items: list[Item]) -> list[Axis]:
    """Axes over which the items are independent: all are written and read at the same value."""
    out = []
    for axis in (i for i in items[0].index if isinstance(i, Axis)):
        places: dict[Array, int] = {}
        good = True
        for item in items:
            at = _positions(item, axis)
            if at is None or places.setdefault(target_of(item), at) != at:
                good = False
                break
        written = {target_of(i) for i in items}
        for item in items if good else ():
            for load in item_reads(item):
                if load.array in written and load.index[places[load.array]] is not axis:
                    good = False
        if good:
            out.append(axis)
    return out


def split(items: list[Item]) -> tuple[tuple[Axis, ...], Axis | None] | None:
    """(axes taken one by one, the axis taken in blocks): blocks are rows of the contractions."""
    common = shared(items)
    if not common:
        return None
    products = [i for i in items if isinstance(i, Contraction)]
    single: list[Axis] = []
    for axis in common:
        if products and all(axis in p.batch for p in products):
            single.append(axis)
        else:
            return tuple(single), axis
    return tuple(single[:-1]), single[-1]


def groups(items: list[Item]) -> list[list[Item]]:
    """Greedy fusion: an item joins the group whose arrays it reads, if some axis allows it."""
    out: list[list[Item]] = []
    while items:
        group: list[Item] = [items[0]]
        later: list[Item] = []
        if target_of(items[0]).name.startswith(TURNED):  # whole, before any block of a reader
            out.append(group)
            items = items[1:]
            continue
        for item in items[1:]:
            barred = {target_of(i) for i in later}
            touched = {load.array for i in later for load in item_reads(i)}
            reading = {load.array for load in item_reads(item)}
            free = not (reading & barred) and target_of(item) not in barred | touched
            uses = reading & {target_of(i) for i in group}
            feeds = is_packed(target_of(item))
            if free and (uses or feeds) and split([*group, item]) is not None:
                group.append(item)
            else:
                later.append(item)
        out.append(group)
        items = later
    return out
