"""A scan cut into segments of time: its derivative then keeps one state for each segment.

s[0] = u; for t: s[t+1] = f(s[t], x[t]); y[t] = g(s[t+1]); z = h(s[size(t)])
    →  first:  s.first = u
       step:   s[0] = s.first; for t: …; y[t] = …; s.last = s[size(t)]      over a slice of x and y
       end:    z = h(s.last)

A step's derivative makes the states of its own segment again. With √T segments that is √T states
kept, and √T more while one segment is at work. Sums over time are added up segment by segment.
What reads another time than its own, or goes up in time and down, is not cut (None).

Source: checkpoints at equal distances are those of Chen et al., arXiv:1604.06174.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node, Op, Size
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
)


@dataclass(frozen=True, slots=True)
class Segments:
    """Three programs in place of one.

    `first` takes the kernel's inputs, `step` also the first states, the segment's start in time and
    the whole length, `end` also the last states and the sums. Their outputs: first states; timed
    outputs, sums and last states; all other outputs.
    """

    axis: str
    descending: bool
    first: Program
    step: Program
    end: Program
    firsts: tuple[Array, ...]
    lasts: tuple[Array, ...]
    sums: tuple[Array, ...]
    start: Array
    total: Array

    def cut(self, array: Array, tensor: Any, span: tuple[int, int]) -> Any:
        """The part of a timed tensor in a segment; all of any other."""
        place = _place(array, self.axis)
        return tensor if place is None else tensor.narrow(place, span[0], span[1] - span[0])


class _Whole(Exception):  # noqa: N818  (a turn in a search, not an error)
    """The program cannot be cut."""


def segments(program: Program) -> Segments | None:
    """`program` cut in time, if its scans ask for it and all of it can be cut."""
    loops = [s for s in program.body if isinstance(s, Loop)]
    ways = {(s.axis.name, s.descending) for s in loops}
    if len(ways) != 1 or not all(s.checkpoint for s in loops):
        return None
    try:
        return _Cut(program, *ways.pop()).segments()
    except _Whole:
        return None


def _place(array: Array, axis: str) -> int | None:
    found = [d for d, dim in enumerate(array.dims) if dim.axis == axis]
    if len(found) > 1:
        raise _Whole
    return found[0] if found else None


class _Cut:
    """Gives each statement its part, in order; `later` holds what only `end` knows."""

    def __init__(self, program: Program, axis: str, descending: bool) -> None:
        self.program, self.axis, self.descending = program, axis, descending
        self.states: dict[Array, Array] = {}
        for e, loop in flat(program.body):
            if loop and any(d.extra for d in e.target.dims):
                self.states[e.target] = Array(e.target.name, e.target.dims[1:], "f")
        self.start = Array(f"{axis}.start", (), "i")
        self.total = Array(f"{axis}.total", (), "i")
        self.sums: dict[Array, None] = {}
        self.later: set[Array] = set()

    def segments(self) -> Segments:
        first: list[Statement] = []
        step: list[Statement] = []
        end: list[Statement] = []
        looped = False
        for s in self.program.body:
            looped |= isinstance(s, Loop)
            if isinstance(s, Loop):
                step.append(replace(s, body=tuple(self.timed(e, s.axis) for e in s.body)))
            elif s.target in self.states:  # the state before the first step
                assert isinstance(s, Equation)
                first.append(self.carried(s))
                step.append(replace(s, expr=Load(self.named(s.target, "first"), s.index[1:])))
            elif time := self.time(s):
                first += [] if looped else [s]
                step.append(self.timed(s, time))
            elif self.sliced(s) or {r.array for r in reads(s)} & (self.later | {*self.sums}):
                first += [] if looped else [s]
                self.later.add(s.target)
                end.append(self.ended(s))
            else:
                for part in (first, step, end):
                    part.append(s)
        return self.programs(first, step, end)

    def programs(
        self, first: list[Statement], step: list[Statement], end: list[Statement]
    ) -> Segments:
        inputs, counts = self.program.inputs, self.program.counts
        firsts = tuple(self.named(s, "first") for s in self.states)
        lasts = tuple(self.named(s, "last") for s in self.states)
        sums = tuple(self.sums)
        place = Const(0) if self.descending else Size(self.axis)
        for state, last in zip(self.states, lasts, strict=True):
            shape = tuple(Axis(d.axis, level) for level, d in enumerate(last.dims))
            step.append(Equation(last, shape, "=", shape, Load(state, (place, *shape))))
        outputs = [o for o in self.program.outputs if self.place_of(o) is not None]
        rest = [o for o in self.program.outputs if o not in (*outputs, *sums)]
        given = {
            "first": (inputs, firsts, first),
            "step": ((*inputs, *firsts, self.start, self.total), (*outputs, *sums, *lasts), step),
            "end": ((*inputs, *lasts, *sums), rest, end),
        }
        made = {}
        for name, (takes, gives, body) in given.items():
            whole = Program(self.program.name, tuple(takes), tuple(gives), tuple(body), counts)
            made[name] = needed(whole, whole.outputs)
            _complete(made[name])
        return Segments(
            self.axis, self.descending, **made, firsts=firsts, lasts=lasts, sums=sums,
            start=self.start, total=self.total,
        )  # fmt: skip

    def named(self, state: Array, when: str) -> Array:
        """A state at one time, as an input or output of a part."""
        return Array(f"{state.name}.{when}", state.dims[1:], "f")

    def place_of(self, array: Array) -> int | None:
        return _place(array, self.axis)

    def time(self, e: Equation | Choose) -> Axis | None:
        """The time that an equation outside of the loops runs over."""
        found = [a for a in e.domain if a.name == self.axis]
        if len(found) > 1:
            raise _Whole
        return found[0] if found else None

    def sliced(self, e: Equation | Choose) -> bool:
        """Whether an equation without time reads what is cut."""
        found = {r.array for r in reads(e)}
        return any(self.place_of(a) is not None for a in found) or any(
            isinstance(n, Size) and n.axis == self.axis for n in nodes.topological(e.expr, *e.index)
        )

    def carried(self, e: Equation) -> Equation:
        """s[0, b] = u[b]  →  s.first[b] = u[b]"""
        return replace(e, target=self.named(e.target, "first"), index=e.index[1:])

    def timed(self, e: Equation | Choose, t: Axis) -> Equation | Choose:
        """An equation at time t, over a slice: t counts from the segment's start."""
        if {r.array for r in reads(e)} & (self.later | {*self.sums}):
            raise _Whole
        where = self.place_of(e.target)
        if where is not None:
            self.own(e.target, e.index[where], t)
        elif isinstance(e, Equation) and e.op == "sum" and t not in nodes.union(
            nodes.free(i) for i in e.index
        ):  # fmt: skip
            self.sums[e.target] = None
        else:
            raise _Whole
        index = tuple(i if d == where else self.shifted(i, t) for d, i in enumerate(e.index))
        return replace(e, index=index, expr=self.shifted(e.expr, t))

    def own(self, array: Array, index: Node, t: Axis) -> None:
        """Only the present step of what is cut may be touched; of a state, also the next."""
        following = index is ops.op("add", t, Const(1)) and array in self.states
        if index is not t and not following:
            raise _Whole

    def shifted(self, node: Node, t: Axis) -> Node:
        """x[t, b] * t  →  x[t, b] * (t + start)"""
        done: dict[Node, Node] = {}
        for one in nodes.topological(node):
            match one:
                case Axis() if one is t:
                    done[one] = ops.op("add", t, Load(self.start, ()))
                case Size(axis=axis) if axis == self.axis:
                    done[one] = Load(self.total, ())
                case Load(array=array, index=index):
                    where = self.place_of(array)
                    if where is not None:
                        self.own(array, index[where], t)
                    new = [i if d == where else done[i] for d, i in enumerate(index)]
                    done[one] = Load(array, tuple(new))
                case _:
                    done[one] = nodes.rebuild(one, done)
        return done[node]

    def ended(self, e: Equation | Choose) -> Equation | Choose:
        """h(s[size(t), b])  →  h(s.last[b])"""
        done: dict[Node, Node] = {}
        for one in nodes.topological(e.expr, *e.index):
            done[one] = nodes.rebuild(one, done)
            if isinstance(one, Load) and one.array in self.states:
                if not self.is_last(one.index[0]):
                    raise _Whole
                new = tuple(done[i] for i in one.index[1:])
                done[one] = Load(self.named(one.array, "last"), new)
        return replace(e, index=tuple(done[i] for i in e.index), expr=done[e.expr])

    def is_last(self, index: Node) -> bool:
        """Whether a place in time is that of the last state, whatever the length."""
        return all(self.number(index, n) == (0 if self.descending else n) for n in (7, 11))

    def number(self, index: Node, length: int) -> int | None:
        match index:
            case Const(value=value):
                return int(value)
            case Size(axis=axis) if axis == self.axis:
                return length
            case Op(name="add" | "sub" as name, args=(a, b)):
                x, y = self.number(a, length), self.number(b, length)
                return None if x is None or y is None else x + y if name == "add" else x - y
        return None


def _complete(program: Program) -> None:
    """Every array that a part reads is one that it has."""
    have = {*program.inputs, *[e.target for e, _ in flat(program.body)]}
    if any(r.array not in have for e, _ in flat(program.body) for r in reads(e)):
        raise _Whole
    if not have.issuperset(program.outputs):
        raise _Whole
    check(program)
