"""The loop IR, and its checker. What `c/printer.py` prints, line by line; `lower.py` makes it."""

from __future__ import annotations

from dataclasses import dataclass

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node, Op, Size


@dataclass(frozen=True, slots=True)
class Store:
    """`target[index] op= expr` at one point; "=" overwrites."""

    target: Array
    index: tuple[Node, ...]
    op: str
    expr: Node


@dataclass(frozen=True, slots=True)
class Fold:
    """`target[index] op= reduction of expr over axes`, in registers; the last axis is vector."""

    target: Array
    index: tuple[Node, ...]
    op: str
    axes: tuple[Axis, ...]
    expr: Node
    fresh: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """`target[index] op= reduction of expr over axes`, for a strip of `vector` values at a time,
    each with its own register: the strip is written once. With `rows`, the block's own axis, the
    strips of a few of its values are summed together: what they all read is read once. With
    `chosen`, which the target is then of, the sums are chosen from and not written."""

    target: Array
    index: tuple[Node, ...]
    op: str
    vector: Axis
    axes: tuple[Axis, ...]
    expr: Node
    fresh: bool
    rows: Axis | None = None
    chosen: Pick | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """The `count` smallest of expr along `axis`, by insertion. With `bound`, of expr summed over
    `over`, which is computed only where the bound is less than the worst that is kept. With `kept`,
    `axis` is taken a slab at a time, and this is where the values wait for the next one."""

    target: Array
    index: tuple[Node, ...]
    axis: Axis
    count: int
    expr: Node
    over: tuple[Axis, ...] = ()
    bound: Node | None = None
    kept: Array | None = None


@dataclass(frozen=True, slots=True)
class Gemm:
    """One BLAS call. `m`, `n`, `k` are runs of axes that lie one within the next in memory."""

    target: Array
    index: tuple[Node, ...]
    a: Load
    b: Load
    alpha: Node
    m: tuple[Axis, ...]
    n: tuple[Axis, ...]
    k: tuple[Axis, ...]
    fresh: bool
    later: tuple[Axis, ...] = ()
    """Summed axes outside of this call: only their first value is fresh."""
    plain: Load | None = None
    """What to read in place of a `b` in panels, if the loop has few steps."""


@dataclass(frozen=True, slots=True)
class Lay:
    """`target = expr`, a matrix, in panels (product.c); where a loop over `time` reads it, if that
    has enough steps to pay for it. `rows` and `columns` are runs of axes."""

    target: Array
    index: tuple[Node, ...]
    expr: Load
    rows: tuple[Axis, ...]
    columns: tuple[Axis, ...]
    time: Axis | None


@dataclass(frozen=True, slots=True)
class Picked:
    """`target[index] += alpha*a*b` over `inner`, of the rows along `row` at which `present` holds;
    or, if `row` is no axis of the target's, over those rows. `column` is along memory."""

    target: Array
    index: tuple[Node, ...]
    a: Load
    b: Load
    alpha: Node
    present: Node
    row: Axis
    inner: Axis
    column: Axis
    fresh: bool

    @property
    def summed(self) -> bool:
        """Whether it sums over the rows."""
        return not any(i is self.row for i in self.index)


@dataclass(frozen=True, slots=True)
class Fill:
    """All of `target` (of its block, if it is local) gets `value`."""

    target: Array
    value: float | int


@dataclass(frozen=True, slots=True)
class For:
    """`body` for each value of `axis`; `vector` marks the innermost loop."""

    axis: Axis
    body: tuple[Command, ...]
    vector: bool = False
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Folds:
    """Folds over the same axes, in one pass: none reads what another writes."""

    body: tuple[Fold, ...]


Leaf = Store | Fold | Strip | Pick | Gemm | Lay | Picked | Fill
Command = Leaf | For | Folds


@dataclass(frozen=True, slots=True)
class Task:
    """One parallel function: `single` axes one by one, `block` in blocks, `local` scratch. Of an
    array over the loop's axis `time`, scratch holds one step; the body is repeated for each slab of
    the axis `slab`, and scratch holds one slab; of `thin` arrays it holds one value of the block.
    `products` have the block's axis for their only, or innermost, rows. With `number` the blocks'
    size does not depend on the cores, and that axis numbers them."""

    single: tuple[Axis, ...]
    block: Axis | None
    local: tuple[Array, ...]
    before: tuple[Fill, ...]
    body: tuple[Command, ...]
    products: bool
    time: Axis | None = None
    slab: Axis | None = None
    thin: tuple[Array, ...] = ()
    number: Axis | None = None


