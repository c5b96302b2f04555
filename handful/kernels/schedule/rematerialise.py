"""Arrays larger than all that goes in or comes out are made again where they are read.

    s[i,j] += q[i,d]*k[j,d];  k'[j,d] += s'[i,j]*q[i,d];  q'[i,d] += s'[i,j]*k[j,d]
        →  one group in blocks of j: s, s', k'         another in blocks of i: s, s', q'

So the derivative of attention, of a Gaussian interaction, of anything over all pairs, holds one
block's pairs at a time, as its forward pass does: memory grows with n, not with n². It costs a
second product for each group, so a call does it only where sizes make it worth while. What is
summed over both axes is summed in two steps,

    w'[] += f[i,j] over i, j  →  w'part[i] += f[i,j] over j;  w'[] += w'part[i] over i

which is also what lets it run in parallel. A plan that holds nothing so large stays as it is.

Source: two passes over the scores, one for the queries' gradients and one for the keys', are those
of Dao, arXiv:2307.08691; here they follow from sizes by name.
"""

from __future__ import annotations

from dataclasses import replace

from handful.kernels.ir.nodes import Array, Axis, Dim, Load
from handful.kernels.ir.program import Equation, Program, ends, fits, flat, reads
from handful.kernels.schedule.blocks import groups, split
from handful.kernels.schedule.contractions import (
    Item,
    arrays_read,
    is_packed,
    item_reads,
    target_of,
)

Groups = tuple[list[list[Item]], set[Array]]


def regrouped(items: list[Item], program: Program) -> Groups | None:
    """Groups of items, each with the makers of the large arrays that it reads, and those arrays.

    None where no large array would be stored anyway, or where this finds no way to avoid it.
    """
    around = ends(program)
    large = _large(items, program, around)
    if all(_fits(g, large, around) for g in groups(items)) and not _crossing(items, large):
        return None
    try:
        return _Grouping(items, large, around).groups()
    except _NoWay:
        return None


def too_large(program: Program) -> set[Array]:
    """What is made outside of loops, and whose axes fit in no argument or result."""
    around = ends(program)
    small = {axis for axis, _ in program.counts}
    made = {e.target for e, loop in flat(program.body) if loop is None}
    return {a for a in made - set(program.outputs) if not fits(a.axes, around, but=small)}


def _large(items: list[Item], program: Program, around: list[set[str]]) -> set[Array]:
    """What the items alone make and read, and is too large or packed from what is."""
    made = {target_of(i) for i in items}
    outside = {r.array for e, _ in flat(program.body) if e.target not in made for r in reads(e)}
    outside |= {e.target for e, loop in flat(program.body) if loop}
    packs = {a for a in made if is_packed(a)}
    packs = {a for a in packs if not fits(a.axes, around)}
    return (too_large(program) & made | packs) - outside


class _NoWay(Exception):  # noqa: N818  (a turn in a search, not an error)
    """An item that cannot be computed block by block."""


def _crossing(items: list[Item], large: set[Array]) -> bool:
    """Whether a large array is read in another group than the one that makes it."""
    made: dict[Array, int] = {}
    for number, group in enumerate(groups(items)):
        for item in group:
            if made.setdefault(target_of(item), number) != number and target_of(item) in large:
                return True
            if any(made.get(r.array, number) != number for r in item_reads(item)
                   if r.array in large):  # fmt: skip
                return True
    return False


def _fits(group: list[Item], large: set[Array], around: list[set[str]]) -> bool:
    """Whether one block of each large array in the group is no larger than some end."""
    held = [target_of(i) for i in group if target_of(i) in large]
    found = split(group)
    if not held or found is None:
        return not held
    done = {a.name for a in (*found[0], found[1]) if a is not None}
    return all(fits(a.axes, around, but=done) for a in held)


class _Grouping:
    """Walks the items that are not large, giving each the makers of what it reads."""

    def __init__(self, items: list[Item], large: set[Array], around: list[set[str]]) -> None:
        self.large, self.around = large, around
        self.items: list[Item] = []
        for item in items:
            self.items += self.parted(item)
        self.chosen: list[set[int]] = []

    def groups(self) -> Groups:
        """The groups, in an order in which what one reads the earlier ones have made."""
        for number, item in enumerate(self.items):
            if target_of(item) not in self.large:
                self.place(number)
        self.join()
        out = [[self.items[n] for n in sorted(group)] for group in self.chosen]
        return out, self.large

    def makers(self, item: Item) -> set[int]:
        """Items that make the large arrays that `item` reads, and those that these read."""
        found: set[int] = set()
        waiting = [item]
        while waiting:
            wanted = arrays_read(waiting.pop()) & self.large
            for number, other in enumerate(self.items):
                if target_of(other) in wanted and number not in found:
                    found.add(number)
                    waiting.append(other)
        return found

    def place(self, number: int) -> None:
        """Join the first group that this belongs with, after all that it reads; or begin one."""
        need = self.makers(self.items[number]) | {number}
        read = arrays_read(*[self.items[n] for n in need]) - self.large
        first = 0
        for at, group in enumerate(self.chosen):
            if any(target_of(self.items[n]) in read for n in group):
                first = at
        for group in self.chosen[first:]:
            made = {target_of(self.items[n]) for n in group}
            together = [self.items[n] for n in sorted(group | need)]
            if (group & need or made & read) and split(together) and self.fits(together):
                group |= need
                return
        if not self.fits([self.items[n] for n in sorted(need)]):
            raise _NoWay
        self.chosen.append(need)

    def join(self) -> None:
        """Put a group into a later one that makes the same arrays, if nothing in between waits."""
        for at in range(len(self.chosen) - 2, -1, -1):
            early = self.chosen[at]
            made = {target_of(self.items[n]) for n in early} - self.large
            for later in self.chosen[at + 1 :]:
                if made & arrays_read(*[self.items[n] for n in later]):
                    break
                together = [self.items[n] for n in sorted(early | later)]
                if early & later and split(together) and self.fits(together):
                    later |= early
                    del self.chosen[at]
                    break

    def fits(self, group: list[Item]) -> bool:
        return _fits(group, self.large, self.around)

    def parted(self, item: Item) -> list[Item]:
        """`item` as a sum in two steps, if only so its large arrays can be made block by block."""
        if not isinstance(item, Equation) or item.op != "sum" or target_of(item) in self.large:
            return [item]
        makers = [self.items[n] for n in sorted(self.makers(item))]
        found = split(makers) if makers else None
        if found is None or self.fits([*makers, item]):
            return [item]
        outer = [a for a in (*found[0], found[1]) if a is not None]
        own = [(i, d) for i, d in zip(item.index, item.target.dims, strict=True) if i not in outer]
        part = Array(
            f"{item.target.name}part{len(self.items)}",
            (*[Dim(a.name) for a in outer], *[d for _, d in own]),
            item.target.kind,
        )
        one = replace(item, target=part, index=(*outer, *[i for i, _ in own]))
        if not set(outer) <= set(item.domain) or not self.fits([*makers, one]):
            return [item]
        # the second step goes over places, so each dimension there gets an axis of its own
        top = max(a.level for a in item.domain) + 1
        new = {d: Axis(dim.axis, top + d) for d, dim in enumerate(item.target.dims)}
        index = tuple(i if i in outer else new[d] for d, i in enumerate(item.index))
        rest = [i for i in index if i not in outer]
        domain = (*[i for i in index if isinstance(i, Axis)],
                  *[a for a in outer if a not in item.index])  # fmt: skip
        total = Load(part, (*outer, *rest))
        return [one, Equation(item.target, index, "sum", domain, total)]
