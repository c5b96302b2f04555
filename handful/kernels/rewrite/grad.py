"""Reverse mode, by one rule on programs.

For every load `X[g]` in an equation `Y[f] += e` over a domain, the derivative holds

    X'[g] += Y'[f] * ∂e/∂X[g]        over the same domain,

with the equations in reverse order and the loops running backwards. Sum becomes broadcast, gather
becomes scatter, a contraction becomes two. What comes out is a program of the same language, so it
is printed, compiled and differentiated like any other.

Three things are not elementwise: a maximum sends its cotangent to the first place that attains it;
`where` keeps a guard beside the cotangent, so that NaN from a branch not taken never enters; what
`smallest` chose is an integer and has none (its values are loads at the places chosen).

Source: the accumulation view is Paszke et al., "Getting to the point", arXiv:2104.05372; ours works
on index notation before anything is scheduled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from handful.kernels.front.normalise import Place, hoist, moved, renamed
from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node, Op, Size
from handful.kernels.ir.ops import BIG, TABLE, TRUE, op
from handful.kernels.ir.program import (
    Choose,
    Equation,
    Loop,
    Program,
    Statement,
    check,
    flat,
    needed,
    read_by,
    writes,
)
from handful.kernels.rewrite.factor import factored
from handful.kernels.rewrite.fuse_into_scan import into_loops
from handful.kernels.rewrite.merge_slices import joined

S = TypeVar("S", Equation, Statement)

MARKS = "'^~"
"""What is appended to the name of a cotangent: first, second, third derivative."""


def differentiate(program: Program) -> Program:
    """(inputs, cotangents of float outputs) → cotangents of float inputs."""
    if program.order >= len(MARKS):
        raise NotImplementedError(f"derivatives beyond order {len(MARKS)} have no names")
    adjoint = _Adjoint(MARKS[program.order])
    outputs = [a for a in program.outputs if a.kind == "f"]
    live = {adjoint.cotangent(a) for a in outputs}  # what something was added to; the rest is zero
    seeds, backward = adjoint.seeds(outputs, program)
    for statement in reversed(program.body):
        if isinstance(statement, Loop):
            inner = adjoint.steps(statement, live)
            if inner:
                turned = not statement.descending
                backward.append(replace(statement, descending=turned, body=tuple(inner)))
        elif adjoint.cotangent(statement.target) in live:
            backward += adjoint.equation(statement, None)
        live |= {e.target for e, _ in flat(tuple(backward))}
    floats = [a for a in program.inputs if a.kind == "f"]
    whole = Program(
        program.name,
        (*program.inputs, *seeds),
        tuple(adjoint.cotangent(a) for a in floats),
        (*program.body, *backward),
        program.counts,
        program.order + 1,
    )
    made = {e.target for e, _ in flat(program.body)}  # a forward pass may have saved these
    return check(_tidy(hoist(needed(whole, whole.outputs)), made))


def gradients(program: Program, wanted: Iterable[Array]) -> Program:
    """The derivative, of which only some inputs' cotangents are wanted."""
    whole = differentiate(program)
    floats = [a for a in program.inputs if a.kind == "f"]
    by_input = dict(zip(floats, whole.outputs, strict=True))
    return needed(whole, tuple(by_input[a] for a in wanted))


def _tidy(program: Program, kept: set[Array]) -> Program:
    """Merge neighbours, turn sums with nothing to sum into assignments, drop copies, sum all slices
    of an array at once, and put what a sum's terms share in front of it, but for the arrays in
    `kept`; then join loops to what is done for each of their steps."""
    merged = promote(replace(program, body=tuple(merge(list(program.body)))))
    tidy = into_loops(factored(joined(in_place(without_copies(merged))), kept))
    return needed(tidy, tidy.outputs)


def without_copies(program: Program) -> Program:
    """Read an array where it is, not where it was copied to, nor where its equal is made.

    sum1'[t,b] = δ2'[t,b]; W'[b] += sum1'[t,b]  →  W'[b] += δ2'[t,b]
    p'[b] += x'[t,b]; q'[b] += x'[t,b]  →  p'[b] += x'[t,b]; q'[b] = p'[b]    q' is a result
    """
    new = _equals(program)
    for e, _ in flat(program.body):
        source = copied(e)
        if source is not None and e.target not in program.outputs:
            new[e.target] = source
    for array, source in new.items():
        while source in new:  # a copy of a copy
            source = new[source]
        new[array] = source
    results = [_copy(a, new[a]) for a in program.outputs if a in new]
    body: list[Statement] = []
    for s in program.body:
        if isinstance(s, Loop):
            body.append(
                replace(s, body=tuple(renamed(e, new) for e in s.body if e.target not in new))
            )
        elif s.target not in new:
            body.append(renamed(s, new))
    return replace(program, body=(*body, *results))


