"""The planner: what runs together, in which blocks, and in what scratch memory.

    sum1[i,j] += q[i,d]*k[j,d]; max1[i] max= sum1[i,j]; …
        →  one region over blocks of i, in which sum1 is scratch of one block

What it decides is data (`Region`s of items); `loops/lower.py` turns that into loops. Sizes are not
known here: a plan holds for all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from dataclasses import replace
from functools import lru_cache

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis
from handful.kernels.ir.program import CheckError, Loop, Program, ends, fits, flat, is_within, reads
from handful.kernels.schedule.blocks import groups, shared, split
from handful.kernels.schedule.contractions import (
    Contraction,
    Item,
    Namer,
    arrays_read,
    is_packed,
    item_reads,
    target_of,
)
from handful.kernels.schedule.inline import inline
from handful.kernels.schedule.partial_sums import NUMBER, in_parts
from handful.kernels.schedule.region import Region
from handful.kernels.schedule.rematerialise import regrouped, too_large
from handful.kernels.schedule.share import lift, share


@lru_cache(maxsize=16)  # what a plan holds is asked before it is lowered
def plan(program: Program, *, rematerialise: bool = False) -> tuple[Region, ...]:
    """The regions of a program, in order; with `rematerialise`, what is large is not stored."""
    namer, around = Namer(), ends(program)
    out: list[Region] = []
    repeated: set[Array] = set()
    parts: set[Array] = set()
    batches = _batches(program, namer)
    for items, loop in batches:
        if loop is not None:
            out.append(_loop_region(loop, items))
            continue
        others = [i for other, _ in batches if other is not items for i in other]
        items = inline(items, {*program.outputs, *arrays_read(*others)})
        items = lift(items, around, namer)
        known = {target_of(i) for i in items}
        regrouping = regrouped(items, program) if rematerialise else None
        found, large = regrouping or (groups(items), set())
        for group in found:
            single, block = split(group) or ((), None)
            out.append(Region(single, block, tuple(share(group, block, single, around, namer))))
        repeated.update(large)
        parts.update({target_of(i) for group in found for i in group} - known)
    out = in_parts(_with_locals(out, program, repeated), namer)
    regions = tuple(_laid_first(_with_locals(out, program, repeated), around, namer))
    return check_memory(regions, program, parts)


def check_memory(
    regions: tuple[Region, ...], program: Program, parts: Set[Array] = frozenset()
) -> tuple[Region, ...]:
    """The checker after planning: no array is larger than what the equations themselves go over.

    What is stored whole must fit within an argument, a result, the target of an equation, or the
    values that one load reads (x[src[e], f] reads e, f); of an array that lives inside of one
    region, one block must. Numbers of blocks (`partial_sums.py`) do not count: there are few. Nor
    do the `parts` of sums in two steps: sizes decide at the call whether they may be held
    (`added`).

    Raises:
        CheckError: the plan holds more.
    """
    allowed = [[d.axis for d in a.dims] for a in program.arrays().values()]
    allowed += [[a.name for a in nodes.free(r)] for e, _ in flat(program.body) for r in reads(e)]
    for region in regions:
        outer = Counter(a.name for a in (*region.single, region.block) if a is not None)
        for array in {*map(target_of, region.items)} - parts:
            axes = Counter(d.axis for d in array.dims if not d.axis.startswith(NUMBER))
            held = axes - outer if array in region.local else axes
            if not is_within(held.elements(), allowed):
                shown = ", ".join(axes.elements())
                raise CheckError(
                    f"{program.name}: the plan holds {array.name}[{shown}], more than its equations"
                )
    return regions


def _batches(program: Program, namer: Namer) -> list[tuple[list[Item], Loop | None]]:
    """The items between loops, and those of each loop."""
    out: list[tuple[list[Item], Loop | None]] = [([], None)]
    for statement in program.body:
        if isinstance(statement, Loop):
            items = [i for e in statement.body for i in namer.contract(e, in_time=True)]
            before, items = namer.laid_once(items, statement)
            out[-1][0].extend(before)
            out += [(items, statement), ([], None)]
        else:
            out[-1][0].extend(namer.contract(statement))
    return out


def avoidable(program: Program) -> tuple[Array, ...]:
    """The large arrays that the plain plan holds, and `rematerialise` does not."""
    if not too_large(program):
        return ()
    spared = _held(plan(program), program) - _held(plan(program, rematerialise=True), program)
    return tuple(sorted(spared - set(program.outputs), key=lambda a: a.name))


def added(program: Program) -> tuple[Array, ...]:
    """The arrays that only a plan with `rematerialise` holds: parts of sums in two steps."""
    more = _held(plan(program, rematerialise=True), program) - _held(plan(program), program)
    return tuple(sorted(more, key=lambda a: a.name))


def _held(regions: tuple[Region, ...], program: Program) -> set[Array]:
    """What is stored whole, and scratch of which one block is too large already."""
    around, fixed = ends(program), {axis for axis, _ in program.counts}
    held: set[Array] = set()
    for r in regions:
        done = fixed | {a.name for a in (*r.single, *([r.block] if r.block else []))}
        for array in map(target_of, r.items):
            if array not in r.local or (r.loop is None and not fits(array.axes, around, but=done)):
                held.add(array)
    return held


def _loop_region(loop: Loop, items: list[Item]) -> Region:
    """A loop in time: parallel over an axis that its whole body shares, outside of time."""
    packs = {target_of(i) for i in items if is_packed(target_of(i))}
    main = [i for i in items if target_of(i) not in packs]
    common = shared(main)
    block = next(
        (a for a in common if all(isinstance(i, Contraction) <= (a in getattr(i, "m", (a,)))
                                  for i in main)),
        None,
    )  # fmt: skip
    if block is None and common and not any(isinstance(i, Contraction) for i in main):
        block = common[0]
    return Region((), block, tuple(items), loop=loop)


def _with_locals(regions: list[Region], program: Program, repeated: set[Array]) -> list[Region]:
    """Mark what lives in one region only: it needs scratch of one block. What is made in each
    region that reads it is such an array too."""
    out = []
    for number, region in enumerate(regions):
        others = [i for j, r in enumerate(regions) if j != number for i in r.items]
        used = arrays_read(*others) | set(program.outputs)
        used |= {target_of(i) for i in others}
        own = dict.fromkeys(target_of(i) for i in region.items)
        if region.loop is not None:
            own = {a: None for a in own if _of_one_step(a, region.items, region.loop.axis)}
        out.append(replace(region, local=tuple(a for a in own if a in repeated or a not in used)))
    return out


def _laid_first(regions: list[Region], around: list[set[str]], namer: Namer) -> list[Region]:
    """The regions, with the matrices of products in panels where the result is scratch of a block
    and so large that there are many: each would lay the matrix anew."""
    out: list[Region] = []
    for region in regions:
        made = set(map(target_of, region.items))
        before: list[Item] = []
        items: list[Item] = []
        for item in region.items:
            if (
                isinstance(item, Contraction)
                and item.present is None
                and item.target in region.local
                and item.b.array not in made
                and not fits(item.target.axes, around)
                and region.block in item.m
                and region.loop is None
            ):
                item = replace(item, b=namer.panels(item, before) or item.b)
            items.append(item)
        for item in before:
            single, block = split([item]) or ((), None)
            out.append(Region(single, block, (item,)))
        out.append(replace(region, items=tuple(items)))
    return out


def _of_one_step(array: Array, items: tuple[Item, ...], time: Axis) -> bool:
    """Whether each step writes the array anew and no other step reads it."""
    if is_packed(array):
        return True
    uses = [i.index for i in items if target_of(i) is array]
    uses += [load.index for i in items for load in item_reads(i) if load.array is array]
    places = {tuple(d for d, i in enumerate(index) if time in nodes.free(i)) for index in uses}
    if len(places) != 1 or len(*places) != 1:
        return False
    (place,) = next(iter(places))
    return all(index[place] is time for index in uses)
