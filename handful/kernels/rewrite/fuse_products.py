"""Products of the same rows become one product, their columns side by side.

    s1[t,b,k] += x[t,b,i]*W[0,k,i] over i;  s2[t,b,k] += x[t,b,i]*W[1,k,i] over i
        →  s1[t,b,of2,k] += x[t,b,i]*W[of2,k,i]    over i
           s1[t,b,0,k] where s1[t,b,k] was read, s1[t,b,1,k] where s2[t,b,k] was

So are the gates of a recurrent cell fed. One wide product reads its rows once and pays for one
call instead of several, at every step, and by the one rule its derivatives are wide products too.
Columns that lie in arrays of their own are copied side by side first, once for a call:

    beside1[i,0,k] = Wz[i,k];  beside1[i,1,k] = Wg[i,k]

A program that holds no such products comes out as it went in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from handful.kernels.front.normalise import Place, moved
from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node, Op
from handful.kernels.ir.program import (
    Choose,
    Equation,
    Loop,
    Program,
    Statement,
    check,
    flat,
    writes,
)


@dataclass(frozen=True, slots=True)
class _Product:
    """`target[rows, cols] += rows' load * columns' load`, the columns last in the target."""

    equation: Equation
    rows: Load
    cols: Load
    first_col: int  # where the columns begin in the target's index

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The columns' load's axes, without its constants."""
        return tuple(i for i in self.cols.index if isinstance(i, Axis))


@dataclass(frozen=True, slots=True)
class _Wide:
    """One product for several: the equation, what has to be copied first, and where each went."""

    equation: Equation
    copies: tuple[Equation, ...]
    places: dict[Array, Place]


def fuse_products(program: Program) -> Program:
    """`program` with the products of the same rows made one."""
    alone = _written_once(program) - set(program.outputs)
    names = {a.name for a in program.arrays().values()}
    axes = {d.axis for a in program.arrays().values() for d in a.dims}
    counts = dict(program.counts)
    wide: dict[Array, _Wide] = {}  # by the first target, whose place it takes
    for body, loop in _bodies(program):
        for group in _groups(body, loop, alone):
            count = f"of{len(group)}"
            while count in axes:
                count += "_"
            counts[count] = len(group)
            made = _one(group, Axis(count, 0), names)
            names |= {e.target.name for e in made.copies}
            wide[group[0].equation.target] = made
    if not wide:
        return program
    places = {a: place for one in wide.values() for a, place in one.places.items()}

    def rebuilt(e: Equation | Choose) -> tuple[Equation | Choose, ...]:
        if e.target in wide:
            return (moved(wide[e.target].equation, places),)
        return () if e.target in places else (moved(e, places),)

    out: list[Statement] = []
    for statement in program.body:
        inner = statement.body if isinstance(statement, Loop) else (statement,)
        out += [copy for e in inner if e.target in wide for copy in wide[e.target].copies]
        made_anew = tuple(new for e in inner for new in rebuilt(e))
        out += [replace(statement, body=made_anew)] if isinstance(statement, Loop) else made_anew
    return check(replace(program, body=tuple(out), counts=tuple(counts.items())))


def _written_once(program: Program) -> set[Array]:
    found = [e.target for e, _ in flat(program.body)]
    return {a for a in found if found.count(a) == 1}


def _bodies(program: Program) -> list[tuple[list[Equation | Choose], Loop | None]]:
    """Equations that run one after the other: those between loops, and those of each loop."""
    out: list[tuple[list[Equation | Choose], Loop | None]] = [([], None)]
    for statement in program.body:
        if isinstance(statement, Loop):
            out += [(list(statement.body), statement), ([], None)]
        else:
            out[-1][0].append(statement)
    return out


def _groups(
    body: list[Equation | Choose], loop: Loop | None, alone: set[Array]
) -> list[list[_Product]]:
    """Products that may become one, the largest groups first; each product in one group."""
    found: dict[object, list[_Product]] = {}
    for e in body:
        if isinstance(e, Equation) and e.target in alone:
            product = _product(e)
            if product is not None:
                key = product.rows, e.index, e.domain, product.axes
                found.setdefault(key, []).append(product)
    out: list[list[_Product]] = []
    taken: set[Array] = set()
    for group in sorted(found.values(), key=len, reverse=True):
        own = [p for p in group if p.equation.target not in taken]
        if len(own) > 1 and _may_move(own, body, loop):
            taken |= {p.equation.target for p in own}
            out.append(own)
    return out


