"""Which items can run together, block by block of an axis that they share.

sum1[i,j] += q[i,d]*k[j,d]; max1[i] max= sum1[i,j]    →  one group, in blocks of i
"""

from __future__ import annotations

from handful.kernels.ir.nodes import Array, Axis
from handful.kernels.ir.program import Choose
from handful.kernels.schedule.contractions import (
    Contraction,
    Item,
    arrays_read,
    is_made_once,
    is_packed,
    item_reads,
    target_of,
)


def _positions(item: Item, axis: Axis) -> int | None:
    """Where `axis` stands plain in the target's index."""
    found = [d for d, i in enumerate(item.index) if i is axis]
    return found[0] if len(found) == 1 and axis in {*item.domain} else None


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
    """Greedy fusion: an item joins the group whose arrays it reads, with all that it waits for, if
    some axis allows it; and what nobody reads joins a group that reads the same memory. What is
    chosen ends its group: it is known when all that it is chosen from has gone by."""
    out: list[list[Item]] = []
    waiting = _units(items)
    while waiting:
        group, *others = waiting
        waiting = []
        if is_made_once(target_of(group[0])):  # whole, before any block of a reader
            out.append(group)
            waiting = others
            continue
        for unit in others:
            needed, rest = _producers(unit, waiting)
            bundle = [i for one in (*needed, unit) for i in one]
            read, made = arrays_read(*bundle), {target_of(i) for i in bundle}
            behind = [i for one in rest for i in one]
            barred = {target_of(i) for i in behind}
            free = not read & barred and not made & (barred | arrays_read(*behind))
            uses = read & {target_of(i) for i in group if not isinstance(i, Choose)}
            if free and (uses or _beside(unit, group, items)) and split([*group, *bundle]):
                group = [*group, *bundle]
                waiting = rest
            else:
                waiting.append(unit)
        out.append(group)
    return out


def _producers(
    unit: list[Item], waiting: list[list[Item]]
) -> tuple[list[list[Item]], list[list[Item]]]:
    """Of the units that wait, those that make what this one reads, at some remove; and the rest."""
    needed: list[list[Item]] = []
    rest: list[list[Item]] = []
    wanted = arrays_read(*unit)
    for one in reversed(waiting):
        if wanted & {target_of(i) for i in one}:
            needed.insert(0, one)
            wanted |= arrays_read(*one)
        else:
            rest.insert(0, one)
    return needed, rest


def _beside(unit: list[Item], group: list[Item], items: list[Item]) -> bool:
    """Whether both only read memory, some of it the same, and nobody reads what they make."""
    both = [*group, *unit]
    plain = not any(isinstance(i, Contraction) for i in both)
    last = not {target_of(i) for i in both} & arrays_read(*items)
    return plain and last and bool(arrays_read(*unit) & arrays_read(*group))


def _units(items: list[Item]) -> list[list[Item]]:
    """Each product with the operands that are gathered for it, which stand before it; all other
    items alone."""
    out: list[list[Item]] = []
    open_ = False
    for item in items:
        if open_:
            out[-1].append(item)
        else:
            out.append([item])
        open_ = is_packed(target_of(item))
    return out
