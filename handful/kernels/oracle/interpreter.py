"""What a kernel means, in NumPy: slow, direct, and the judge of the other two.

`run_traced` evaluates the author's terms as they stand, reductions nested and scatters as Iverson's
brackets; `run_program` evaluates a program, which is how derivatives are judged. All floats are
float64 inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from handful.kernels.front.trace import Traced
from handful.kernels.ir import ops
from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node, Op, Reduce, Size, Smallest
from handful.kernels.ir.program import Choose, Equation, Loop, Program

Order = tuple[Axis | None, ...]
Arrays = dict[str, np.ndarray]
_DTYPE = {"f": np.float64, "i": np.int64, "b": np.bool_}


class _Values:
    """Terms to arrays: dimension d of a value runs over `order[d]` (1 where it does not vary)."""

    def __init__(self, sizes: Mapping[str, int], memory: Arrays) -> None:
        self.sizes, self.memory = sizes, memory
        self.fixed: dict[Axis, int] = {}
        self.memo: dict[tuple[Node, Order], Any] = {}

    def at(self, axis: Axis, value: int) -> None:
        """Fix a loop's axis; what was computed at another time is forgotten."""
        self.fixed[axis] = value
        self.memo.clear()

    def __call__(self, node: Node, order: Order) -> Any:
        key = (node, order)
        if key not in self.memo:
            self.memo[key] = self.find(node, order)
        return self.memo[key]

    def find(self, node: Node, order: Order) -> Any:
        one = (1,) * len(order)
        match node:
            case Const(value=constant):
                return np.full(one, constant, _DTYPE[ops.kind(node)])
            case Size(axis=axis):
                return np.full(one, self.sizes[axis])
            case Axis():
                if node in self.fixed:
                    return np.full(one, self.fixed[node])
                shape = [-1 if a is node else 1 for a in order]
                return np.arange(self.sizes[node.name]).reshape(shape)
            case Op(name=name, args=args):
                return ops.TABLE[name].numpy(*[self(a, order) for a in args])
            case Load(array=array, index=index):
                return self.load(self.memory[array.name], [self(i, order) for i in index], order)
            case Reduce(op=op, axes=axes, body=body, to=to):
                inner = self.beneath(order, axes)
                start = ops.identity(op, ops.kind(body))
                value: Any = self(body, inner)
                for slot in to:
                    at = np.expand_dims(self(slot.at, order), tuple(range(len(order), len(inner))))
                    value = np.where(self(slot.dst, inner) == at, value, start)
                value = self.spread(value, inner, len(order))
                over = tuple(range(len(order), len(inner)))
                return ops.REDUCE[op][0](value, axis=over, initial=start)
            case Smallest(axis=axis, body=body, count=count, at=at):
                inner = self.beneath(order, (axis,))
                places = smallest_places(self.spread(self(body, inner), inner, len(order)), count)
                chosen = self(at, order)
                full = np.broadcast_shapes(places.shape[:-1], chosen.shape)
                places = np.broadcast_to(places, (*full, count))
                chosen = np.broadcast_to(chosen, full)[..., None]
                return np.take_along_axis(places, np.clip(chosen, 0, count - 1), -1)[..., 0]
        raise TypeError(node)

    @staticmethod
    def beneath(order: Order, axes: tuple[Axis, ...]) -> Order:
        bound = set(axes)  # a term inside a copy of itself: the inner binder hides the outer
        return (*[None if a in bound else a for a in order], *axes)

    def spread(self, value: Any, order: Order, start: int) -> Any:
        """`value` with its dimensions from `start` on at their full size."""
        shape = list(value.shape)
        for d in range(start, len(order)):
            axis = order[d]
            assert axis is not None
            shape[d] = self.sizes[axis.name]
        return np.broadcast_to(value, shape)

    @staticmethod
    def load(array: Any, index: list[Any], order: Order) -> Any:
        if not index:
            return np.asarray(array).reshape((1,) * len(order))
        fits = np.ones((1,) * len(order), bool)
        for i, extent in zip(index, array.shape, strict=True):
            fits = fits & (i >= 0) & (i < extent)
        if 0 in array.shape:
            return np.zeros(np.broadcast_shapes(*[i.shape for i in index]), array.dtype)
        clipped = [np.clip(i, 0, n - 1) for i, n in zip(index, array.shape, strict=True)]
        return np.where(fits, array[tuple(clipped)], np.zeros((), array.dtype))


