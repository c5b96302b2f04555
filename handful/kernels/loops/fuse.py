"""Neighbouring loops put together, so that what they share is read, and computed, once.

For k: z[k] = …; For k: y[k] = … z[k] …  →  For k: z[k] = …; y[k] = … z[k] …
Fold(a, over k: f); Fold(b, over k: g)   →  Folds(a, b): one loop over k
Strip(sum1[i,j]); For i: Pick(sum1[i,j] over j)  →  Strip(…) that is chosen from in registers
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Load, Node
from handful.kernels.loops.ir import Command, Fold, Folds, For, Pick, Store, Strip, terms, written


def fuse(commands: tuple[Command, ...], block: Axis | None) -> tuple[Command, ...]:
    """The commands with neighbours put together, loops within loops, too.

    Loops over the block's own axis always go together: its values are independent in a region.
    """
    out: list[Command] = []
    for c in _row_by_row(commands, block):
        last = out[-1] if out else None
        if isinstance(c, For) and isinstance(last, For) and _fusable(last, c, block):
            out[-1] = For(c.axis, fuse((*last.body, *c.body), None), c.vector, c.descending)
        elif isinstance(c, Fold) and isinstance(last, Fold | Folds) and _independent(last, c):
            out[-1] = Folds((*(last.body if isinstance(last, Folds) else (last,)), c))
        else:
            out.append(c)
    return tuple(out)


def choose_at_once(commands: tuple[Command, ...], local: Set[Array]) -> tuple[Command, ...]:
    """The commands, with sums that only a choice reads chosen from before they are written."""
    match commands[-2:]:
        case (
            Strip(rows=Axis() as rows, vector=vector) as strip,
            For(axis=axis, body=(Pick(kept=Array(), bound=None, expr=Load() as read) as pick,)),
        ) if (
            (axis, pick.axis, read) == (rows, vector, Load(strip.target, strip.index))
            and read.array in local
            and not any(read.array in touched(c) for c in commands[:-2])
        ):
            chosen = replace(strip, target=pick.target, index=pick.index, chosen=pick)
            return (*commands[:-2], chosen)
    return commands


def touched(c: Command) -> set[Array]:
    """Every array that a command, or one within it, reads or writes."""
    if isinstance(c, For | Folds):
        return {a for inner in c.body for a in touched(inner)}
    return {*[a for a, _ in written(c)], *[load.array for load in nodes.loads(*terms(c))]}


def _row_by_row(commands: tuple[Command, ...], block: Axis | None) -> list[Command]:
    """Numbers of the block's values between two loops that go value by value are made there.

    For n: …; For n (vector): m[n] = …; For n: …  →  For n: …; m[n] = …; …

    So a row is still in the first cache when it is read again.
    """
    rows = [isinstance(c, For) and c.axis is block for c in commands]
    slow = [row and not getattr(c, "vector", False) for c, row in zip(commands, rows, strict=True)]
    out: list[Command] = []
    for at, c in enumerate(commands):
        if rows[at] and isinstance(c, For) and c.vector:
            end = next((i for i in range(at, len(rows)) if not rows[i]), len(rows))
            begin = next((i + 1 for i in range(at, -1, -1) if not rows[i]), 0)
            if any(slow[begin:at]) and any(slow[at:end]):
                c = For(c.axis, c.body)
        out.append(c)
    return out


def _independent(last: Fold | Folds, c: Fold) -> bool:
    """Whether a fold may be made in the same pass as those before it."""
    before = last.body if isinstance(last, Folds) else (last,)
    read = {load.array for load in nodes.loads(c.expr, *c.index)}
    written = {f.target for f in before}
    return before[0].axes == c.axes and not written & (read | {c.target})


def _fusable(one: For, two: For, block: Axis | None) -> bool:
    if (one.axis, one.vector, one.descending) != (two.axis, two.vector, two.descending):
        return False
    if one.axis is block and not one.vector:
        return True
    first, second = _stores(one), _stores(two)
    if first is None or second is None:
        return False
    written = {store.target for store in (*first, *second)}
    opened = _opened(one) | _opened(two)
    uses: dict[Array, set[tuple[Node | None, ...]]] = {}
    for store in (*first, *second):
        for load in (Load(store.target, store.index), *nodes.loads(store.expr, *store.index)):
            if load.array in written:
                at = tuple(i if nodes.free(i).keys() & opened else None for i in load.index)
                uses.setdefault(load.array, set()).add(at)
    # one array, one point of the loops at a time, and each point once: then the order of points
    # does not matter. Another time, another gate of a point: written and read in order, as before
    return all(len(at) == 1 and opened <= set(*at) for at in uses.values())


def _opened(loop: For) -> set[Axis]:
    return {loop.axis}.union(*[_opened(c) for c in loop.body if isinstance(c, For)])


def _stores(loop: For) -> list[Store] | None:
    """The stores of a loop nest that is straight: loops with only stores or one loop in them."""
    out: list[Store] = []
    for c in loop.body:
        if isinstance(c, Store):
            out.append(c)
        elif isinstance(c, For) and len(loop.body) == 1:
            inner = _stores(c)
            if inner is None:
                return None
            out += inner
        else:
            return None
    return out
