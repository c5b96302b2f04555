"""A program in torch operations: correct everywhere torch runs, slower than native code.

Equation by equation, each over its whole domain; a contraction goes to `einsum`. Arrays written in
a loop are lists over time while it runs, so torch's own autograd can follow (the tests use that).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node, Op, Size
from handful.kernels.ir.ops import LARGEST_WHOLE
from handful.kernels.ir.program import Choose, Equation, Loop, Program, reads, writes

Tensor = torch.Tensor


def _whole(rounded: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Any], Tensor]:
    """To int64 by this rounding, clamped as in `ir/ops.py`."""

    def convert(x: Tensor, _: Any) -> Tensor:
        near = rounded(x.detach().double()).nan_to_num(-LARGEST_WHOLE)
        return near.clamp(-LARGEST_WHOLE, LARGEST_WHOLE).long()

    return convert


FROM_TORCH: dict[str, Any] = {
    "floor": _whole(torch.floor),
    "round": _whole(torch.round),
    "trunc": _whole(torch.trunc),
    "float": lambda x, like: x.to(like),
    "int": lambda x, _: x.to(torch.int64),
    "stop": lambda x, _: x.detach(),
}


def run(
    program: Program, arguments: list[Tensor], sizes: Mapping[str, int], dtype: torch.dtype
) -> list[Tensor]:
    """The outputs of `program`."""
    memory = {a.name: v for a, v in zip(program.inputs, arguments, strict=True)}
    device = arguments[0].device if arguments else torch.device("cpu")
    evaluator = _Evaluator(sizes, memory, dtype, device)
    for statement in program.body:
        if isinstance(statement, Loop):
            evaluator.loop(statement)
        else:
            evaluator.equation(statement)
    return [evaluator.output(a) for a in program.outputs]


class _Evaluator:
    """Memory, and the loop that runs: in it `slices` holds arrays as lists over time."""

    def __init__(
        self, sizes: Mapping[str, int], memory: dict[str, Tensor], dtype: torch.dtype, device: Any
    ) -> None:
        self.sizes, self.memory, self.dtype, self.device = sizes, memory, dtype, device
        self.time: Axis | None = None
        self.now = 0
        self.slices: dict[str, list[Tensor | None]] = {}

    def shape(self, array: Array) -> tuple[int, ...]:
        return tuple(self.sizes[d.axis] + d.extra for d in array.dims)

    def dtype_of(self, array_kind: str) -> torch.dtype:
        return {"f": self.dtype, "i": torch.int64, "b": torch.bool}[array_kind]

    def empty(self, array: Array, op: str, shape: tuple[int, ...]) -> Tensor:
        value = 0 if op == "=" else ops.identity(op, array.kind)
        return torch.full(shape, value, dtype=self.dtype_of(array.kind), device=self.device)

    def output(self, array: Array) -> Tensor:
        if array.name not in self.memory:
            return self.empty(array, "=", self.shape(array))
        return self.memory[array.name]

    def loop(self, loop: Loop) -> None:
        """Run the body for each time; unstack before, stack after."""
        own = {a for a in writes(loop) if _leads_with(loop, a)}
        n = self.sizes[loop.axis.name]
        for array in own:
            size = n + array.dims[0].extra
            have = self.memory.get(array.name)
            self.slices[array.name] = [None] * size if have is None else list(have.unbind(0))
        self.time = loop.axis
        for t in range(n - 1, -1, -1) if loop.descending else range(n):
            self.now = t
            for e in loop.body:
                self.equation(e)
        self.time = None
        for array in own:
            blank = self.empty(array, "=", self.shape(array)[1:])
            found = [blank if s is None else s for s in self.slices.pop(array.name)]
            self.memory[array.name] = (
                torch.stack(found) if found else self.empty(array, "=", self.shape(array))
            )

    def equation(self, e: Equation | Choose) -> None:
        """Evaluate over the domain, then write."""
        if isinstance(e, Choose):
            inner = (*e.domain, e.axis)
            body = self.whole(e.expr, inner)
            # a stable sort, because topk breaks ties as it likes
            found = torch.sort(body, dim=-1, stable=True).indices[..., : e.count]
            self.write(e.target, e.index, "=", e.domain, found)
            return
        plain = {i for i in e.index if isinstance(i, Axis)}
        outer = tuple(a for a in e.domain if a in plain)
        over = tuple(a for a in e.domain if a not in plain)
        scattered = any(set(over) & nodes.free(i).keys() for i in e.index)
        if e.op == "=" or scattered or not over:
            self.write(e.target, e.index, e.op, e.domain, self.whole(e.expr, e.domain))
        else:
            self.write(e.target, e.index, e.op, outer, self.reduced(e, outer, over))

    def reduced(self, e: Equation, outer: tuple[Axis, ...], over: tuple[Axis, ...]) -> Tensor:
        if e.op == "sum" and e.target.kind == "f":
            return self.contraction(e.expr, outer, over)
        body = self.whole(e.expr, (*outer, *over))
        dims = tuple(range(len(outer), body.dim()))
        if body.numel() == 0:
            return self.empty(e.target, e.op, tuple(body.shape[: len(outer)]))
        if e.op == "sum":
            return body.sum(dims)
        return (torch.amax if e.op == "max" else torch.amin)(body, dims)

    def contraction(self, expr: Node, outer: tuple[Axis, ...], over: tuple[Axis, ...]) -> Tensor:
        """Sum of a product: each factor over its own axes, then one einsum.

        sum(k, x[n,k] * w[k,m])  →  einsum("nk,km->nm")
        """
        if any(self.sizes[a.name] == 0 for a in over):  # einsum would multiply by what is NaN
            return torch.zeros([self.sizes[a.name] for a in outer], dtype=self.dtype,
                               device=self.device)  # fmt: skip
        axes = (*outer, *over)
        letters = {a: chr(ord("a") + i) for i, a in enumerate(axes)}
        texts, values = [], []
        for factor, value in self.factors(expr, axes):
            texts.append("".join(letters[a] for a in axes if a in nodes.free(factor)))
            values.append(value)
        used = set("".join(texts))
        for axis in axes:  # an axis of the result, or of the sum, that no factor has
            if letters[axis] not in used:
                texts.append(letters[axis])
                values.append(
                    torch.ones(self.sizes[axis.name], dtype=self.dtype, device=self.device)
                )
        right = "".join(letters[a] for a in outer)
        result: Tensor = torch.einsum(f"{','.join(texts)}->{right}", *values)
        return result

    def factors(self, expr: Node, axes: tuple[Axis, ...]) -> list[tuple[Node, Tensor]]:
        """The factors of a product and their values, each over its own axes.

        where(p[n], x[n,k]*w[k,m], 0)  →  where(p[n], x[n,k], 0), w[k,m]

        if w is finite: else the zero would give NaN where the definition adds nothing.
        """

        def valued(found: list[Node]) -> list[tuple[Node, Tensor]]:
            own = [tuple(a for a in axes if a in nodes.free(f)) for f in found]
            return [(f, self.whole(f, o)) for f, o in zip(found, own, strict=True)]

        present, term = ops.guarded(expr)
        if present is None:
            return valued(ops.factors(expr))
        varying = nodes.free(present).keys()
        first, *others = sorted(
            ops.factors(term), key=lambda f: -len(nodes.free(f).keys() & varying)
        )
        rest = valued(others)
        if all(bool(value.isfinite().all()) for _, value in rest):
            return valued([ops.op("where", present, first, Const(0.0))]) + rest
        return valued([expr])

    def whole(self, node: Node, order: tuple[Axis, ...]) -> Tensor:
        value = self.value(node, order, {})
        return value.expand(tuple(self.sizes[a.name] for a in order))

    def value(self, node: Node, order: tuple[Axis, ...], memo: dict[Node, Tensor]) -> Tensor:
        """A term over `order`, with 1 where it does not vary."""
        for one in nodes.topological(node):
            if one not in memo:
                memo[one] = self.find(one, order, memo)
        return memo[node]

    def find(self, node: Node, order: tuple[Axis, ...], memo: dict[Node, Tensor]) -> Tensor:
        one = (1,) * len(order)
        match node:
            case Const(value=value):
                return self.scalar(value, ops.kind(node), one)
            case Size(axis=axis):
                return self.scalar(self.sizes[axis], "i", one)
            case Axis():
                if node is self.time:
                    return self.scalar(self.now, "i", one)
                shape = [-1 if a is node else 1 for a in order]
                return torch.arange(self.sizes[node.name], device=self.device).reshape(shape)
            case Op(name=name, args=args):
                values = [memo[a] for a in args]
                if name in FROM_TORCH:
                    return FROM_TORCH[name](*values, self.dtype)
                return getattr(torch, ops.TABLE[name].torch)(*values)
            case Load(array=array, index=index):
                return self.load(array, index, order, memo)
        raise TypeError(node)

    def scalar(self, value: bool | int | float, kind: str, shape: tuple[int, ...]) -> Tensor:
        return torch.full(shape, value, dtype=self.dtype_of(kind), device=self.device)

    def load(
        self,
        array: Array,
        index: tuple[Node, ...],
        order: tuple[Axis, ...],
        memo: dict[Node, Tensor],
    ) -> Tensor:
        if array.name in self.slices:
            source = self.slices[array.name][self.at_time(index[0])]
            if source is None:
                source = self.empty(array, "=", self.shape(array)[1:])
            index = index[1:]
        else:
            source = self.output(array)
            if self.time and index and nodes.free(index[0]).keys() == {self.time}:
                now = int(memo[index[0]].reshape(()))
                inside = 0 <= now < source.shape[0]
                source = source[now] if inside else source.new_zeros(source.shape[1:])
                index = index[1:]
        if not index:
            return source.reshape((1,) * len(order))
        extents = tuple(source.shape)
        whole = all(
            isinstance(i, Axis) and i is not self.time and self.sizes[i.name] <= n
            for i, n in zip(index, extents, strict=True)
        )
        if whole and len(set(index)) == len(index):
            return self.view(source, index, order)
        if 0 in extents:
            shape = np.broadcast_shapes(*[tuple(memo[i].shape) for i in index])
            return source.new_zeros(shape)
        fits, clipped = self.clip([memo[i] for i in index], extents)
        return torch.where(fits, source[tuple(clipped)], source.new_zeros(()))

    def view(self, source: Tensor, index: tuple[Node, ...], order: tuple[Axis, ...]) -> Tensor:
        """x[n, k] over (n, m, k): a transpose and a new dimension, no copy."""
        for d, axis in enumerate(index):
            assert isinstance(axis, Axis)
            source = source.narrow(d, 0, self.sizes[axis.name])
        inside = [a for a in order if any(a is i for i in index)]
        source = source.permute([next(d for d, i in enumerate(index) if i is a) for a in inside])
        shape = [self.sizes[a.name] if any(a is i for i in index) else 1 for a in order]
        return source.reshape(shape)

    @staticmethod
    def clip(index: list[Tensor], extents: tuple[int, ...]) -> tuple[Tensor, list[Tensor]]:
        fits = torch.ones((), dtype=torch.bool, device=index[0].device)
        for i, n in zip(index, extents, strict=True):
            fits = fits & (i >= 0) & (i < n)
        return fits, [i.clamp(0, n - 1) for i, n in zip(index, extents, strict=True)]

    def at_time(self, index: Node) -> int:
        """The number that an index over time is now: t, t + 1."""
        match index:
            case Const(value=value):
                return int(value)
            case Axis() if index is self.time:
                return self.now
            case Size(axis=axis):
                return self.sizes[axis]
            case Op(name=name, args=args):
                return int(ops.TABLE[name].numpy(*[self.at_time(a) for a in args]))
        raise TypeError(index)

    def write(
        self,
        target: Array,
        index: tuple[Node, ...],
        op: str,
        domain: tuple[Axis, ...],
        value: Tensor,
    ) -> None:
        if target.name in self.slices:
            at = self.at_time(index[0])
            old = self.slices[target.name][at]
            self.slices[target.name][at] = self.stored(
                old, target, index[1:], self.shape(target)[1:], op, domain, value
            )
        else:
            old = self.memory.get(target.name)
            self.memory[target.name] = self.stored(
                old, target, index, self.shape(target), op, domain, value
            )

    def stored(
        self,
        old: Tensor | None,
        target: Array,
        index: tuple[Node, ...],
        shape: tuple[int, ...],
        op: str,
        domain: tuple[Axis, ...],
        value: Tensor,
    ) -> Tensor:
        """The array after the write, as a new tensor."""
        value = value.to(self.dtype_of(target.kind))
        chosen = len(shape) - len(index)  # Choose writes one more dimension than it indexes
        if set(index) == set(domain) and len(index) == len(domain):
            order = [next(d for d, a in enumerate(domain) if a is i) for i in index]
            moved = value.permute([*order, *range(len(order), len(order) + chosen)])
            if tuple(moved.shape) == shape:
                return moved if old is None or op == "=" else _combine(op, old, moved)
        base = self.empty(target, op, shape) if old is None else old
        if not index:
            return _combine(op, base, value.sum() if op == "sum" else value)
        memo: dict[Node, Tensor] = {}
        full = tuple(self.sizes[a.name] for a in domain)
        places = [self.value(i, domain, memo).expand(full) for i in index]
        if value.numel() == 0 or 0 in shape:
            return base
        fits, _ = self.clip(places, shape)
        places = [p[fits.expand(full)] for p in places]
        picked = value[fits.expand(full)]
        if op in ("=", "sum"):
            return base.index_put(tuple(places), picked, accumulate=op == "sum")
        flat = torch.from_numpy(np.arange(base.numel()).reshape(shape))[tuple(places)]
        reduce = {"max": "amax", "min": "amin"}[op]
        return base.reshape(-1).scatter_reduce(0, flat, picked, reduce).reshape(shape)


def _combine(op: str, old: Tensor, new: Tensor) -> Tensor:
    if op == "sum":
        return old + new
    return {"max": torch.maximum, "min": torch.minimum}.get(op, lambda _, b: b)(old, new)


def _leads_with(loop: Loop, array: Array) -> bool:
    """Whether the first index of `array` is time, at every place in the loop."""
    found = [load.index for e in loop.body for load in reads(e) if load.array is array]
    found += [e.index for e in loop.body if e.target is array]
    return all(index and loop.axis in nodes.free(index[0]) for index in found)
