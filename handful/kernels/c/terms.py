"""Places in memory and terms as C text: what the printer of commands writes its lines with."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node, Op, Size
from handful.kernels.loops.bounds import Span
from handful.kernels.loops.ir import ONCE, Task, in_range, written
from handful.kernels.loops.walks import leaves


@dataclass(slots=True)
class TermPrinter:
    """What is open, what has a name, and the lines so far.

    Args:
        real: "float" or "double".
        counts: sizes that never change.
        there: indices that are known to lie inside of a dimension, as was asked before.
    """

    real: str
    counts: Mapping[str, int]
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    count: int = 0
    task: Task | None = None
    known_names: dict[Array, str] = field(default_factory=dict)
    there: frozenset[tuple[Node, Dim]] = frozenset()

    def identifier(self, array: Array) -> str:
        """A C name of its own for each array; marks and Greek letters are spelt out."""
        if array not in self.known_names:
            name = array.name
            for mark, word in (("'", "_bar"), ("^", "_bar2"), ("~", "_bar3"), ("δ", "d")):
                name = name.replace(mark, word)
            name = "a_" + re.sub(r"\W", "_", name)
            while name in self.known_names.values():
                name += "_"
            self.known_names[array] = name
        return self.known_names[array]

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def bounds(self, axis: Axis) -> tuple[str, str]:
        """First value and end of an axis here: its block's, if it is the one in blocks, or its
        slab's."""
        if self.task is not None and axis is self.task.block:
            return "low", "high"
        if self.task is not None and axis is self.task.slab:
            return "from", "to"
        return "0", f"n_{axis.name}"

    def sliced(self, axes: Iterable[Axis]) -> bool:
        """Whether one of these is taken a slab at a time."""
        return self.task is not None and any(a is self.task.slab for a in axes)

    def open(
        self, axis: Axis, vector: bool = False, descending: bool = False,
        bounds: tuple[str, str] | None = None,
    ) -> None:  # fmt: skip
        if axis is ONCE:
            self.line("{")
        else:
            low, high = bounds or self.bounds(axis)
            v = self.var(axis)
            if vector:
                self.line("#pragma omp simd")
            if descending:
                self.line(f"for (int64_t {v} = {high} - 1; {v} >= {low}; {v}--) {{")
            else:
                self.line(f"for (int64_t {v} = {low}; {v} < {high}; {v}++) {{")
        self.depth += 1

    def close(self, loops: int = 1) -> None:
        for _ in range(loops):
            self.depth -= 1
            self.line("}")

    def narrowed(
        self, found: Span, known: dict[Node, str], first: str, last: str, base: str = ""
    ) -> tuple[str, str]:
        """Print, before a loop from first to last (less `base`, where the loop counts from
        there), the part of it in which a guard holds, and an `if` for what else it asks."""
        for low in found.lows:
            first = f"k_max({first}, {self.term(low, known)}{base})"
        for high in found.highs:
            last = f"k_min({last}, {self.term(high, known)}{base})"
        tests = [self.term(test, known) for test in found.tests]
        names = self.fresh(), self.fresh()
        self.line(f"const int64_t {names[0]} = {first}, {names[1]} = {last};")
        if tests:
            self.line(f"if ({' && '.join(tests)})")
        return names

    # ------------------------------------------------------------ places

    def ctype(self, kind: str) -> str:
        return self.real if kind == "f" else "int64_t"

    def size_of(self, array: Array) -> int:
        return 4 if array.kind == "f" and self.real == "float" else 8

    def var(self, axis: Axis) -> str:
        return f"i_{axis.name}" + (f"_{axis.level}" if axis.level else "")

    def shrunk(self, array: Array) -> dict[int, str]:
        """Dimensions of a local array that hold one value, block or slab → their first index."""
        task = self.task
        if task is None or array not in task.local:
            return {}
        out = {}
        for command in leaves(task.body):
            for d, i in enumerate(dict(written(command)).get(array, ())):
                if isinstance(i, Axis) and (i in task.single or i is task.time):
                    out[d] = self.var(i)
                elif task.block is not None and i is task.block:
                    out[d] = self.var(i) if array in task.thin else "low"
                elif task.slab is not None and i is task.slab:
                    out[d] = "from"
        return out

    def extents(self, array: Array) -> list[str]:
        small = self.shrunk(array)
        held = {"low": "wide", "from": "slab"}
        return [
            held.get(small[d], "1") if d in small
            else f"(n_{dim.axis} + {dim.extra})" if dim.extra else f"n_{dim.axis}"
            for d, dim in enumerate(array.dims)
        ]  # fmt: skip

    def extent(self, array: Array) -> str:
        return " * ".join(["1", *self.extents(array)])

    def stride(self, array: Array, place: int) -> str:
        return " * ".join(self.extents(array)[place + 1 :]) or "1"

    def place(self, array: Array, index: list[str]) -> str:
        """`a[(i * n_j + j) * n_k + k]`"""
        small = self.shrunk(array)
        text = "0"
        for d, (i, extent) in enumerate(zip(index, self.extents(array), strict=True)):
            own = f"({i} - {small[d]})" if d in small else i
            text = own if d == 0 else f"({text}) * {extent} + {own}"
        return text

    # ------------------------------------------------------------ terms

    def term(self, node: Node, known: dict[Node, str]) -> str:
        """Print what `node` needs as `const` lines, and give the name of its value."""
        for one in nodes.topological(node):
            if one not in known:
                known[one] = self.one(one, known)
        return known[node]

    def ahead(
        self, axis: Axis, terms: Iterable[Node], written: Iterable[Array] = ()
    ) -> dict[Node, str]:
        """Print, before a loop over `axis`, what stays the same in it. What reads an array that the
        loop writes has to wait. Of a divisor that stays, its inverse is made once: each value then
        takes a product, which is quicker, and off by one rounding more."""
        known: dict[Node, str] = {}
        changing = {*written}
        for node in nodes.topological(*terms):
            still = axis not in nodes.free(node) and isinstance(node, Op | Load)
            if still and not any(load.array in changing for load in nodes.loads(node)):
                self.term(node, known)
            elif isinstance(node, Op) and node.name == "div" and node.args[1] in known:
                self.term(_inverse(node.args[1]), known)
        return known

    def one(self, node: Node, known: dict[Node, str]) -> str:
        match node:
            case Const(value=value):
                return self.constant(value)
            case Axis():
                return self.var(node)
            case Size(axis=axis):
                return f"n_{axis}"
            case Load(array=array, index=index):
                name = self.fresh()
                text = self.load(array, index, [known[i] for i in index])
                self.line(f"const {self.ctype(array.kind)} {name} = {text};")
                return name
            case Op(name=op, args=args):
                row = ops.TABLE[op]
                name, kind = self.fresh(), ops.kind(node)
                suffix = "f" if self.real == "float" else ""
                text = row.c.format(*[known[a] for a in args], s=suffix, real=self.real)
                if op == "div" and (inverse := known.get(_inverse(args[1]))):
                    text = f"({known[args[0]]} * {inverse})"
                if op == "float" and self.real == "float" and not nodes.loads(node):
                    text = f"((float)(int32_t){known[args[0]]})"  # sizes fit; vectors need 32 bits
                ctype = {"f": self.real, "i": "int64_t", "b": "int"}[kind]
                self.line(f"const {ctype} {name} = {text};")
                return name
        raise TypeError(node)

    def constant(self, value: bool | int | float) -> str:
        if isinstance(value, float):
            if math.isinf(value):
                return f"({'-' if value < 0 else ''}({self.real})__builtin_inf())"
            if math.isnan(value):
                return f'(({self.real})__builtin_nan(""))'
            return f"(({self.real}){value!r})"
        return str(int(value)) + ("LL" if abs(int(value)) > 2**31 else "")

    def guard(
        self, array: Array, index: tuple[Node, ...], shown: list[str]
    ) -> list[tuple[int, str]]:
        """(dimension, condition) for each index that could leave its dimension."""
        both = enumerate(zip(index, shown, strict=True))
        return [
            (d, self.inside(array.dims[d], text))
            for d, (node, text) in both
            if self.unsafe(array, d, node)
        ]

    def unsafe(self, array: Array, place: int, index: Node) -> bool:
        """Whether an index could leave its dimension, for all that is known here."""
        dim = array.dims[place]
        within = Dim(dim.axis) if dim.extra >= 0 else dim
        known = {(index, dim), (index, within)} & self.there
        return not known and not in_range(index, array, place)

    @staticmethod
    def inside(dim: Dim, text: str) -> str:
        """The condition that an index lies inside of its dimension."""
        extent = f"n_{dim.axis} + {dim.extra}" if dim.extra else f"n_{dim.axis}"
        return f"(uint64_t)({text}) < (uint64_t)({extent})"

    def load(self, array: Array, index: tuple[Node, ...], shown: list[str]) -> str:
        unsafe = self.guard(array, index, shown)
        name = self.identifier(array)
        if not unsafe:
            return f"{name}[{self.place(array, shown)}]"
        fits = " & ".join(f"({c})" for _, c in unsafe)
        safe = list(shown)
        for d, c in unsafe:
            safe[d] = f"(({c}) ? {shown[d]} : 0)"
        # the load is made in any case, at a place that exists: a branch would stop the vectoriser
        return f"(({fits}) ? {name}[{self.place(array, safe)}] : 0)"


def _inverse(divisor: Node) -> Node:
    return ops.op("div", Const(1.0), divisor)