BEST = "best#"
"""Begins names of arrays in which values that are chosen wait for the next slab."""

ONCE = Axis("once", 0)
"""An axis of one value: a bare block."""


def in_range(index: Node, array: Array, place: int) -> bool:
    """Whether an index cannot leave its dimension, whatever the sizes."""
    dim = array.dims[place]
    match index:
        case Axis(name=name):
            return name == dim.axis and dim.extra >= 0
        case Op(name="add", args=(Axis(name=name), Const(value=value))):
            return name == dim.axis and 0 <= value <= dim.extra
        case Const(value=value):
            return 0 <= value < dim.extra
        case Size(axis=axis):
            return axis == dim.axis and dim.extra >= 1
    return False


def apart(one: tuple[Node, ...], two: tuple[Node, ...]) -> bool:
    """Whether two indices of one array are never one place: s[t, i] and s[t + 1, i] are not."""
    for a, b in zip(one, two, strict=True):
        (base, low), (other, high) = _offset(a), _offset(b)
        if base is other and low != high:
            return True
    return False


def _offset(index: Node) -> tuple[Node | None, int]:
    match index:
        case Const(value=value):
            return None, int(value)
        case Op(name="add", args=(base, Const(value=value))):
            return base, int(value)
    return index, 0


def own_axes(c: Command) -> tuple[Axis, ...]:
    """The axes that a command goes through itself."""
    match c:
        case For(axis=axis, body=body):
            return (axis, *[a for inner in body for a in own_axes(inner)])
        case Fold(axes=axes) | Folds(body=(Fold(axes=axes), *_)):
            return axes
        case Strip(axes=axes, vector=vector, rows=rows):
            return (*axes, vector, *([rows] if rows else []))
        case Pick(axis=axis, over=over):
            return (axis, *over)
        case Gemm(m=m, n=n, k=k):
            return (*m, *n, *k)
        case Lay(rows=rows, columns=columns):
            return (*rows, *columns)
        case Picked(row=row, inner=inner, column=column):
            return (row, inner, column)
    return ()


def written(c: Leaf) -> list[tuple[Array, tuple[Node, ...]]]:
    """The arrays that a command writes, and where."""
    if isinstance(c, Fill):
        return [(c.target, ())]
    pick = c.chosen if isinstance(c, Strip) else c
    kept = pick.kept if isinstance(pick, Pick) else None
    return [(array, c.index) for array in (c.target, kept) if array is not None]


def terms(c: Leaf) -> list[Node]:
    """Every term of a command that is no loop."""
    if isinstance(c, Fill):
        return []
    if isinstance(c, Picked):
        return [*c.index, c.a, c.b, c.alpha, c.present]
    if isinstance(c, Gemm):
        return [*c.index, c.a, c.b, c.alpha, *([c.plain] if c.plain else [])]
    if isinstance(c, Lay):
        return [*c.index, c.expr, *([Size(c.time.name)] if c.time else [])]
    if isinstance(c, Pick) and c.bound is not None:
        return [*c.index, c.expr, c.bound]
    return [*c.index, c.expr]


class LoopCheckError(AssertionError):
    """A lowering that breaks the loop IR's rules: our bug."""


def check(task: Task) -> None:
    """Every axis in a command is opened around it exactly once."""

    def walk(commands: tuple[Command, ...], scope: frozenset[Axis]) -> None:
        for c in commands:
            if isinstance(c, For):
                if c.axis in scope and c.axis is not ONCE:
                    raise LoopCheckError(f"axis {c.axis} is opened twice: {c}")
                walk(c.body, scope | {c.axis})
                continue
            if isinstance(c, Folds):
                walk(c.body, scope)
                continue
            if isinstance(c, Fill):
                continue
            missing = set(nodes.union(map(nodes.free, terms(c)))) - scope - set(own_axes(c))
            # where to write is known before anything is reduced
            if not isinstance(c, Gemm | Lay | Picked):
                found = set(nodes.union(nodes.free(t) for t in c.index)) - scope
                missing |= found - ({c.vector, c.rows} if isinstance(c, Strip) else set())
            if missing:
                raise LoopCheckError(f"axes {missing} are not open: {c}")

    walk(task.body, frozenset((*task.single, *([task.number] if task.number else []))))