def smallest_places(values: Any, count: int) -> Any:
    """Positions of the `count` smallest along the last dimension; NaN last, the first of equals."""
    return np.argsort(values, axis=-1, kind="stable")[..., :count]


def run_traced(traced: Traced, arguments: Arrays, sizes: Mapping[str, int]) -> list[np.ndarray]:
    """The results of a kernel, from its terms."""
    values = _Values(sizes, dict(arguments))
    with np.errstate(all="ignore"):
        for scan in traced.scans:
            shapes = [tuple(Axis(d.axis, 0) for d in s.dims[1:]) for s in scan.states]
            n = sizes[scan.axis.name]
            first, steps = (n, range(n - 1, -1, -1)) if scan.reverse else (0, range(n))
            for state, shape, init in zip(scan.states, shapes, scan.inits, strict=True):
                memory = np.zeros(extents(state, sizes))
                memory[first] = values(init, shape)
                values.memory[state.name] = memory
            for t in steps:
                values.at(scan.axis, t)
                news = [values(s, sh) for s, sh in zip(scan.steps, shapes, strict=True)]
                for state, new in zip(scan.states, news, strict=True):
                    values.memory[state.name][t if scan.reverse else t + 1] = new
            values.fixed.pop(scan.axis, None)
            values.memo.clear()
        out = []
        for result in traced.results:
            order = tuple(Axis(a, 0) for a in result.axes)
            full = tuple(sizes[a] for a in result.axes)
            out.append(np.broadcast_to(values(result.term, order), full).copy())
    return out


def extents(array: Array, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape of an array at these sizes."""
    return tuple(sizes[d.axis] + d.extra for d in array.dims)


def run_program(program: Program, arguments: Arrays, sizes: Mapping[str, int]) -> list[np.ndarray]:
    """The outputs of a program, equation by equation, in place."""
    values = _Values(sizes, dict(arguments))
    with np.errstate(all="ignore"):
        for statement in program.body:
            if isinstance(statement, Loop):
                steps = range(sizes[statement.axis.name])
                for e in statement.body:  # there even if no step is taken
                    _memory(e, values)
                for t in reversed(steps) if statement.descending else steps:
                    values.at(statement.axis, t)
                    for e in statement.body:
                        _run(e, values)
                values.fixed.pop(statement.axis, None)
                values.memo.clear()
            else:
                _run(statement, values)
    for array in program.outputs:
        values.memory.setdefault(array.name, np.zeros(extents(array, sizes)))
    return [values.memory[a.name] for a in program.outputs]


def _memory(e: Equation | Choose, values: _Values) -> np.ndarray:
    """What an equation writes, made at its first use."""
    name, kind = e.target.name, e.target.kind
    if name not in values.memory:
        start = 0.0 if isinstance(e, Choose) or e.op == "=" else ops.identity(e.op, kind)
        values.memory[name] = np.full(extents(e.target, values.sizes), start, _DTYPE[kind])
    return values.memory[name]


def _run(e: Equation | Choose, values: _Values) -> None:
    sizes, order = values.sizes, e.domain
    shape = extents(e.target, sizes)
    memory = _memory(e, values)
    full = tuple(sizes[a.name] for a in order)
    index = [np.broadcast_to(values(i, order), full) for i in e.index]
    if not index:
        memory, index, shape = memory.reshape(1), [np.zeros(full, np.int64)], (1,)
    if isinstance(e, Choose):
        inner = (*order, e.axis)
        body = np.broadcast_to(values(e.expr, inner), (*full, sizes[e.axis.name]))
        memory[tuple(index)] = smallest_places(body, e.count)
    else:
        value = np.broadcast_to(values(e.expr, order), full)
        fits = np.ones(full, bool)
        for i, extent in zip(index, shape, strict=True):
            fits &= (i >= 0) & (i < extent)
        spots = tuple(i[fits] for i in index)
        if e.op == "=":
            memory[spots] = value[fits]
        else:
            {"sum": np.add, "max": np.maximum, "min": np.minimum}[e.op].at(
                memory, spots, value[fits]
            )
    values.memo.clear()