def copied(e: Statement) -> Array | None:
    """The array that an equation copies, all of it as it lies; None if it does anything else."""
    match e:
        case Equation(target=target, index=index, op="=", expr=Load(array=source, index=place)):
            axes = {i for i in index if isinstance(i, Axis)}
            if index == place and len(axes) == len(index) and target.dims == source.dims:
                return source
    return None


def _copy(array: Array, source: Array) -> Equation:
    index = tuple(Axis(d.axis, level) for level, d in enumerate(array.dims))
    return Equation(array, index, "=", index, Load(source, index))


def in_place(program: Program) -> Program:
    """What only goes to a part of another array is made there.

    δ1'[t,b] = e; sum1'[t,0,b] = δ1'[t,b]; w'[b] += δ1'[t,b]
        →  sum1'[t,0,b] = e; w'[b] += sum1'[t,0,b]
    """
    made: dict[Array, list[Equation | Choose]] = {}
    for one, _ in flat(program.body):
        made.setdefault(one.target, []).append(one)
    places: dict[Array, Place] = {}
    copies: set[int] = set()
    for e, _ in flat(program.body):
        if not (isinstance(e, Equation) and e.op == "=" and isinstance(e.expr, Load)):
            continue
        source, numbers = e.expr.array, [d for d, i in enumerate(e.index) if isinstance(i, Const)]
        (first, *more) = made.get(source, [None])
        if (
            len(numbers) == 1
            and isinstance(first, Equation)
            and not more
            and first.op == "="
            and source not in (*program.outputs, *places)
            and e.target not in places
        ):
            at = numbers[0]
            rest = (*e.index[:at], *e.index[at + 1 :])
            dims = (*e.target.dims[:at], *e.target.dims[at + 1 :])
            if rest == e.expr.index == first.index and dims == source.dims:
                places[source] = e.target, at, e.index[at]
                copies.add(id(e))
    body: list[Statement] = []
    for s in program.body:
        if isinstance(s, Loop):
            body.append(
                replace(s, body=tuple(moved(e, places) for e in s.body if id(e) not in copies))
            )
        elif id(s) not in copies:
            body.append(moved(s, places))
    return replace(program, body=tuple(body))


def _equals(program: Program) -> dict[Array, Array]:
    """Arrays that are made of the very same terms as an earlier one → that one."""
    parts: dict[Array, set[tuple[object, ...]]] = {}
    for e, _ in flat(program.body):
        term: tuple[object, ...] = (e,)
        if isinstance(e, Equation):  # an assignment's domain says only whether a loop is around it
            term = e.index, e.expr, *((e.op, e.domain) if e.op != "=" else ())
        parts.setdefault(e.target, set()).add(term)
    first: dict[object, Array] = {}
    new: dict[Array, Array] = {}
    for array, terms in parts.items():
        same = first.setdefault((array.dims, array.kind, frozenset(terms)), array)
        if same is not array:
            new[array] = same
    return new


@dataclass(frozen=True, slots=True)
class _Cotangent:
    """`value`, which counts only where `guard` holds."""

    guard: Node
    value: Node

    def times(self, factor: Node) -> _Cotangent:
        return _Cotangent(self.guard, op("mul", self.value, factor))

    def under(self, condition: Node) -> _Cotangent:
        return _Cotangent(op("and", self.guard, condition), self.value)

    def masked(self) -> Node:
        return op("where", self.guard, self.value, Const(0.0))

    def plus(self, other: _Cotangent) -> _Cotangent:
        if self.guard is other.guard:
            return _Cotangent(self.guard, op("add", self.value, other.value))
        either = op("or", self.guard, other.guard)
        return _Cotangent(either, op("add", self.masked(), other.masked()))


