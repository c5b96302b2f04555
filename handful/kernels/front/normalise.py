"""From terms with nested reductions to a program in which each reduction is an equation.

    out[n] = exp(x[n]) / sum(j, exp(x[j]))
        →  sum1 += exp(x[j])    over j
           out[n] = exp(x[n]) / sum1

Equal reductions become one equation, whatever their bound axes are called. Then `hoist` moves what
does not depend on a scan's state out of its loop, before it or after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from handful.kernels.front.trace import Scan, Traced, rank_counts
from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import (
    Array,
    Axis,
    Const,
    Dim,
    Load,
    Node,
    Op,
    Reduce,
    Size,
    Smallest,
    substitute,
)
from handful.kernels.ir.program import (
    Choose,
    Equation,
    Loop,
    Program,
    Statement,
    check,
    flat,
    needed,
    reads,
    writes,
)


def normalise(traced: Traced) -> Program:
    """The program of a traced kernel."""
    return check(hoist(check(_Normaliser(traced).program())))


class _Normaliser:
    """Walks the terms once, appending equations in the order in which they are needed."""

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self.body: list[Statement] = []
        self.rank = _axis_order(traced)
        self.names = {p.array.name for p in traced.parameters} | {r.name for r in traced.results}
        self.names |= {s.name for scan in traced.scans for s in scan.states}
        self.known: dict[object, Array] = {}
        self.loop: Axis | None = None
        self.loop_body: list[Equation | Choose] = []

    def program(self) -> Program:
        """Scans in the order of their making (a later one may read an earlier), then results."""
        for scan in self.traced.scans:
            self.scan(scan)
        outputs = []
        for result in self.traced.results:
            target = Array(result.name, tuple(Dim(a) for a in result.axes), result.kind)
            index = tuple(Axis(a, 0) for a in result.axes)
            self.body.append(Equation(target, index, "=", index, self.lower(result.term)))
            outputs.append(target)
        inputs = tuple(p.array for p in self.traced.parameters)
        counts = tuple(rank_counts(self.traced).items())
        whole = Program(self.traced.name, inputs, tuple(outputs), tuple(self.body), counts)
        return _named_results(needed(whole, whole.outputs))

    def scan(self, scan: Scan) -> None:
        """state[0] = init; for t: state[t+1] = step."""
        t = scan.axis
        first: Node = Size(t.name) if scan.reverse else Const(0)
        after: Node = t if scan.reverse else ops.op("add", t, Const(1))
        shapes = [tuple(Axis(d.axis, 0) for d in s.dims[1:]) for s in scan.states]
        for state, shape, init in zip(scan.states, shapes, scan.inits, strict=True):
            self.body.append(Equation(state, (first, *shape), "=", shape, self.lower(init)))
        self.loop, self.loop_body = t, []
        steps = [self.lower(step) for step in scan.steps]
        for state, shape, step in zip(scan.states, shapes, steps, strict=True):
            self.loop_body.append(Equation(state, (after, *shape), "=", shape, step))
        body, self.loop, self.loop_body = tuple(self.loop_body), None, []
        self.body.append(Loop(t, scan.reverse, body, scan.checkpoint))

    def lower(self, term: Node) -> Node:
        """`term` with each reduction in it named and appended."""
        done: dict[Node, Node] = {}
        for node in nodes.topological(term):
            match node:
                case Reduce(op=op, axes=axes, body=body, to=to):
                    slots = [nodes.Slot(s.axis, done[s.dst], done[s.at]) for s in to]
                    done[node] = self.reduction(op, axes, done[body], slots)
                case Smallest(axis=axis, body=body, rank=rank, count=count, at=at):
                    done[node] = self.choice(axis, done[body], rank, count, done[at])
                case _:
                    done[node] = nodes.rebuild(node, done)
        return done[term]

    def canonical(
        self, terms: Iterable[Node], bound: tuple[Axis, ...]
    ) -> tuple[tuple[Axis, ...], dict[Axis, Node], dict[Axis, Axis]]:
        """Free axes in layout order, and a renaming of all axes that depends on nothing else."""
        found = nodes.union(nodes.free(t) for t in terms)
        outer = sorted((a for a in found if a not in set(bound)), key=self._key)
        renamed: dict[Axis, Axis] = {}
        used: dict[str, int] = {}
        if self.loop is not None:
            renamed[self.loop] = self.loop
            used[self.loop.name] = 1
        for axis in (*outer, *bound):
            if axis not in renamed:
                level = used.get(axis.name, 0)
                renamed[axis] = Axis(axis.name, level)
                used[axis.name] = level + 1
        return tuple(outer), dict(renamed), renamed

    def _key(self, axis: Axis) -> tuple[bool, int, int]:
        return axis is not self.loop, self.rank.get(axis.name, len(self.rank)), axis.level

    def reduction(
        self, op: str, axes: tuple[Axis, ...], body: Node, slots: list[nodes.Slot]
    ) -> Node:
        """Append `new[free] op= body over axes`; give back `new[free]`."""
        outer, new, renamed = self.canonical([body, *[s.dst for s in slots]], axes)
        lead = [a for a in outer if a is self.loop]
        rest = [a for a in outer if a is not self.loop]
        index = (*lead, *[substitute(s.dst, new) for s in slots], *[renamed[a] for a in rest])
        domain = tuple(renamed[a] for a in (*rest, *axes))
        expr = substitute(body, new)
        dims = tuple(Dim(n) for n in (*[a.name for a in lead], *[s.axis for s in slots],
                                      *[a.name for a in rest]))  # fmt: skip
        key = (op, index, domain, expr, dims, self.loop if lead else None)
        if key not in self.known:
            target = Array(self.fresh(op), dims, ops.kind(expr))
            self.known[key] = target
            self.append(Equation(target, index, op, domain, expr), bool(lead))
        return Load(self.known[key], (*lead, *[s.at for s in slots], *rest))

    def choice(self, axis: Axis, body: Node, rank: str, count: int, at: Node) -> Node:
        """Append `new[free, :] = smallest …`; give back `new[free, at]`."""
        outer, new, renamed = self.canonical([body], (axis,))
        expr = substitute(body, new)
        index = tuple(renamed[a] for a in outer)
        in_loop = self.loop is not None and self.loop in set(outer)
        key = ("smallest", index, renamed[axis], expr, rank, count, in_loop)
        if key not in self.known:
            dims = (*[Dim(a.name) for a in outer], Dim(rank))
            self.known[key] = Array(self.fresh("nearest"), dims, "i")
            domain = tuple(a for a in index if a is not self.loop)
            self.append(Choose(self.known[key], index, domain, renamed[axis], count, expr), in_loop)
        return Load(self.known[key], (*outer, at))

    def append(self, equation: Equation | Choose, varies_in_time: bool) -> None:
        """Inside the loop if it varies in time, else before it."""
        if self.loop is not None and (varies_in_time or self._reads_state(equation)):
            self.loop_body.append(equation)
        else:
            self.body.append(equation)

    def _reads_state(self, equation: Equation | Choose) -> bool:
        own = {e.target for e in self.loop_body}
        return any(load.array in own for load in reads(equation))

    def fresh(self, stem: str) -> str:
        """`sum1`, `sum2`, … avoiding the names in use."""
        number = 1
        while f"{stem}{number}" in self.names:
            number += 1
        self.names.add(f"{stem}{number}")
        return f"{stem}{number}"


def _named_results(program: Program) -> Program:
    """A reduction that is a result as it stands gets the result's name.

    sum1[n, m] += …; out[n, m] = sum1[n, m]  →  out[n, m] += …
    """
    copies: dict[Array, Equation] = {}
    for e in program.body:
        if isinstance(e, Equation) and e.target in program.outputs and isinstance(e.expr, Load):
            source = e.expr.array
            made = [o for o, loop in flat(program.body) if o.target is source and loop is None]
            same = e.expr.index == e.index and source.dims == e.target.dims
            if same and len(made) == 1 and source.kind == e.target.kind and source not in copies:
                copies[source] = e
    new = {source: e.target for source, e in copies.items()}
    gone = set(map(id, copies.values()))
    body = tuple(_renamed(s, new) for s in program.body if id(s) not in gone)
    return replace(program, body=body)


def _renamed(statement: Statement, new: dict[Array, Array]) -> Statement:
    if isinstance(statement, Loop):
        return replace(statement, body=tuple(renamed(e, new) for e in statement.body))
    return renamed(statement, new)


Index = tuple[Node, ...]
Place = tuple[Array, int, Node]
"""Where an array has gone: into a larger one, whose index has one entry more, here, and this."""


def renamed(e: Equation | Choose, new: Mapping[Array, Array]) -> Equation | Choose:
    """`e` with arrays replaced."""
    return _elsewhere(e, lambda array, index: (new.get(array, array), index))


def moved(e: Equation | Choose, places: Mapping[Array, Place]) -> Equation | Choose:
    """`e` with arrays read, and written, where they have gone."""

    def where(array: Array, index: Index) -> tuple[Array, Index]:
        if array not in places:
            return array, index
        larger, at, entry = places[array]
        return larger, (*index[:at], entry, *index[at:])

    return _elsewhere(e, where)


def _elsewhere(
    e: Equation | Choose, where: Callable[[Array, Index], tuple[Array, Index]]
) -> Equation | Choose:
    """`e` with each place that it reads or writes exchanged."""

    def term(node: Node) -> Node:
        done: dict[Node, Node] = {}
        for one in nodes.topological(node):
            made = nodes.rebuild(one, done)
            done[one] = Load(*where(made.array, made.index)) if isinstance(made, Load) else made
        return done[node]

    target, index = where(e.target, tuple(term(i) for i in e.index))
    return replace(e, target=target, index=index, expr=term(e.expr))


def _axis_order(traced: Traced) -> dict[str, int]:
    """Layout order: as in the results, then as in the states, then as in the parameters."""
    found = [a for r in traced.results for a in r.axes]
    found += [d.axis for s in traced.scans for a in s.states for d in a.dims]
    found += [d.axis for p in traced.parameters for d in p.array.dims]
    out: dict[str, int] = {}
    for name in found:
        out.setdefault(name, len(out))
    return out


def hoist(program: Program) -> Program:
    """Move what a loop need not hold before it, or after it, as one equation over all of time.

    for t: sum1[t,b,k] += x[t,b,i]*W[i,k]          sum1[t,b,k] += x[t,b,i]*W[i,k]    over i
           s[t+1,b,k] = tanh(sum1[t,b,k] + …)  →   for t: s[t+1,b,k] = tanh(sum1[t,b,k] + …)
           U'[j,k] += s[t,b,j]*z'[t,b,k]           U'[j,k] += s[t,b,j]*z'[t,b,k]     over t, b
    """
    body: list[Statement] = []
    for statement in program.body:
        body.extend(_split(statement) if isinstance(statement, Loop) else [statement])
    return replace(program, body=tuple(body))


def _split(loop: Loop) -> list[Statement]:
    inside = list(loop.body)
    before: list[Equation | Choose] = []
    moved = True
    while moved:
        moved = False
        own = {e.target for e in inside}
        for e in inside:
            alone = [o.target for o in inside].count(e.target) == 1 and _movable(e, loop.axis)
            if alone and not any(load.array in own for load in reads(e)):
                inside.remove(e)
                before.append(_over_time(e, loop.axis))
                moved = True
                break
    after: list[Equation | Choose] = []
    moved = True
    while moved:
        moved = False
        for e in reversed(inside):
            read = any(load.array is e.target for o in inside for load in reads(o))
            if not read and _movable(e, loop.axis):
                inside.remove(e)
                after.insert(0, _over_time(e, loop.axis))
                moved = True
                break
    return [*before, *([replace(loop, body=tuple(inside))] if inside else []), *after]


def _movable(e: Equation | Choose, t: Axis) -> bool:
    """A state, s[t+1] = …, stays in its loop even where nothing reads it."""
    sums = isinstance(e, Equation) and e.op != "="
    return sums or all(i is t or t not in nodes.free(i) for i in e.index)


def _over_time(e: Equation | Choose, t: Axis) -> Equation | Choose:
    varies = t in nodes.union(nodes.free(n) for n in (e.expr, *e.index))
    return replace(e, domain=(t, *e.domain)) if varies else e


def share_states(program: Program) -> Program:
    """A state that another state's step computes too is read from where it is written.

    c[t+1] = f;  h[t+1] = o*tanh(f)  →  c[t+1] = f;  h[t+1] = o*tanh(c[t+1])

    A checkpointed loop stays as it is: what reads a state of another time is not cut. So does a
    derivative, which has more than states in its loops.
    """
    if program.order:
        return program
    body = [_shared(s) if isinstance(s, Loop) and not s.checkpoint else s for s in program.body]
    return check(replace(program, body=tuple(body)))


def _shared(loop: Loop) -> Loop:
    states = [e for e in loop.body if isinstance(e, Equation) and e.op == "="]
    inside = {e.target: set(nodes.topological(e.expr)) for e in states}
    # a term holds only terms smaller than itself: so no two states ever wait for each other
    states.sort(key=lambda e: len(inside[e.target]))
    done: list[Equation] = []
    for e in states:
        new: dict[Node, Node] = {
            s.expr: Load(s.target, s.index)
            for s in done
            if isinstance(s.expr, Op) and s.domain == e.domain
        }
        done.append(replace(e, expr=nodes.replaced(e.expr, new)))
    others = [e for e in loop.body if e not in states]
    return replace(loop, body=(*others, *done))


def loop_states(loop: Loop) -> set[Array]:
    """The arrays of a loop that one step reads and another writes."""
    return {load.array for e in loop.body for load in reads(e)} & writes(loop)
