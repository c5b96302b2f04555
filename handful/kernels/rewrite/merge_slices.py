"""Sums of every slice of an array become one sum.

    b'[0,k] += s[n,0,k] over n;  b'[1,k] += s[n,1,k] over n
        →  b'[of2,k] += s[n,of2,k] over n

where s has two slices. Such are the gradients of gates' biases: each would be a loop of its own,
which has to be compiled and reads s again. A slice that was copied from another array's counts as
a slice of either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node
from handful.kernels.ir.program import Choose, Equation, Program, flat, read_by


@dataclass(frozen=True, slots=True)
class _Slice:
    """`array[…, number, …]`: a constant at `place` among the `rest` of its index."""

    array: Array
    place: int
    number: int
    rest: tuple[Node, ...]


def joined(program: Program) -> Program:
    """The program with such sums as one, in the last one's place; they lie outside of loops."""
    copies = _copies(program)
    groups: dict[object, list[tuple[_Slice, Equation]]] = {}
    for s in program.body:
        if isinstance(s, Equation) and s.op == "sum" and (part := _slice(s.target, s.index)):
            groups.setdefault((s.target, part.place, part.rest, s.domain), []).append((part, s))
    written = [e.target for e, _ in flat(program.body)]
    new: dict[int, Equation] = {}
    gone: set[int] = set()
    for group in groups.values():
        (first, e), *_ = group
        numbers = sorted(part.number for part, _ in group)
        source = _source(group, copies, dict(program.counts))
        last = group[-1][1]
        early = read_by(*program.body[: program.body.index(last)])
        alone = written.count(e.target) == len(group) and e.target not in early
        if source and alone and numbers == [*range(len(group))]:
            gone |= {id(one) for _, one in group}
            new[id(last)] = _over(first, e, source)
    body = (new.get(id(s), s) for s in program.body if id(s) not in gone or id(s) in new)
    return replace(program, body=tuple(body))


def _over(target: _Slice, e: Equation, source: _Slice) -> Equation:
    """The sum over the source's slices."""
    axis = Axis(source.array.dims[source.place].axis, 0)
    index, place = (
        (*one.rest[: one.place], axis, *one.rest[one.place :]) for one in (target, source)
    )
    at = next((d for d, a in enumerate(e.domain) if a in target.rest), len(e.domain))
    domain = (*e.domain[:at], axis, *e.domain[at:])
    return replace(e, index=index, domain=domain, expr=Load(source.array, place))


def _source(
    group: list[tuple[_Slice, Equation]], copies: dict[_Slice, set[_Slice]], counts: dict[str, int]
) -> _Slice | None:
    """The first slice of an array that has, number by number, what each sum of a group reads, and
    as many slices as there are sums."""
    found: set[_Slice] | None = None
    for part, e in group:
        own = _slice(e.expr.array, e.expr.index) if isinstance(e.expr, Load) else None
        same = copies.get(own, {own}) if own else set()
        firsts = {replace(one, number=0) for one in same if one.number == part.number}
        found = firsts if found is None else found & firsts
    fitting = [s for s in found or () if counts.get(s.array.dims[s.place].axis) == len(group)]
    return min(fitting, key=lambda s: s.array.name, default=None)


def _copies(program: Program) -> dict[_Slice, set[_Slice]]:
    """Slices that are one: those of an array that are plain copies of another array's."""
    made: dict[_Slice, list[Equation | Choose]] = {}
    for e, _ in flat(program.body):
        part = _slice(e.target, e.index)
        if part is not None:
            made.setdefault(part, []).append(e)
    same: dict[_Slice, set[_Slice]] = {}
    for part, (e, *more) in made.items():
        if not more and isinstance(e, Equation) and e.op == "=" and isinstance(e.expr, Load):
            source = _slice(e.expr.array, e.expr.index)
            if source is not None and len(made.get(source, ())) == 1:
                both = same.get(part, {part}) | same.get(source, {source})
                same.update(dict.fromkeys(both, both))
    return same


def _slice(array: Array, index: tuple[Node, ...]) -> _Slice | None:
    """The slice that an index names, all other indices plain and different axes."""
    places = [d for d, i in enumerate(index) if isinstance(i, Const)]
    rest = tuple(i for i in index if not isinstance(i, Const))
    if len(places) != 1 or len({*rest}) < len(rest) or not all(isinstance(i, Axis) for i in rest):
        return None
    (place,) = places
    entry = index[place]
    assert isinstance(entry, Const)
    return _Slice(array, place, int(entry.value), rest)
