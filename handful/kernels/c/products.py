"""Matrix products as C text: calls of the runtime's product, of operands as they lie."""

from __future__ import annotations

from dataclasses import dataclass

from handful.kernels.c.prelude import PANELS, PICKED
from handful.kernels.c.sums import SumPrinter
from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Axis, Load, Node
from handful.kernels.loops.ir import Gemm, Lay, Picked
from handful.kernels.schedule.contractions import in_panels

Axes = tuple[Axis, ...]

STEPS = 8
"""Steps of a loop from which it pays to lay a matrix in panels first."""


@dataclass(slots=True)
class ProductPrinter(SumPrinter):
    """Prints `Gemm`, `Lay` and `Picked`."""

    def gemm(self, c: Gemm) -> None:
        """One call; `beta` is 0 where nothing was summed before."""
        target = Load(c.target, c.index)
        inside = (*c.m, *c.n, *c.k)
        ta, lda = self.lying(c.a, c.m, c.k)
        ldc = self.apart(target, c.m) or self.count_of(c.n)
        self.line("{")
        self.depth += 1
        alpha = self.term(c.alpha, {})
        beta = "1"
        if c.fresh:
            later = [self.var(a) for a in c.later]
            later += ["from"] if self.sliced(c.k) else []
            beta = "(" + (" | ".join(f"({v} != 0)" for v in later) or "0") + ")"
        a, out = self.base(c.a, inside), self.base(target, inside)
        panels = self.identifier(c.b.array)
        if self.sliced(c.n):
            panels += f" + {self.bounds(c.n[0])[0]} * {self.count_of(c.k)}"
        m, n, k = map(self.count_of, (c.m, c.n, c.k))

        def call(tb: int, ldb: str, b: str) -> None:
            self.line(
                f"gemm(rt, {ta}, {tb}, {m}, {n}, {k}, {alpha}, "
                f"{a}, {lda}, {b}, {ldb}, {beta}, {out}, {ldc});"
            )

        if c.plain is None and in_panels(c.b.array):
            call(PANELS, "0", panels)
        elif c.plain is None:
            call(*self.lying(c.b, c.k, c.n), self.base(c.b, inside))
        else:
            assert self.task is not None
            assert self.task.time is not None
            self.line(self.pays(self.task.time))
            call(PANELS, "0", panels)
            self.line("else")
            call(*self.lying(c.plain, c.k, c.n), self.base(c.plain, inside))
        self.close()

    def lay(self, c: Lay) -> None:
        """A block of the matrix's rows, in panels."""
        t, ld = self.lying(c.expr, c.rows, c.columns)
        first, *inner = c.rows
        each = " * ".join(["1", *[f"n_{a.name}" for a in inner]])
        low, high = (f"({end}) * {each}" for end in self.bounds(first))
        whole = f"n_{first.name} * {each}, {self.count_of(c.columns)}"
        known: dict[Node, str] = dict.fromkeys((*c.rows, *c.columns), "0")
        start = f"{self.identifier(c.expr.array)} + {self.start(c.expr, known)}"
        out = self.identifier(c.target)
        if c.time is not None:
            self.line(self.pays(c.time))
        self.line(f"rt->lay({t}, {low}, {high}, {whole}, {start}, {ld}, {out});")

    def picked(self, c: Picked) -> None:
        """Lists of where the rows lie at which `present` holds, and the product of those."""
        first: dict[Node, str] = {a: self.bounds(a)[0] for a in (c.inner, c.column)}
        low, high = self.bounds(c.row)
        target = Load(c.target, c.index)
        self.line("{")
        self.depth += 1
        alpha = self.term(c.alpha, {})
        v = self.var(c.row)
        self.line(f"int64_t here[{PICKED}], there[{PICKED}];")
        self.line(f"for (int64_t top = {low}; top < {high}; top += {PICKED}) {{")
        self.depth += 1
        self.line(f"int64_t count = 0; const int64_t end = k_min({high}, top + {PICKED});")
        self.line(f"for (int64_t {v} = top; {v} < end; {v}++) {{")
        self.depth += 1
        known = dict(first)
        present = self.term(c.present, known)
        self.line(f"here[count] = {self.start(c.a, known)};")
        self.line(f"there[count] = {self.start(c.b if c.summed else target, known)};")
        self.line(f"count += {present};")
        self.close()
        counts = f"count, {self.width(c.inner)}, {self.width(c.column)}, {alpha}"
        a, b, out = (self.identifier(load.array) for load in (c.a, c.b, target))
        whole = target if c.summed else c.b  # that which lies where it is
        at = self.start(whole, dict(first))
        apart = self.stride(whole.array, next(d for d, i in enumerate(whole.index) if i is c.inner))
        if c.summed:
            beta = "top != 0" if c.fresh else "1"
            rest = f"{b}, there, {beta}, {out} + {at}, {apart}"
        else:
            rest = f"{b} + {at}, {apart}, {out}, there"
        name = "picked_sum" if c.summed else "picked_rows"
        self.line(f"rt->{name}({counts}, {a}, here, {rest});")
        self.close(2)

    def width(self, axis: Axis) -> str:
        """How many values of an axis there are here."""
        first, last = self.bounds(axis)
        return last if first == "0" else f"({last} - {first})"

    def start(self, load: Load, known: dict[Node, str]) -> str:
        """The place of a load in its array, where `known` axes stand still."""
        return self.place(load.array, [self.term(i, known) for i in load.index])

    @staticmethod
    def pays(time: Axis) -> str:
        """Whether a loop has enough steps to lay a matrix in panels before it."""
        return f"if (n_{time.name} >= {STEPS})"

    def count_of(self, axes: Axes) -> str:
        """How many values a run of axes has here."""
        return " * ".join(map(self.width, axes)) or "1"

    def base(self, load: Load, axes: Axes) -> str:
        """Where a load lies at the first value of each of these axes."""
        known: dict[Node, str] = {a: self.bounds(a)[0] for a in axes}
        return f"{self.identifier(load.array)} + {self.start(load, known)}"

    def apart(self, load: Load, axes: Axes) -> str | None:
        """The stride of a run of axes; None if it is 1."""
        if not axes:
            return None
        place = next(d for d, i in enumerate(load.index) if axes[-1] in nodes.free(i))
        found = self.stride(load.array, place)
        return None if found == "1" else found

    def lying(self, load: Load, rows: Axes, columns: Axes) -> tuple[int, str]:
        """(transposed?, leading dimension) of a matrix."""
        across = self.apart(load, columns)
        if across is not None:
            return 1, across
        down = self.apart(load, rows)
        return 0, down if down is not None and rows else f"k_max(1, {self.count_of(columns)})"
