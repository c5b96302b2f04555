"""How a load lies in memory: along which axes it is contiguous, strided, a matrix, a run."""

from __future__ import annotations

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node, Op

PANEL = 32
"""Columns of the widest panel that a matrix is laid in, of float with AVX-512 (c/product.c)."""


def lies(index: tuple[Node, ...], axis: Axis) -> float:
    """1 if contiguous along `axis`, 0 if it does not vary, less if it strides or gathers."""
    varying = [d for d, i in enumerate(index) if axis in nodes.free(i)]
    if not varying:
        return 0.0
    if varying == [len(index) - 1] and not nodes.loads(index[-1]):
        return 1.0 if shift(index[-1]) is axis else 0.5
    return -4.0


def contiguous(term: Node, axis: Axis) -> float:
    """How well all that a term reads lies along an axis."""
    return sum(lies(load.index, axis) for load in nodes.loads(term))


def shift(index: Node) -> Axis | None:
    """The axis of `i` or `i + constant`."""
    match index:
        case Axis():
            return index
        case Op(name="add", args=(Axis() as axis, Const())):
            return axis
    return None


def lies_well(load: Load, batch: list[Axis], rows: list[Axis], cols: list[Axis]) -> bool:
    """Whether BLAS can take the load where it lies: plain indices, the last one a row or column."""
    domain = {*batch, *rows, *cols}
    used = [shift(i) for i in load.index if nodes.free(i).keys() & domain]
    if None in used or len(set(used)) != len(used) or load.array.kind != "f":
        return False
    if nodes.loads(*load.index) or not load.index:
        return False
    last = shift(load.index[-1])
    if not (rows and last is rows[-1]) and not (cols and last is cols[-1]):
        return False
    # a window x[i + o] reads two axes in one index; a size that differs from its dimension's
    # extent is no matrix either
    return all(
        shift(i) is None or d.axis == shift(i).name  # type: ignore[union-attr]
        for i, d in zip(load.index, load.array.dims, strict=True)
    )


def is_run(axes: list[Axis] | tuple[Axis, ...], index: tuple[Node, ...], array: Array) -> bool:
    """Whether `axes` lie one directly within the next, all but the first in full."""
    places = [next((d for d, i in enumerate(index) if shift(i) is a), None) for a in axes]
    if None in places:
        return False
    start = places[0]
    assert start is not None
    if places != list(range(start, start + len(places))):
        return False
    later = range(start + 1, start + len(places))
    return all(
        index[d] is a and not array.dims[d].extra for d, a in zip(later, axes[1:], strict=True)
    )
