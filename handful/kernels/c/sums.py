"""Sums, maxima and choices as C text: many values side by side in registers, written once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from handful.kernels.c.terms import TermPrinter
from handful.kernels.ir import ops
from handful.kernels.ir.nodes import Node
from handful.kernels.loops.bounds import Span, span
from handful.kernels.loops.ir import Fold, Pick, Strip

STRIP = 64
"""Values that are summed, or compared, at a time: some vectors, which stay in the first cache."""

FOLD = 32
"""Values folded into one side by side: two vectors, as each waits for its last addition."""


@dataclass(slots=True)
class SumPrinter(TermPrinter):
    """Prints `Fold`, `Strip` and `Pick`."""

    @staticmethod
    def combine(op: str, old: str, new: str) -> str:
        return {
            "=": new,
            "sum": f"{old} + {new}",
            "max": f"k_maximum({old}, {new})",
            "min": f"k_minimum({old}, {new})",
        }[op]

    def folds(self, some: tuple[Fold, ...]) -> None:
        """Accumulate in as many registers as a few vectors have lanes, and fold those in halves."""
        axes = some[0].axes
        width = FOLD if len(some) == 1 else FOLD // 2
        first, last = "0", f"n_{axes[-1].name}"
        terms = [f.expr for f in some]
        part = span(axes[-1], some[0].op, some[0].expr) if len(some) == 1 else None
        self.line("{")
        self.depth += 1
        lanes, rest = [self.fresh() for _ in some], [self.fresh() for _ in some]
        for f, name, other in zip(some, lanes, rest, strict=True):
            kind = ops.kind(f.expr)
            self.line(f"{self.ctype(kind)} {name}[{width}], {other}[{width}];")
            self.each_of(str(width), f"{name}[l] = {self.constant(ops.identity(f.op, kind))};")
        for axis in axes[:-1]:
            self.open(axis)
        known = self.ahead(axes[-1], terms)
        if part is not None:
            first, last = self.narrowed(part, known, first, last)
            some, self.there = (replace(some[0], expr=part.term),), part.there
            self.line("{")
            self.depth += 1
        self.line(f"int64_t start = {first};")
        self.line(f"for (; start + {width} <= {last}; start += {width})")
        self.folded(some, str(width), lanes, {**known})
        self.line(f"if (start < {last}) {{")  # with arrays of its own: the others stay registers
        self.depth += 1
        for name, other in zip(lanes, rest, strict=True):
            self.each_of(str(width), f"{other}[l] = {name}[l];")
        self.folded(some, f"{last} - start", rest, known)
        self.there = frozenset()
        for name, other in zip(lanes, rest, strict=True):
            self.each_of(str(width), f"{name}[l] = {other}[l];")
        self.close(len(axes) + (part is not None))
        for f, name in zip(some, lanes, strict=True):
            self.gathered(f, name, width)
        self.close()

    def gathered(self, c: Fold, lanes: str, width: int) -> None:
        """The lanes folded into one number, and that written."""
        self.line(f'_Pragma("GCC unroll 8") for (int half = {width // 2}; half > 0; half /= 2)')
        joined = self.combine(c.op, f"{lanes}[l]", f"{lanes}[l + half]")
        self.each_of("half", f"{lanes}[l] = {joined};")
        place, there = self.written(c)
        total = self.combine("=" if c.fresh else c.op, place, f"{lanes}[0]")
        self.line(f"{there}{place} = {total};")

    def written(self, c: Fold | Strip) -> tuple[str, str]:
        """Where a sum goes, and the test, if it needs one, whether that place exists."""
        shown = [self.term(i, {}) for i in c.index]
        tests = " && ".join(test for _, test in self.guard(c.target, c.index, shown))
        place = f"{self.identifier(c.target)}[{self.place(c.target, shown)}]"
        return place, f"if ({tests}) " if tests else ""

    def each_of(self, many: str, line: str) -> None:
        """One line for each lane."""
        self.line("#pragma omp simd")
        self.line(f"for (int64_t l = 0; l < {many}; l++) {line}")

    def folded(
        self, some: tuple[Fold, ...], many: str, lanes: list[str], known: dict[Node, str]
    ) -> None:
        """So many values from `start` on, each into its lane."""
        self.line("{")
        self.depth += 1
        self.line("#pragma omp simd")
        self.line(f"for (int64_t l = 0; l < {many}; l++) {{")
        self.depth += 1
        self.line(f"const int64_t {self.var(some[0].axes[-1])} = start + l;")
        for f, name in zip(some, lanes, strict=True):
            value = self.term(f.expr, known)
            self.line(f"{name}[l] = {self.combine(f.op, f'{name}[l]', value)};")
        self.close(2)

    def strip(self, c: Strip) -> None:
        """A strip of the vector axis, all of it summed before any of it is written.

        Whole strips, of TALL rows where there are any, have a fixed size, so that the compiler
        keeps their sums in registers. All rows of a block read a strip before the next is read.
        """
        low, high = self.bounds(c.vector)
        first, last = self.bounds(c.rows) if c.rows else ("0", "1")
        tall, wide = ("TALL", "WIDE") if c.rows else ("1", str(STRIP))
        self.line(f"for (int64_t start = {low}; start < {high}; start += {wide})")
        self.line(f"for (int64_t top = {first}; top < {last}; top += {tall}) {{")
        self.depth += 1
        self.line(f"const int64_t many = k_min({wide}, {high} - start);")
        self.line(f"if (many == {wide} && {last} - top >= {tall}) {{")
        self.depth += 1
        self.strip_of(c, tall, wide, "top")
        self.close()
        self.line(f"else for (int64_t row = top; row < k_min({last}, top + {tall}); row++) {{")
        self.depth += 1
        self.strip_of(c, "1", "many", "row")
        self.close()
        self.close()

    def strip_of(self, c: Strip, rows: str, many: str, top: str) -> None:
        """Sum so many values of so many rows, from `top` and `start` on; then write or choose."""
        kind, lanes, wide = ops.kind(c.expr), self.fresh(), "WIDE" if c.rows else str(STRIP)
        self.line(f"{self.ctype(kind)} {lanes}[{rows}][{wide}];")
        self.each_lane(c, rows, wide, top)
        self.line(f"{lanes}[q][l] = {self.constant(ops.identity(c.op, kind))};")
        self.close(2)
        for axis in c.axes:
            self.open(axis)
        part = span(c.vector, c.op, c.expr)
        term = part.term if part else c.expr
        known = self.each_lane(c, rows, many, top, term, part=part)
        self.there = part.there if part else frozenset()
        value = self.term(term, known)
        self.line(f"{lanes}[q][l] = {self.combine(c.op, f'{lanes}[q][l]', value)};")
        self.there = frozenset()
        self.close(2 + len(c.axes))
        if c.chosen is not None:
            self.chosen_of(c, c.chosen, lanes, rows, many, top)
            return
        self.each_lane(c, rows, many, top)
        place, there = self.written(c)
        op, old = "=" if c.fresh else c.op, place
        if c.fresh and self.sliced(c.axes):  # fresh is the first slab's sum alone
            op, old = c.op, f"(from ? {place} : {self.constant(ops.identity(c.op, kind))})"
        self.line(f"{there}{place} = {self.combine(op, old, f'{lanes}[q][l]')};")
        self.close(2)

    def each_lane(
        self, c: Strip, rows: str, many: str, top: str, *terms: Node, part: Span | None = None
    ) -> dict[Node, str]:
        """Open a loop over rows and one over the values of each, or the part of them to which a
        guard keeps; what of the terms is known."""
        self.line(f'_Pragma("GCC unroll 4") for (int q = 0; q < {rows}; q++) {{')
        self.depth += 1
        if c.rows:
            self.line(f"const int64_t {self.var(c.rows)} = {top} + q;")
        known = self.ahead(c.vector, terms)
        first = "0"
        if part is not None:
            first, many = self.narrowed(part, known, first, many, " - start")
        self.line("#pragma omp simd")
        self.line(f"for (int64_t l = {first}; l < {many}; l++) {{")
        self.depth += 1
        self.line(f"const int64_t {self.var(c.vector)} = start + l;")
        return known

    def chosen_of(self, c: Strip, pick: Pick, lanes: str, rows: str, many: str, top: str) -> None:
        """Hold the sums of each row against the worst that is kept, where they are: in registers,
        which a call would take from them, so it is given a copy."""
        count, wide = pick.count, "WIDE"
        assert c.rows is not None
        self.line(f'_Pragma("GCC unroll 4") for (int q = 0; q < {rows}; q++) {{')
        self.depth += 1
        self.line(f"const int64_t {self.var(c.rows)} = {top} + q;")
        self.kept_by(pick)
        if many != wide:
            infinity = self.constant(math.inf)
            self.line(f"for (int64_t l = {many}; l < {wide}; l++) {lanes}[q][l] = {infinity};")
        self.skip_unless(count, f"k_least({lanes}[q], {wide})")
        self.line(f"{self.real} value[{wide}];")
        self.each_of(wide, f"value[l] = {lanes}[q][l];")
        self.line(f"k_keep_of(best, at, {count}, have, value, {many}, start);")
        self.close()

    def pick(self, c: Pick) -> None:
        """Values in strips, each held against the worst that is kept, if the least of the strip
        is below that. A bound that is no number, or none that is finite, bounds nothing.

        The least begins at that worst: gcc makes no vectors of a minimum that begins at infinity,
        which it knows. Before as many are kept as are wanted, it says nothing and is not asked.
        """
        (first, last), infinity = self.bounds(c.axis), self.constant(math.inf)
        looked_at = c.expr if c.bound is None else c.bound
        self.line("{")
        self.depth += 1
        self.kept_by(c)
        self.line(f"{self.real} value[{STRIP}];")
        known = self.ahead(c.axis, [looked_at])
        self.line(f"for (int64_t start = {first}; start < {last}; start += {STRIP}) {{")
        self.depth += 1
        self.line(f"const int64_t many = k_min({STRIP}, {last} - start);")
        self.line(f"{self.real} least = best[{c.count - 1}];")
        self.line("#pragma omp simd reduction(min:least)")
        self.line("for (int64_t l = 0; l < many; l++) {")
        self.depth += 1
        self.line(f"const int64_t {self.var(c.axis)} = start + l;")
        value = self.term(looked_at, known)
        if c.bound is not None:
            value = f"{value} < {infinity} ? {value} : -{infinity}"
        self.line(f"value[l] = {value};")
        self.line("least = value[l] < least ? value[l] : least;")
        self.close()
        self.skip_unless(c.count, "least")
        if c.bound is None:
            self.line(f"k_keep_of(best, at, {c.count}, have, value, many, start);")
        else:
            self.line("for (int64_t l = 0; l < many; l++) {")
            self.depth += 1
            self.line(f"if (have == {c.count} && best[{c.count - 1}] <= value[l]) continue;")
            self.line(f"const int64_t {self.var(c.axis)} = start + l;")
            self.summed(c)
            self.line(f"have = k_keep(best, at, {c.count}, have, x, start + l);")
            self.close()
        self.close(2)

    def kept_by(self, c: Pick) -> None:
        """Name the values that are kept so far, and where they were found."""
        shown = [*[self.term(i, {}) for i in c.index], "0"]
        if c.kept is None:
            self.line(f"{self.real} best[{c.count}];")
        else:
            place = self.place(c.kept, shown)
            self.line(f"{self.real}* best = &{self.identifier(c.kept)}[{place}];")
        place = self.place(c.target, shown)
        self.line(f"int64_t* at = &{self.identifier(c.target)}[{place}];")

    def skip_unless(self, count: int, least: str) -> None:
        """Go on with the next strip if this one's least is no candidate."""
        self.line(f"int64_t have = k_min({count}, start);")  # as the first of all are kept
        self.line(f"if (have == {count} && best[{count - 1}] <= {least}) continue;")

    def summed(self, c: Pick) -> None:
        """One candidate, as `x`."""
        *others, last = c.over
        self.line(f"{self.real} x = 0;")
        for axis in others:
            self.open(axis)
        self.line("#pragma omp simd reduction(+:x)")
        self.open(last)
        self.line(f"x += {self.term(c.expr, {})};")
        self.close(len(c.over))
