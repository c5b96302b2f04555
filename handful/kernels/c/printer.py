"""The C printer: one parallel function per task, and one entry that calls them in order.

Arrays are dense and row-major. Sizes come in an array, so the same code serves all of them; a load
or store whose index could leave its dimension is guarded, all others are bare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from handful.kernels.c.prelude import FEW_ROWS, LARGE_MATRIX, PICKED, prelude
from handful.kernels.c.products import ProductPrinter
from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Load, Node
from handful.kernels.loops.bounds import span
from handful.kernels.loops.ir import (
    Command,
    Fill,
    Fold,
    Folds,
    For,
    Gemm,
    Lay,
    Pick,
    Picked,
    Store,
    Strip,
    Task,
    apart,
)
from handful.kernels.loops.walks import axis_names, chooses, leaves, mentioned, work
from handful.kernels.schedule.contractions import in_panels

SCRATCH_BYTES = 256 * 1024
"""Local arrays of a block stay below this, so that they live in a core's second-level cache."""

PRODUCT_BYTES, PRODUCT_ROWS = 1024 * 1024, 64
"""The same where matrices are multiplied, and rows that are worth more: each call of a product
lays its second operand anew, so few rows pay for that more often than for memory further off."""

SLAB = 64
"""Values of a summed axis that are gathered at a time. It does not depend on the number of cores,
as the order of the sum does not."""

CHOSEN, CHOSEN_ROWS, CHOSEN_BYTES = 1088, 64, 120 * 1024
"""Where the smallest are chosen: values made at a time, which are whole panels and no power of two,
as rows would lie so far apart that they leave each other no place in the first cache; rows that are
chosen for beside each other; and bytes that their values may take, if they are stored."""

PARALLEL_WORK = 16384
"""Elements below which a task is not parted: waking a thread costs some ten microseconds."""


@dataclass(frozen=True, slots=True)
class Source:
    """C text, and the arrays and axes that its entry expects, in order. Temporaries come last.
    `products`: whether it multiplies matrices; `picked`: of rows that it picks out."""

    text: str
    arrays: tuple[Array, ...]
    temporaries: tuple[Array, ...]
    axes: tuple[str, ...]
    products: bool
    picked: bool


def emit(
    name: str,
    inputs: tuple[Array, ...],
    outputs: tuple[Array, ...],
    tasks: tuple[Task, ...],
    real: str,
    counts: Mapping[str, int],
) -> Source:
    """The C text of lowered tasks, for "float" or "double"; sizes in `counts` never change."""
    printer = _Printer(real, counts, inputs=inputs, outputs=outputs, tasks=tasks)
    return printer.source(name)


