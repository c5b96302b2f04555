"""The planner: what runs together, in which blocks, and in what scratch memory.

    sum1[i,j] += q[i,d]*k[j,d]; max1[i] max= sum1[i,j]; …
        →  one region over blocks of i, in which sum1 is scratch of one block

What it decides is data (`Region`s of items); `lower.py` turns that into loops. Sizes are not
known here: a plan holds for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from handful.kernels import nodes
from handful.kernels.blocks import groups, shared, split
from handful.kernels.contract import (
    Contraction,
    Item,
    Namer,
    arrays_read,
    is_packed,
    item_reads,
    target_of,
)
from handful.kernels.nodes import Array, Axis
from handful.kernels.program import Loop, Program, ends, fits
from handful.kernels.recompute import regrouped, too_large
from handful.kernels.share import lift, share


@dataclass(frozen=True, slots=True)
class Region:
    """Items that run one after the other, for each value of `single` and each block of `block`.

    Different values and blocks are independent, so they are the parallel tasks. With `loop` the
    items are repeated along it, inside the task: no barrier per step.
    """

    single: tuple[Axis, ...]
    block: Axis | None
    items: tuple[Item, ...]
    local: tuple[Array, ...] = ()
    loop: Loop | None = None


def plan(program: Program, *, again: bool = False) -> tuple[Region, ...]:
    """The regions of a program, in order; with `again`, what is large is not stored."""
    namer, around = Namer(), ends(program)
    out: list[Region] = []
    repeated: set[Array] = set()

    def close(items: list[Item]) -> None:
        items = lift(items, around, namer)
        regrouping = regrouped(items, program) if again else None
        found, large = regrouping or (groups(items), set())
        for group in found:
            single, block = split(group) or ((), None)
            out.append(Region(single, block, tuple(share(group, block, single, around, namer))))
        repeated.update(large)

    waiting: list[Item] = []
    for statement in program.body:
        if isinstance(statement, Loop):
            items = [i for e in statement.body for i in namer.contract(e, in_time=True)]
            before, items = namer.laid_once(items, statement)
            close([*waiting, *before])
            waiting = []
            out.append(_loop_region(statement, items))
        else:
            waiting += namer.contract(statement)
    close(waiting)
    return _with_locals(out, program, repeated)


def avoidable(program: Program) -> tuple[Array, ...]:
    """The large arrays that the plain plan holds, and `again` does not."""
    if not too_large(program):
        return ()
    spared = _held(plan(program), program) - _held(plan(program, again=True), program)
    return tuple(sorted(spared - set(program.outputs), key=lambda a: a.name))


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


def _with_locals(
    regions: list[Region], program: Program, repeated: set[Array]
) -> tuple[Region, ...]:
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
    return tuple(out)


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
