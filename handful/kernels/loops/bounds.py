"""Where a guard lets a loop begin and end, so that what lies between needs no test.

y[i] += where(i + o - 1 >= 0 & i + o - 1 < size(i), x[i + o - 1]*w[o], 0) along i
    →  i from max(0, 1 - o) to min(size(i), size(i) - (o - 1)):  y[i] += x[i + o - 1]*w[o]
"""

from __future__ import annotations

from dataclasses import dataclass

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Axis, Const, Dim, Node, Op, Size


@dataclass(frozen=True, slots=True)
class Span:
    """The values of an axis at which a guard holds.

    Args:
        lows, highs: it runs from the largest of the lows to before the smallest of the highs.
        tests: what must hold besides, whatever the axis.
        term: what is guarded, with the tests that do not bound the axis left in it.
        there: indices that lie inside of these dimensions then.
    """

    lows: tuple[Node, ...]
    highs: tuple[Node, ...]
    tests: tuple[Node, ...]
    term: Node
    there: frozenset[tuple[Node, Dim]]


def span(axis: Axis, op: str, expr: Node) -> Span | None:
    """That of where(guard, term, 0) in a sum; None if `op` is another, if there is no guard, or if
    the axis is in all of it, and bounded by none."""
    guard, term = ops.guarded(expr)
    if op != "sum" or guard is None:
        return None
    lows, highs, still, rest = [], [], [], []
    tests = ops.conjuncts(guard)
    for test in tests:
        if axis not in nodes.free(test):
            still.append(test)
        elif (low := _bound(axis, test, "ge", "gt")) is not None:
            lows.append(low)
        elif (high := _bound(axis, test, "le", "lt")) is not None:
            highs.append(high)
        else:
            rest.append(test)
    if not (lows or highs or still):
        return None
    there = frozenset(
        (test.args[0], Dim(test.args[1].axis))
        for test in tests
        if isinstance(test, Op) and test.name == "lt" and isinstance(test.args[1], Size)
        if ops.op("ge", test.args[0], Const(0)) in tests
    )
    for test in reversed(rest):
        term = ops.op("where", test, term, Const(0.0))
    return Span(tuple(lows), tuple(highs), tuple(still), term, there)


def _bound(axis: Axis, test: Node, loose: str, strict: str) -> Node | None:
    """i + o - 1 >= 0, along i  →  1 - o: for "le" and "lt" the first value beyond."""
    if not isinstance(test, Op) or test.name not in (loose, strict):
        return None
    moving, limit = test.args
    rest = _without(axis, moving)
    if rest is None or axis in nodes.free(limit):
        return None
    bound = ops.op("sub", limit, rest)
    return ops.op("add", bound, Const(1)) if test.name in ("gt", "le") else bound


def _without(axis: Axis, index: Node) -> Node | None:
    """i + o - 1, along i  →  o - 1."""
    match index:
        case Axis():
            return Const(0) if index is axis else None
        case Op(name="add" | "sub" as name, args=(a, b)) if axis not in nodes.free(b):
            rest = _without(axis, a)
            return None if rest is None else ops.op(name, rest, b)
        case Op(name="add", args=(a, b)) if axis not in nodes.free(a):
            rest = _without(axis, b)
            return None if rest is None else ops.op("add", a, rest)
    return None