@dataclass(slots=True)
class _Printer(ProductPrinter):
    inputs: tuple[Array, ...] = ()
    outputs: tuple[Array, ...] = ()
    tasks: tuple[Task, ...] = ()
    arrays: tuple[Array, ...] = ()
    axes: tuple[str, ...] = ()

    def source(self, name: str) -> Source:
        found = mentioned(self.tasks)
        local = {a for t in self.tasks for a in t.local}
        known = dict.fromkeys((*self.inputs, *self.outputs))
        temporaries = tuple(a for a in found if a not in known and a not in local)
        self.arrays = (*known, *temporaries)
        self.axes = tuple(sorted(axis_names((*found, *self.inputs, *self.outputs), self.tasks)))
        for number, task in enumerate(self.tasks):
            self.function(number, task)
        self.entry()
        kinds = {type(c) for t in self.tasks for c in leaves(t.body)}
        products, picked = Gemm in kinds, Picked in kinds
        choosing = any(chooses(t.body) for t in self.tasks)
        before = prelude(self.real, products=products, choosing=choosing)
        text = "\n".join([f"/* {name}, written by handful.kernels */", before, *self.lines, ""])
        return Source(text, self.arrays, temporaries, self.axes, products, picked)

    # ------------------------------------------------------------ functions

    def function(self, number: int, task: Task) -> None:
        """`task_3(first, last, context)`: tasks first … last - 1."""
        self.task = task
        used = mentioned((task,))
        self.line(f"static void task_{number}(int64_t first, int64_t last, void* context) {{")
        self.depth += 1
        self.line("const ctx_t* ctx = context; const rt_t* rt = ctx->rt; (void)rt;")
        for place, axis in enumerate(self.axes):
            self.line(f"const int64_t n_{axis} = {self.counts.get(axis, f'ctx->n[{place}]')};")
        if task.block is not None:
            self.line(f"const int64_t wide = ctx->n[{len(self.axes) + number}];")
        self.slab_size(task)
        written = {c.target for c in leaves(task.body)}
        for place, array in enumerate(self.arrays):
            if array in used:
                const = "" if array in written else "const "
                kind = self.ctype(array.kind)
                self.line(f"{const}{kind}* restrict {self.identifier(array)} = ctx->p[{place}];")
        for array in task.local:
            extent = self.extent(array)
            name = self.identifier(array)
            kind = self.ctype(array.kind)
            self.line(f"{kind}* restrict {name} = malloc(sizeof({kind}) * ({extent}) + 64);")
        self.line("for (int64_t work = first; work < last; work++) {")
        self.depth += 1
        for array in task.local:
            size = f"sizeof({self.ctype(array.kind)}) * ({self.extent(array)})"
            self.line(f"if (rt->poison) k_poison({self.identifier(array)}, {size});")
        self.line("int64_t rest = work; (void)rest;")
        if task.block is not None:
            blocks = f"k_ceil(n_{task.block.name}, wide)"
            self.line(f"const int64_t low = (rest % {blocks}) * wide; rest /= {blocks};")
            self.line(f"const int64_t high = k_min(n_{task.block.name}, low + wide);")
            if task.number is not None:
                self.line(f"const int64_t {self.var(task.number)} = low / wide;")
        for single in reversed(task.single):
            size = f"n_{single.name}"
            self.line(f"const int64_t {self.var(single)} = rest % {size}; rest /= {size};")
        if task.slab is not None:
            self.line(f"for (int64_t from = 0; from < n_{task.slab.name}; from += slab) {{")
            self.line(f"  const int64_t to = k_min(n_{task.slab.name}, from + slab);")
            self.depth += 1
        for command in task.body:
            self.command(command)
        self.close(1 if task.slab is None else 2)
        for array in task.local:
            self.line(f"free({self.identifier(array)});")
        self.depth -= 1
        self.line("}")
        self.line("")

    def slab_size(self, task: Task) -> None:
        if task.slab is not None:
            picked = any(isinstance(c, Picked) for c in leaves(task.body))
            most = PICKED if picked else CHOSEN if chooses(task.body) else SLAB
            self.line(f"const int64_t slab = k_min(n_{task.slab.name}, {most});")

    def entry(self) -> None:
        """`run(rt, arrays, sizes)`: fills, then each task over its blocks."""
        self.line("int run(const rt_t* rt, void* const* p, const int64_t* sizes) {")
        self.depth += 1
        extra = len(self.tasks)
        self.line(f"int64_t n[{len(self.axes) + extra + 1}];")
        for place, axis in enumerate(self.axes):
            self.line(f"const int64_t n_{axis} = n[{place}] = sizes[{place}]; (void)n_{axis};")
        self.line("ctx_t ctx = {rt, p, n};")
        for number, task in enumerate(self.tasks):
            self.task = None
            for fill in task.before:
                place = self.arrays.index(fill.target)
                self.fill(fill, f"(({self.ctype(fill.target.kind)}*)p[{place}])")
            if not task.body:
                continue
            self.task = task
            count = " * ".join(["1", *[f"n_{a.name}" for a in task.single]])
            if task.block is not None:
                size = f"n_{task.block.name}"
                self.line("{")
                self.depth += 1
                self.slab_size(task)
                self.line(f"int64_t row = {self.row_bytes(task)}, work = {work(task)};")
                enough = "" if task.number is None else f" && work >= {PARALLEL_WORK}"
                self.width_of_blocks(task, count)
                self.line(f"n[{len(self.axes) + number}] = wide;")
                self.line(f"int64_t count = ({count}) * k_ceil({size}, wide);")
                self.line(
                    f"if (count > 1 && rt->pfor{enough}) "
                    f"{{ if (rt->pfor(0, count, 1, task_{number}, &ctx)) return 1; }}"
                )
                self.line(f"else task_{number}(0, count, &ctx);")
                self.close()
            else:
                self.line(f"task_{number}(0, {count}, &ctx);")
        self.line("return 0;")
        self.depth -= 1
        self.line("}")

    def width_of_blocks(self, task: Task, count: str) -> None:
        """`wide`, where `count` blocks can run beside each other anyway."""
        assert task.block is not None
        size, least = f"n_{task.block.name}", self.least_rows(task)
        if task.number is not None:
            self.line(f"const int64_t wide = k_ceil({size}, n_{task.number.name});")
            return
        self.line(f"int64_t wide = k_ceil({size}, k_max(1, rt->cores / ({count})));")
        self.line(f"if (work < {PARALLEL_WORK}) wide = {size};")
        products = [c for c in leaves(task.body) if isinstance(c, Gemm)]
        in_time = products if task.time is not None else []
        for matrix in dict.fromkeys(self.count_of((*c.n, *c.k)) for c in in_time):
            few = f"{size} < {FEW_ROWS} && {matrix} >= {LARGE_MATRIX}"
            self.line(f"if ({few}) wide = {size}; // its columns are parted instead")
        choosing = chooses(task.body)
        if choosing:
            self.line(f"wide = k_min(wide, {CHOSEN_ROWS});")  # what is kept of them stays near
        picked = self.picked_by(task)
        if (task.local or picked) and task.time is None:  # a loop's reads all weights again
            most, rows = (PRODUCT_BYTES, PRODUCT_ROWS) if task.products else (SCRATCH_BYTES, least)
            if products and all(in_panels(c.b.array) for c in products):
                rows = least  # no matrix is laid anew
            if choosing:
                most = CHOSEN_BYTES
            self.line(f"wide = k_min(wide, k_max({rows}, {most} / k_max(1, row)));")
            self.line(f"const int64_t rounds = k_ceil(k_ceil({size}, wide), rt->cores);")
            self.line(f"if (rounds > 1) wide = k_ceil({size}, rounds * rt->cores);")
        self.line(f"wide = k_max(1, k_min({size}, k_max({least}, wide)));")

    @staticmethod
    def least_rows(task: Task) -> str:
        """Rows of a block below which it would read the same memory again and again."""
        if task.products:
            return "8"
        return "TALL" if any(isinstance(c, Strip) and c.rows for c in leaves(task.body)) else "1"

    def row_bytes(self, task: Task) -> str:
        """Bytes of local arrays for one value of the block's axis."""
        sizes = [
            " * ".join([f"{self.size_of(a)}", *[e for e in self.extents(a) if e != "wide"]])
            for a in task.local
            if a not in task.thin
            if task.block is not None and any(d.axis == task.block.name for d in a.dims)
        ]
        for c in self.picked_by(task):  # rows that it goes through again and again
            lines = ((c.a.array, c.inner), (c.target, c.column))
            sizes += [f"{self.size_of(array)} * n_{axis.name}" for array, axis in lines]
        return " + ".join(["0", *sizes])

    @staticmethod
    def picked_by(task: Task) -> list[Picked]:
        """Its products of rows that are picked out of a block's."""
        return [c for c in leaves(task.body) if isinstance(c, Picked) and c.row is task.block]

    # ------------------------------------------------------------ commands

    def command(self, c: Command) -> None:
        match c:
            case For():
                self.loop(c)
            case Store():
                self.store(c, {})
            case Fold():
                self.folds((c,))
            case Folds():
                self.folds(c.body)
            case Strip():
                self.strip(c)
            case Pick():
                self.pick(c)
            case Gemm():
                self.gemm(c)
            case Lay():
                self.lay(c)
            case Picked():
                self.picked(c)
            case Fill():
                self.fill(c, self.identifier(c.target))

    def loop(self, c: For) -> None:
        stores = [one for one in c.body if isinstance(one, Store)]
        if len(stores) < len(c.body):
            stores = []
        found = [term for one in stores for term in (*one.index, one.expr)]
        outside = self.ahead(c.axis, found, [one.target for one in stores])
        if c.vector and len(stores) == 1:
            self.guarded_loop(c.axis, stores[0], outside)
            return
        self.open(c.axis, c.vector, c.descending)
        for one in stores:
            self.store(one, outside)
        if not stores:
            for command in c.body:
                self.command(command)
        self.close()

    def guarded_loop(self, axis: Axis, c: Store, known: dict[Node, str]) -> None:
        """A vector loop over one store. Whether its row exists is asked once, before it; and where
        it adds only between two bounds, it runs from one to the other.

        for c: if (0 <= at < n) y[at, c] += …  →  if (0 <= at < n) for c: y[at, c] += …
        """
        low, high = self.bounds(axis)
        part = span(axis, c.op, c.expr)
        still = {d: self.term(i, known) for d, i in enumerate(c.index) if axis not in nodes.free(i)}
        if part is not None:
            low, high = self.narrowed(part, known, low, high)
            c, self.there = replace(c, expr=part.term), part.there
        rows = [d for d in still if self.unsafe(c.target, d, c.index[d])]
        if rows:
            tests = [self.inside(c.target.dims[d], still[d]) for d in rows]
            self.line(f"if ({' && '.join(tests)})")
            self.there |= {(c.index[d], c.target.dims[d]) for d in rows}
        self.open(axis, vector=True, bounds=(low, high))
        self.store(c, known)
        self.there = frozenset()
        self.close()

    def store(self, c: Store, known: dict[Node, str]) -> None:
        """`known` are terms already printed in this loop's body; the stored value becomes one."""
        value = self.term(c.expr, known)
        shown = [self.term(i, known) for i in c.index]
        unsafe = self.guard(c.target, c.index, shown)
        place = f"{self.identifier(c.target)}[{self.place(c.target, shown)}]"
        if unsafe:
            test = " && ".join(u for _, u in unsafe)
            self.line(f"if ({test}) {place} = {self.combine(c.op, place, value)};")
            return
        if c.op != "=":
            name = self.fresh()
            combined = self.combine(c.op, place, value)
            self.line(f"const {self.ctype(c.target.kind)} {name} = {combined};")
            value = name
        self.line(f"{place} = {value};")
        # terms that read the old value are stale
        for node in list(known):
            if any(x.array is c.target and not apart(x.index, c.index) for x in nodes.loads(node)):
                del known[node]
        known[Load(c.target, c.index)] = value

    def fill(self, c: Fill, name: str) -> None:
        extent = self.extent(c.target)
        value = self.constant(float(c.value) if c.target.kind == "f" else c.value)
        self.line(f"for (int64_t l = 0; l < {extent}; l++) {name}[l] = {value};")
