"""The lowering of a plan to loops.

    sum1[n] += x[n,k]    over k     →   Task(block=n): For n: Fold(sum1[n], "sum", (k,), x[n,k])
    y[n,m] += w[m,k]*x[n,k]         →   … For n: For m: Store =0; For k: For m (vector): Store +=

An array's first writer also initialises it, where it covers all of it; else a `Fill` goes before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node, Op
from handful.kernels.ir.program import Choose, Equation, Program, covers
from handful.kernels.ir.strides import is_run, lies
from handful.kernels.loops.bounds import span
from handful.kernels.loops.fuse import choose_at_once, fuse, touched
from handful.kernels.loops.ir import (
    BEST,
    ONCE,
    Command,
    Fill,
    Fold,
    For,
    Gemm,
    Lay,
    Pick,
    Picked,
    Store,
    Strip,
    Task,
    check,
    own_axes,
)
from handful.kernels.schedule.contractions import (
    Contraction,
    Item,
    in_panels,
    is_packed,
    item_reads,
    target_of,
)
from handful.kernels.schedule.region import Region

Laid = tuple[Contraction, Axis | None]
"""A product that reads a matrix in panels, and the axis of the loop in which it does, if any."""


def lower(program: Program, regions: tuple[Region, ...]) -> tuple[Task, ...]:
    """Loops for every region, checked."""
    started: set[Array] = set()
    laid = {
        i.b.array: (i, r.loop.axis if r.loop else None)
        for r in regions
        for i in r.items
        if isinstance(i, Contraction) and in_panels(i.b.array)
    }
    out = [_lower_region(region, started, laid) for region in regions]
    unwritten = [a for a in program.outputs if a not in started]
    if unwritten:  # a cotangent that nothing reaches
        fills = tuple(Fill(a, 0) for a in unwritten)
        out.append(Task((), None, (), fills, (), False))
    for task in out:
        check(task)
    return tuple(out)


def _lower_region(region: Region, started: set[Array], laid: Mapping[Array, Laid]) -> Task:
    outer = (*region.single, *([region.block] if region.block else []))
    before: list[Fill] = []
    body: list[Command] = []
    started -= set(region.local)  # scratch of another region's blocks is not this one's
    zeros: list[Command] = []
    for item in region.items:
        target = target_of(item)
        if isinstance(item, Equation) and region.number in item.index:
            zero, add = _lower_part(item, outer)
            zeros.append(zero)
            body.append(add)
            continue
        first = target not in started
        started.add(target)
        covers = _covers(item)
        fresh = first and covers
        op = item.op if isinstance(item, Equation) else "sum"
        if first and not covers and op != "=":
            fill = Fill(target, ops.identity(op, target.kind))
            if target in region.local:
                body.append(fill)
            else:
                before.append(fill)
        if is_packed(target):
            started.discard(target)  # a packed operand is made anew at every step
        command: Command
        if isinstance(item, Equation) and target in laid:
            assert isinstance(item.expr, Load)
            reader, steps = laid[target]
            command = Lay(target, item.index, item.expr, reader.k, reader.n, steps)
        else:
            command = _lower_item(item, fresh, outer, region)
        body.append(_wrap(command, _outer_axes(item, command, region)))
    commands = choose_at_once(fuse((*zeros, *body), region.block), {*region.local})
    used = {a for c in commands for a in touched(c)}
    local = tuple(a for a in region.local if a in used)
    local += tuple(a for a in used if a.name.startswith(BEST))
    thin = () if region.loop else tuple(a for a in region.local if _is_thin(a, commands, region))
    if region.loop:
        commands = (For(region.loop.axis, commands, descending=region.loop.descending),)
    products = any(isinstance(i, Contraction) and i.m[-1:] == outer[-1:] for i in region.items)
    time = region.loop.axis if region.loop else None
    return Task(
        region.single, region.block, local, tuple(before), commands, products, time,
        _slab(region, body), thin, region.number,
    )  # fmt: skip


def _is_thin(array: Array, commands: tuple[Command, ...], region: Region) -> bool:
    """Whether one loop over the block's values holds all that touches an array."""
    found = [c for c in commands if array in touched(c)]
    match found:
        case [For(axis=axis, vector=False)]:
            return axis is region.block
    return False


def _slab(region: Region, body: list[Command]) -> Axis | None:
    """The summed axis to take a slab at a time, so that what is read or gathered stays in cache.

    w'[o,c,e] += pack#1[n,o,c]*y[n,e] over n: of pack#1 a slab of n is made at a time
    b'[d] += y[n,d]; w'[d] += y[n,d]*x[n,d] over n: both strips read a slab before the next
    near[i,:] = smallest 8 over j of sum1[i,j]: of sum1 a slab of j is made at a time
    """
    if region.loop:  # a step needs all of the step before it
        return None
    if chosen := _chosen_by_slab(region):
        return chosen
    *others, last = region.items
    summed = {i.picked_sum if isinstance(i, Contraction) else None for i in region.items}
    if len(summed) == 1 and None not in summed:
        return summed.pop()
    if isinstance(last, Contraction) and others:
        axis = last.k[0]
        made = all(is_packed(target_of(i)) and axis in i.index for i in others)
        return axis if made and axis is not region.block else None
    strips = [c for c in body if isinstance(c, Strip) and c.fresh and not c.rows and c.axes]
    first = {c.axes[0] for c in strips}
    return first.pop() if len(strips) == len(body) and len(first) == 1 else None