def _product(e: Equation) -> _Product | None:
    """`e` as a product of rows and columns: at most one way, as the last axis is a column."""
    match e:
        case Equation(op="sum", expr=Op(name="mul", args=(Load() as a, Load() as b))):
            return _parted(e, a, b) or _parted(e, b, a)
    return None


def _parted(e: Equation, rows: Load, cols: Load) -> _Product | None:
    plain = [i for i in e.index if isinstance(i, Axis)]
    if len(plain) != len(e.index) or len(set(plain)) != len(plain):
        return None
    own = [a for a in plain if a in nodes.free(cols)]
    first = len(plain) - len(own)
    others, mine = set(nodes.free(rows)), set(nodes.free(cols))
    inside = [i for i in cols.index if isinstance(i, Axis)]
    if (
        not own
        or own != plain[first:]
        or set(own) & others
        or not others & set(e.domain) & set(plain)  # a vector by a matrix is no wide product
        or not set(plain[:first]) <= others
        or mine != {*own, *[a for a in e.domain if a not in set(plain)]}
        or any(not isinstance(i, Axis | Const) for i in cols.index)
        or len(set(inside)) != len(inside)
        or inside[inside.index(own[0]) :][: len(own)] != own  # in their order, without a gap
    ):
        return None
    return _Product(e, rows, cols, first)


def _may_move(group: list[_Product], body: list[Equation | Choose], loop: Loop | None) -> bool:
    """Whether all that the group reads is there where the first of it stands."""
    at = [body.index(p.equation) for p in group]
    between = {e.target for e in body[min(at) : max(at)]}
    read = {p.rows.array for p in group} | {p.cols.array for p in group}
    columns = {p.cols.array for p in group}
    return not read & between and not (loop and columns & writes(loop))


def _one(group: list[_Product], count: Axis, names: set[str]) -> _Wide:
    """The wide product, in the first one's place."""
    first = group[0]
    e, at = first.equation, first.first_col
    dims = (*e.target.dims[:at], Dim(count.name), *e.target.dims[at:])
    target = Array(e.target.name, dims, e.target.kind)
    index = (*e.index[:at], count, *e.index[at:])
    before = next(d for d, a in enumerate(e.domain) if a is e.index[at])
    domain = (*e.domain[:before], count, *e.domain[before:])
    found = _one_array(group, count)
    if found is None:
        cols, copies = _copied(group, count, names)
        numbers = list(range(len(group)))
    else:
        (cols, numbers), copies = found, ()
    expr = ops.op("mul", first.rows, cols)
    places: dict[Array, Place] = {
        p.equation.target: (target, at, Const(number))
        for p, number in zip(group, numbers, strict=True)
    }
    return _Wide(Equation(target, index, "sum", domain, expr), copies, places)


def _one_array(group: list[_Product], count: Axis) -> tuple[Load, list[int]] | None:
    """The columns as they lie, where they are slices 0, 1, … of one array: W[0,k,i], W[1,k,i]."""
    first = group[0]
    column = first.equation.index[first.first_col]
    place = next(d for d, i in enumerate(first.cols.index) if i is column) - 1
    numbers: list[int] = []
    for p in group:
        index = p.cols.index
        number = index[place] if place >= 0 else None
        rest = (*index[:place], *index[place + 1 :])
        same = rest == (*first.cols.index[:place], *first.cols.index[place + 1 :])
        if p.cols.array is not first.cols.array or not isinstance(number, Const) or not same:
            return None
        numbers.append(int(number.value))
    if sorted(numbers) != list(range(len(group))):
        return None
    index = first.cols.index
    return Load(first.cols.array, (*index[:place], count, *index[place + 1 :])), numbers


def _copied(
    group: list[_Product], count: Axis, names: set[str]
) -> tuple[Load, tuple[Equation, ...]]:
    """The columns copied side by side, and the equations that do it."""
    first = group[0]
    column = first.equation.index[first.first_col]
    place = first.axes.index(column)

    def within(middle: Node) -> tuple[Node, ...]:
        return (*first.axes[:place], middle, *first.axes[place:])

    number = 1
    while f"beside{number}" in names:
        number += 1
    dims = tuple(Dim(a.name) for a in (*first.axes[:place], count, *first.axes[place:]))
    array = Array(f"beside{number}", dims, "f")
    copies = tuple(
        Equation(array, within(Const(at)), "=", p.axes, p.cols) for at, p in enumerate(group)
    )
    return Load(array, within(count)), copies