class _Adjoint:
    """The rule, for one program; `mark` tells this derivative's cotangents from others'."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.named = 0

    def cotangent(self, array: Array) -> Array:
        return Array(array.name + self.mark, array.dims, "f")

    def seeds(self, outputs: list[Array], program: Program) -> tuple[list[Array], list[Statement]]:
        """The cotangents that come from outside. An output that is read as well has more to add:

        out1[] += x[i] over i; out2[i] = x[i]*out1[]  →  out1'[] += out1'in[], and then the rule
        """
        read = read_by(*program.body)
        found: list[Array] = []
        copied: list[Statement] = []
        for array in outputs:
            seed = target = self.cotangent(array)
            if array in read:
                seed = Array(target.name + "in", target.dims, "f")
                index = tuple(Axis(d.axis, level) for level, d in enumerate(target.dims))
                copied.append(Equation(target, index, "sum", index, Load(seed, index)))
            found.append(seed)
        return found, copied

    def steps(self, loop: Loop, live: set[Array]) -> list[Equation]:
        """The body of the backward loop: what a cotangent reaches, now or at a later step."""
        made = [(e, self.equation(e, loop.axis)) for e in reversed(loop.body)]
        reached: set[Array] = set()
        while True:
            out = [q for e, eqs in made if self.cotangent(e.target) in live | reached for q in eqs]
            found = {q.target for q in out}
            if found == reached:
                return merge(out)
            reached = found

    def equation(self, e: Equation | Choose, time: Axis | None) -> list[Equation]:
        """Every equation that the rule makes of one."""
        if isinstance(e, Choose) or not _active(e.expr):
            return []
        seed = _Cotangent(TRUE, Load(self.cotangent(e.target), e.index))
        if e.op in ("=", "sum"):
            return self.spread(e, seed, time)
        first, place = _first_place(e, self.mark)
        here = op("eq", place, Load(first.target, first.index))
        return [first, *self.spread(e, seed.under(here), time)]

    def spread(self, e: Equation, seed: _Cotangent, time: Axis | None) -> list[Equation]:
        """Walk `e.expr` from the root down, each shared subterm once."""
        found: dict[Node, dict[tuple[Axis, ...], _Cotangent]] = {e.expr: {e.domain: seed}}
        out: list[Equation] = []
        for node in reversed(nodes.topological(e.expr)):
            for domain, cot in found.get(node, {}).items():
                if isinstance(node, Load):
                    target = self.cotangent(node.array)
                    out.append(Equation(target, node.index, "sum", domain, cot.masked()))
                    continue
                assert isinstance(node, Op)
                if e.op == "=" and node.name in ("add", "sub") and all(map(_active, node.args)):
                    cot = self.name(cot, domain, domain, time, out)
                for arg, part in zip(node.args, self.parts(node, cot), strict=True):
                    if part is not None and _active(arg):
                        self.pass_on(arg, part, domain, found, time, out)
        return merge(out)

    def pass_on(
        self,
        arg: Node,
        cot: _Cotangent,
        domain: tuple[Axis, ...],
        found: dict[Node, dict[tuple[Axis, ...], _Cotangent]],
        time: Axis | None,
        out: list[Equation],
    ) -> None:
        """Give `arg` its cotangent, summed over the axes that it does not vary over.

        out[n,d] = x[n,d] * exp(a[n])  →  δ1'[n] += out'[n,d] * x[n,d]    over d
                                          a'[n] += δ1'[n] * exp(a[n])
        """
        if isinstance(arg, Op):
            own = tuple(a for a in domain if a in nodes.free(arg))
            if len(own) < len(domain):
                cot = self.name(cot, domain, own, time, out)
            domain = own
        have = found.setdefault(arg, {})
        have[domain] = have[domain].plus(cot) if domain in have else cot

    def name(
        self,
        cot: _Cotangent,
        domain: tuple[Axis, ...],
        own: tuple[Axis, ...],
        time: Axis | None,
        out: list[Equation],
    ) -> _Cotangent:
        """Make `cot` an array over `own`, so that it is computed once; plain loads stay."""
        if isinstance(cot.value, Load) and own == domain:
            return cot
        self.named += 1
        index = (*([time] if time is not None else []), *own)
        dims = tuple(Dim(a.name) for a in index)
        target = Array(f"δ{self.named}{self.mark}", dims, "f")
        out.append(Equation(target, index, "sum", domain, cot.masked()))
        keeps = set(nodes.free(cot.guard)) <= set(index)
        return _Cotangent(cot.guard if keeps else TRUE, Load(target, index))

    def parts(self, node: Op, cot: _Cotangent) -> list[_Cotangent | None]:
        """The cotangent of each argument."""
        if node.name == "where":
            yes, no = node.args[0], op("not", node.args[0])
            return [None, cot.under(yes), cot.under(no)]
        rule = TABLE[node.name].derivative
        if rule is None:
            return [None] * len(node.args)
        return [None if d is None else cot.times(d) for d in rule(node, *node.args)]


_activity: dict[Node, bool] = {}


def _active(node: Node) -> bool:
    """Whether a float is loaded beneath `node`."""
    if node not in _activity:
        match node:
            case Load(array=array):
                _activity[node] = array.kind == "f"
            case Op(name="stop"):
                _activity[node] = False
            case Op(args=args):
                _activity[node] = ops.kind(node) == "f" and any(map(_active, args))
            case _:
                _activity[node] = False
    return _activity[node]


def _first_place(e: Equation, mark: str) -> tuple[Equation, Node]:
    """Where a maximum is first attained, as a number over the reduced axes.

    max1[n] max= x[n,j]  →  max1'at[n] min= where(x[n,j] == max1[n], j, BIG)
    """
    kept = {i for i in e.index if isinstance(i, Axis)}
    place: Node = Const(0)
    for axis in e.domain:
        if axis not in kept:
            place = (
                axis if place is Const(0) else op("add", op("mul", place, Size(axis.name)), axis)
            )
    attained = op("eq", e.expr, Load(e.target, e.index))
    target = Array(f"{e.target.name}{mark}at", e.target.dims, "i")
    value = op("where", attained, place, Const(BIG))
    return Equation(target, e.index, "min", e.domain, value), place


def merge(body: list[S]) -> list[S]:
    """Add up equations that accumulate to the same place over the same domain.

    x'[i] += a; x'[i] += b  →  x'[i] += a + b
    """
    out: list[S] = []
    for s in body:
        found = _partner(out, s)
        if found is None:
            out.append(s)
            continue
        at, here = found
        o = out[at]
        assert isinstance(o, Equation)
        assert isinstance(s, Equation)
        both = replace(o, expr=op("add", o.expr, s.expr))
        if here:
            out[at] = both
        else:
            del out[at]
            out.append(both)
    return out


def _partner(out: list[S], s: S) -> tuple[int, bool] | None:
    """An earlier equation for the same place, and whether `s` may go there; if not, it may come
    to `s`. Nothing that moves passes what it reads, or what reads it."""
    if not isinstance(s, Equation) or s.op != "sum":
        return None
    up = True
    for at in range(len(out) - 1, -1, -1):
        o = out[at]
        same = isinstance(o, Equation) and (o.target, o.index, o.op, o.domain) == (
            s.target, s.index, s.op, s.domain
        )  # fmt: skip
        if same:
            between = out[at + 1 :]
            down = not any(read_by(b) & {s.target} or writes(b) & read_by(o) for b in between)
            return (at, up) if up or down else None
        up = up and not writes(o) & read_by(s)
    return None


def promote(program: Program) -> Program:
    """`x'[i] += e` over i alone, the only equation for x', is `x'[i] = e`; and so are
    `x'[0, i] += e` and `x'[1, i] += f` where 0 and 1 is all there is."""
    parts: dict[Array, list[dict[int, int]]] = {}
    for one, _ in flat(program.body):
        numbers = {d: int(i.value) for d, i in enumerate(one.index) if isinstance(i, Const)}
        parts.setdefault(one.target, []).append(numbers)

    def whole(e: Equation) -> bool:
        """Whether the equations for the target write every part of it once."""
        (place, *more) = {d for part in parts[e.target] for d in part} or [None]
        if place is None:
            return len(parts[e.target]) == 1
        count = dict(program.counts).get(e.target.dims[place].axis)
        found = sorted(part.get(place, -1) for part in parts[e.target])
        return not more and count is not None and found == list(range(count))

    def fix(e: Equation | Choose, scope: set[Axis]) -> Equation | Choose:
        if not isinstance(e, Equation) or e.op != "sum" or not whole(e):
            return e
        plain = [i for i in e.index if isinstance(i, Axis)]
        alone = len(plain) == len(set(plain)) == len(e.domain) + len(scope)
        same = all(
            isinstance(i, Const) or (i in set(plain) and d.axis == i.name and not d.extra)
            for d, i in zip(e.target.dims, e.index, strict=True)
        )
        return replace(e, op="=") if alone and same and set(plain) == {*e.domain, *scope} else e

    body: list[Statement] = []
    for s in program.body:
        if isinstance(s, Loop):
            body.append(replace(s, body=tuple(fix(e, {s.axis}) for e in s.body)))
        else:
            body.append(fix(s, set()))
    return replace(program, body=tuple(body))