def _chosen_by_slab(region: Region) -> Axis | None:
    """The axis of a choice at a region's end, if what it chooses from is made in the region value
    by value of that axis. What does not vary along it is made anew for each slab."""
    *others, last = region.items
    if not isinstance(last, Choose) or any(isinstance(i, Choose) for i in others) or region.loop:
        return None
    axis = last.axis
    made = {target_of(i): i.index.index(axis) for i in others if axis in i.index}
    still = [i for i in others if target_of(i) not in made]
    loads = [load for i in region.items for load in item_reads(i) if load.array in made]
    good = (
        all(target_of(i) in region.local and axis not in i.domain for i in still)
        and all(load.index[made[load.array]] is axis for load in loads)
        and all(i.n == (axis,) for i in others if isinstance(i, Contraction) and axis in i.domain)
    )
    return axis if good and made else None


def _outer_axes(item: Item, command: Command, region: Region) -> tuple[Axis, ...]:
    """The axes to open around an item: its block, unless its command goes through it itself."""
    if region.block is None or isinstance(item, Contraction):
        return ()
    varies = any(i is region.block for i in item.index)
    return (region.block,) if varies and region.block not in own_axes(command) else ()


def _wrap(command: Command, axes: tuple[Axis, ...]) -> Command:
    for axis in reversed(axes):
        command = For(axis, (command,))
    return command


def _covers(item: Item) -> bool:
    """Whether one pass over the item's domain writes every element of its array, at one time."""
    return isinstance(item, Choose) or covers(item.target, item.index)


def _lower_item(item: Item, fresh: bool, outer: tuple[Axis, ...], region: Region) -> Command:
    match item:
        case Contraction():
            return _lower_contraction(item, fresh, outer)
        case Choose():
            inner = [a for a in item.domain if a not in set(outer)]
            kept = Array(f"{BEST}{item.target.name}", item.target.dims, "f")
            pick = Pick(
                item.target, item.index, item.axis, item.count, item.expr, item.over, item.bound,
                kept if _chosen_by_slab(region) else None,
            )  # fmt: skip
            return _wrap(pick, tuple(inner))
    return _lower_equation(item, fresh, outer, region)


def _vector_axis(e: Equation, single: tuple[Axis, ...]) -> Axis | None:
    """The axis along which most arrays lie contiguous: a block's own axis may be it."""
    plain = [i for i in e.index if isinstance(i, Axis)]
    best: tuple[float, int] | None = None
    chosen: Axis | None = None
    for place, axis in enumerate(e.domain):
        if axis in set(single):
            continue
        score = sum(lies(load.index, axis) for load in nodes.loads(e.expr))
        if any(axis is p for p in plain):
            score += 2 * lies(e.index, axis)
        elif any(axis in nodes.free(i) for i in e.index):
            score -= 8  # a scatter along the vector axis
        if any(_is_offset(axis, load) for load in nodes.loads(e.expr)):
            score -= 4  # mostly short
        key = (score, place if axis in set(plain) else -1)
        if best is None or key > best:
            best, chosen = key, axis
    return chosen


def _reads_again(e: Equation, vector: Axis, rows: Axis | None) -> bool:
    """Whether rows read the same memory along `vector`, all of it: then some are summed at once."""
    part = span(vector, e.op, e.expr)
    cut = part is not None and (part.lows or part.highs)
    found = [nodes.free(load) for load in nodes.loads(e.expr)]
    return not cut and any(vector in axes and rows not in axes for axes in found)


def _is_offset(axis: Axis, load: Load) -> bool:
    """Whether it moves a window over another axis: o in x[i + o - 1], whose dimension is i's."""
    return any(
        axis in nodes.free(i)
        and axis.name != dim.axis
        and dim.axis in {a.name for a in nodes.free(i)}
        for i, dim in zip(load.index, load.array.dims, strict=True)
    )


def _lower_equation(e: Equation, fresh: bool, outer: tuple[Axis, ...], region: Region) -> Command:
    vector = _vector_axis(e, region.single)
    inside = {a for i in e.index for a in nodes.free(i)}
    plain = {i for i in e.index if isinstance(i, Axis)}
    points = [a for a in e.domain if a in plain and a is not vector and a not in set(outer)]
    summed = [a for a in e.domain if a not in plain and a is not vector]
    if e.op == "=" or not [a for a in e.domain if a not in plain]:
        op = "=" if fresh or e.op == "=" else e.op
        store: Command = Store(e.target, e.index, op, e.expr)
        return _wrap(For(vector, (store,), vector=True) if vector else store, tuple(points))
    if vector is not None and vector not in inside:
        scattered = [a for a in summed if a in inside]  # y[at[n]] += x[n,k] over n, k: loops of n
        over = [a for a in summed if a not in inside]
        fold = Fold(e.target, e.index, e.op, (*over, vector), e.expr, fresh)
        return _wrap(fold, (*points, *scattered))
    if vector in plain and not any(a in inside for a in summed):
        assert vector is not None
        tall = fresh and region.block in plain and _reads_again(e, vector, region.block)
        rows = region.block if tall else None
        strip = Strip(e.target, e.index, e.op, vector, tuple(summed), e.expr, fresh, rows)
        return _wrap(strip, tuple(points))
    inner: Command = Store(e.target, e.index, e.op, e.expr)
    if vector is not None:
        inner = For(vector, (inner,), vector=_one_place_each(e.index, vector))
    inner = _wrap(inner, tuple(summed))
    if not fresh:
        return _wrap(inner, tuple(points))
    start: Command = Store(e.target, e.index, "=", _identity(e))
    if vector is not None:
        start = For(vector, (start,), vector=True)
    return _Pair(start, inner).under(tuple(points))


def _lower_part(e: Equation, outer: tuple[Axis, ...]) -> tuple[Command, Command]:
    """A block's part of a sum: what zeroes it, and what adds a row to it."""
    *points, last = [i for i in e.index if isinstance(i, Axis) and i in set(e.domain) - set(outer)]
    zero, add = (
        For(last, (Store(e.target, e.index, op, expr),), vector=True)
        for op, expr in (("=", _identity(e)), ("sum", e.expr))
    )
    return _wrap(zero, tuple(points)), _wrap(add, (outer[-1], *points))


def _one_place_each(index: tuple[Node, ...], axis: Axis) -> bool:
    """Whether no two values of `axis` write to one place, so that they may run at once.

    x[n, i + o - 1] along i: yes; x[at[i]], x[min(i, 3)]: who knows
    """
    return any(_moves_with(i, axis) for i in index)


def _moves_with(index: Node, axis: Axis) -> bool:
    match index:
        case Axis():
            return index is axis
        case Op(name="add" | "sub", args=(a, b)):
            moving, still = (a, b) if axis in nodes.free(a) else (b, a)
            return axis not in nodes.free(still) and _moves_with(moving, axis)
    return False


@dataclass(frozen=True, slots=True)
class _Pair:
    first: Command
    second: Command

    def under(self, axes: tuple[Axis, ...]) -> Command:
        if not axes:
            # one trip of a loop over nothing: a block of two commands
            return For(ONCE, (self.first, self.second))
        return _wrap(For(axes[-1], (self.first, self.second)), axes[:-1])


def _identity(e: Equation) -> Node:
    return Const(ops.identity(e.op, e.target.kind))


def _lower_picked(c: Contraction, present: Node, fresh: bool) -> Command:
    """One product for each value of all axes but its own three."""
    own = (c.picked, c.inner, c.n[-1])
    around = tuple(a for a in c.domain if a not in own)
    whole = c.picked_sum is not None
    product = Picked(c.target, c.index, c.a, c.b, c.alpha, present, *own, fresh and whole)
    nest = _wrap(product, around)
    if whole or not fresh:
        return nest
    *points, last = [i for i in c.index if isinstance(i, Axis)]
    zero = For(last, (Store(c.target, c.index, "=", Const(0.0)),), vector=True)
    return _Pair(_wrap(zero, tuple(points)), nest).under(())


def _lower_contraction(c: Contraction, fresh: bool, outer: tuple[Axis, ...]) -> Command:
    """Peel leading axes into loops until rows, columns and sum are single runs in memory."""
    if c.present is not None:
        return _lower_picked(c, c.present, fresh)
    fixed = set(outer[:-1]) if outer else set()
    block = outer[-1] if outer else None
    m = [a for a in c.m if a not in fixed]
    n = [a for a in c.n if a not in fixed]
    k = list(c.k)
    around = [a for a in c.batch if a not in fixed]
    around += _peel(m, (c.a.index, c.a.array), (c.index, c.target), block)
    whole = in_panels(c.b.array)  # was laid as one matrix
    around += [] if whole else _peel(n, (c.b.index, c.b.array), (c.index, c.target), block)
    later = [] if whole else _peel(k, (c.a.index, c.a.array), (c.b.index, c.b.array), None)
    gemm = Gemm(
        c.target, c.index, c.a, c.b, c.alpha, tuple(m), tuple(n), tuple(k), fresh, tuple(later),
        c.plain,
    )  # fmt: skip
    return _wrap(gemm, (*around, *later))


def _peel(
    axes: list[Axis],
    one: tuple[tuple[Node, ...], Array],
    two: tuple[tuple[Node, ...], Array],
    block: Axis | None,
) -> list[Axis]:
    peeled = []
    while len(axes) > 1 and not (
        is_run(axes, *one) and is_run(axes, *two) and not any(a is block for a in axes[1:])
    ):
        peeled.append(axes.pop(0))
    return peeled
