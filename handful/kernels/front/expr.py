"""What a user writes inside a kernel: expressions over axes, and the functions on them.

An expression is an array over its free axes. Python runs the function once, so helpers, closures
and loops over Python numbers are plain macros; nothing here computes a value.
"""

from __future__ import annotations

import math
import operator
import os
import sys
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import reduce
from pathlib import Path

from handful.errors import KernelError
from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Axis, Const, Node, Size, Slot

inf = math.inf
tracing: ContextVar[str] = ContextVar("tracing", default="kernel")
# frames that are not the user's: ours, and those of run-time type checkers around ours
_BETWEEN = (str(Path(__file__).parents[1]) + os.sep, "<@beartype", f"{os.sep}jaxtyping{os.sep}")
_GALLERY = f"{os.sep}gallery{os.sep}"


def place() -> str:
    """`file.py:12` of the innermost line that is the user's."""
    frame = sys._getframe(1)
    while frame.f_back:
        name = frame.f_code.co_filename
        if _GALLERY in name or not any(part in name for part in _BETWEEN):
            break
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def fault(what: str, *, found: str = "", expected: str = "", attempt: str = "") -> KernelError:
    """The error of the kernel being traced, with the line."""
    return KernelError(
        f"{tracing.get()}: {what}", found=found or place(), expected=expected, attempt=attempt
    )


class Expr:
    """An expression; `node` is its term in the index IR."""

    __slots__ = ("node", "place")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Node, where: str | None = None) -> None:
        self.node = node
        self.place = where or place()

    def __add__(self, other: Value) -> Expr:
        return apply("add", self, other)

    def __radd__(self, other: Value) -> Expr:
        return apply("add", other, self)

    def __sub__(self, other: Value) -> Expr:
        return apply("sub", self, other)

    def __rsub__(self, other: Value) -> Expr:
        return apply("sub", other, self)

    def __mul__(self, other: Value) -> Expr:
        return apply("mul", self, other)

    def __rmul__(self, other: Value) -> Expr:
        return apply("mul", other, self)

    def __truediv__(self, other: Value) -> Expr:
        return apply("div", self, other)

    def __rtruediv__(self, other: Value) -> Expr:
        return apply("div", other, self)

    def __floordiv__(self, other: Value) -> Expr:
        return apply("floordiv", self, other)

    def __rfloordiv__(self, other: Value) -> Expr:
        return apply("floordiv", other, self)

    def __mod__(self, other: Value) -> Expr:
        return apply("mod", self, other)

    def __rmod__(self, other: Value) -> Expr:
        return apply("mod", other, self)

    def __pow__(self, other: Value) -> Expr:
        return power(self, other)

    def __rpow__(self, other: Value) -> Expr:
        return apply("pow", other, self)

    def __neg__(self) -> Expr:
        return apply("neg", self)

    def __abs__(self) -> Expr:
        return apply("abs", self)

    def __lt__(self, other: Value) -> Expr:
        return apply("lt", self, other)

    def __le__(self, other: Value) -> Expr:
        return apply("le", self, other)

    def __gt__(self, other: Value) -> Expr:
        return apply("gt", self, other)

    def __ge__(self, other: Value) -> Expr:
        return apply("ge", self, other)

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]
        return apply("eq", self, other)

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]
        return apply("ne", self, other)

    def __and__(self, other: Value) -> Expr:
        return apply("and", self, other)

    def __or__(self, other: Value) -> Expr:
        return apply("or", self, other)

    def __invert__(self) -> Expr:
        return apply("not", self)

    def __bool__(self) -> bool:
        raise fault(
            "an expression has no truth value while the kernel is read",
            expected="index notation, not Python's if, and, or, not",
            attempt="where(condition, a, b), and & | ~ between conditions",
        )

    def __int__(self) -> int:
        raise fault(
            "an expression has no number while the kernel is read",
            expected="an integer parameter, or a place in the language itself",
            attempt="declare it I[…] in place of F[…], and leave out int() and float()",
        )

    __float__ = __index__ = __int__

    def __iter__(self) -> object:
        raise fault(
            "an expression cannot be iterated over",
            expected="index notation: an axis stands for all its values",
            attempt="sum(k, ...) instead of a Python loop",
        )

    def at(self, **new: Value) -> Expr:
        """This expression with axes re-indexed: `e.at(i=idx[r])` reads row `idx[r]` of `e`."""
        axes = {Axis(name, 0): lift(value) for name, value in new.items()}
        for axis, value in axes.items():
            if axis not in nodes.free(self.node):
                raise fault(
                    f".at({axis}=…) but the expression does not vary over {axis}",
                    expected=f"one of {names(nodes.free(self.node))}",
                )
            integer(value, f".at({axis}=…)")
        return Expr(nodes.substitute(self.node, axes))


class AxisExpr(Expr):
    """An axis: a name for an index that runs over 0 … size - 1. Made by `axes`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        super().__init__(Axis(name, 0), "axes")
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self.name)  # axes are keys of to={n: …}


Value = Expr | bool | int | float


def axes(spaced_names: str) -> tuple[AxisExpr, ...]:
    """The axes named, in order: `i, j, k = axes("i j k")`. The same name is the same axis."""
    found = spaced_names.split()
    bad = next((name for name in found if not name.isidentifier()), None)
    if not found or bad:
        raise KernelError(
            f"axes({spaced_names!r}) does not name axes.",
            found=repr(bad or spaced_names),
            expected="names with spaces between them",
            attempt='i, j = axes("i j")',
        )
    return tuple(AxisExpr(name) for name in found)


def names(found: Iterable[Axis | str]) -> str:
    """`[n, k]`, as every message prints axes."""
    return "[" + ", ".join(a if isinstance(a, str) else a.name for a in found) + "]"


def lift(value: object) -> Node:
    """The term of an expression or a Python number."""
    if isinstance(value, Expr):
        return value.node
    if isinstance(value, bool | int | float):
        return Const(value)
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return Const(value.item())
    raise fault(
        f"{type(value).__name__} is not an expression",
        expected="tensors with all their indices, x[n, k]; axes; Python numbers",
        attempt="pass arrays as arguments of the kernel",
    )


def apply(name: str, *args: object) -> Expr:
    """The operator `name` of the table in `ir/ops.py`, on expressions."""
    try:
        return Expr(ops.op(name, *[lift(a) for a in args]))
    except ops.KindError as error:
        raise fault(str(error)) from None


def integer(node: Node, what: str) -> Node:
    """`node`, if it is an integer."""
    if ops.kind(node) != "i":
        raise fault(f"{what} takes an integer, not a {_KINDS[ops.kind(node)]}")
    return node


_KINDS = {"f": "float", "i": "integer", "b": "condition"}


def power(base: Value, exponent: Value) -> Expr:
    """`base ** exponent`; small constant exponents become products and roots."""
    if isinstance(exponent, int | float) and isinstance(base, Expr):
        if exponent == 0.5:
            return apply("sqrt", base)
        if exponent == -0.5:
            return apply("rsqrt", base)
        if isinstance(exponent, int) and 1 <= exponent <= 4:
            square = apply("mul", base, base)
            return {1: base, 2: square, 3: square * base, 4: square * square}[exponent]
        if exponent == -1:
            return apply("div", 1.0, base)
    return apply("pow", base, exponent)


def size(axis: AxisExpr) -> Expr:
    """How many values `axis` has, as an integer expression."""
    return Expr(Size(_bound_axis(axis, "size").name))


def where(condition: Value, a: Value, b: Value) -> Expr:
    """`a` where the condition holds, else `b`. The branch not taken is never read: not its
    out-of-range indices, and not its NaN, in the value or in the derivative."""
    return apply("where", condition, a, b)


def padded(body: Expr, value: Value = 0.0) -> Expr:
    """`body` where all that it reads lies inside of its tensors, else `value`: a convolution's
    padding, `padded(x[n, i - 1])`. So does a table's -1, which stands for none, give `value`."""
    term = lift(body)
    places = [
        (dim, index)
        for load in nodes.loads(term)
        for dim, index in zip(load.array.dims, load.index, strict=True)
        if not (isinstance(index, Axis) and index.name == dim.axis)
    ]
    inner = nodes.union(nodes.free(index) for _, index in places)
    bound = next((a for a in inner if a not in nodes.free(term)), None)
    if bound is not None:
        raise fault(
            f"padded stands around a reduction over {bound.name}, along which it cannot ask",
            attempt=f"sum({bound.name}, padded(…)) in place of padded(sum({bound.name}, …))",
        )
    inside = [
        test
        for dim, index in places
        for test in (Expr(index) >= 0, Expr(index) < Expr(Size(dim.axis)))
    ]
    return where(reduce(operator.and_, inside), body, value) if inside else body


def exp(x: Value) -> Expr:
    """eˣ."""
    return apply("exp", x)


def log(x: Value) -> Expr:
    """Natural logarithm."""
    return apply("log", x)


def tanh(x: Value) -> Expr:
    """Hyperbolic tangent."""
    return apply("tanh", x)


def sigmoid(x: Value) -> Expr:
    """1 / (1 + e⁻ˣ)."""
    return apply("sigmoid", x)


def erf(x: Value) -> Expr:
    """The error function."""
    return apply("erf", x)


def sqrt(x: Value) -> Expr:
    """Square root."""
    return apply("sqrt", x)


def rsqrt(x: Value) -> Expr:
    """1 / √x."""
    return apply("rsqrt", x)


def sin(x: Value) -> Expr:
    """Sine."""
    return apply("sin", x)


def cos(x: Value) -> Expr:
    """Cosine."""
    return apply("cos", x)


def floor(x: Value) -> Expr:
    """The largest integer that is not above x, as an integer: an index, say.

    Its derivative is zero. It is clamped to ± 2⁵³; NaN gives the least of these, which is out of
    every range, so what is read there is no value: `padded(x[floor(p[n])])`.
    """
    return apply("floor", x)


def round(x: Value) -> Expr:  # as in NumPy: halves go to the even neighbour
    """The nearest integer, as an integer; of two the even one. Otherwise as `floor`."""
    return apply("round", x)


def trunc(x: Value) -> Expr:
    """The integer next to x towards zero, as an integer. Otherwise as `floor`."""
    return apply("trunc", x)


def maximum(a: Value, b: Value) -> Expr:
    """The larger of two; the derivative goes to `a` where they are equal."""
    return apply("maximum", a, b)


def minimum(a: Value, b: Value) -> Expr:
    """The smaller of two; the derivative goes to `a` where they are equal."""
    return apply("minimum", a, b)


def clip(x: Value, low: Value, high: Value) -> Expr:
    """`x`, but no less than `low` and no more than `high`."""
    return maximum(low, minimum(high, x))


def stop(x: Value) -> Expr:
    """`x`, whose derivative is taken to be zero."""
    return apply("stop", x)


def relu(x: Value) -> Expr:
    """max(x, 0), with slope 0 at 0."""
    return where(apply("gt", x, 0), x, 0.0)


def silu(x: Value) -> Expr:
    """x · sigmoid(x)."""
    return apply("mul", x, sigmoid(x))


def gelu(x: Value) -> Expr:
    """x · Φ(x), exactly (by `erf`). Source: Hendrycks & Gimpel, arXiv:1606.08415."""
    return apply("mul", apply("mul", 0.5, x), 1.0 + erf(apply("mul", math.sqrt(0.5), x)))


def _bound_axis(axis: object, verb: str) -> Axis:
    if not isinstance(axis, AxisExpr):
        raise fault(
            f"{verb} takes an axis, not {type(axis).__name__}",
            expected="an axis, or a tuple of axes, made by axes(...)",
            attempt=f"{verb}(k, x[n, k])",
        )
    assert isinstance(axis.node, Axis)
    return axis.node


def _reduce(
    verb: str,
    over: AxisExpr | tuple[AxisExpr, ...],
    body: Value,
    to: Mapping[AxisExpr, Value] | None = None,
) -> Expr:
    found = tuple(_bound_axis(a, verb) for a in (over if isinstance(over, tuple) else (over,)))
    term = lift(body)
    if len(set(found)) != len(found):
        raise fault(f"{verb} names an axis twice in {names(found)}")
    slots = _slots(verb, found, term, to)
    seen = dict(nodes.free(term))
    for slot in slots:
        seen.update(nodes.free(slot.dst))
    idle = [axis for axis in found if axis not in seen]
    if idle:
        raise fault(
            f"{verb} runs over {idle[0]}, but its body varies over {names(seen)} only",
            attempt=f"drop {idle[0]}, or multiply by size({idle[0]})",
        )
    if verb == "sum" and ops.kind(term) == "b":
        term = ops.cast(term, "i")
    return Expr(nodes.bind(verb, found, term, slots))


def _slots(
    verb: str, over: tuple[Axis, ...], term: Node, to: Mapping[AxisExpr, Value] | None
) -> tuple[Slot, ...]:
    slots = []
    for key, value in (to or {}).items():
        target, dst = _bound_axis(key, "to="), integer(lift(value), "to=")
        if target in nodes.free(term) and target not in over:
            raise fault(
                f"{verb}(…, to={{{target}: …}}) but its body varies over {target} already",
                attempt=f"name the target axis otherwise, or re-index with .at({target}=…)",
            )
        slots.append(Slot(target.name, dst, target))
    return tuple(slots)


def sum(  # the field's word; Python's own sum has no meaning inside a kernel
    over: AxisExpr | tuple[AxisExpr, ...],
    body: Value,
    *,
    to: dict[AxisExpr, Value] | None = None,
) -> Expr:
    """Sum of `body` over one axis or several.

    With `to={n: dst[e]}` each term is sent to the place n = dst[e] (a scatter): the value at n is
    the sum of the terms whose dst[e] equals n, in Iverson's notation Σₑ [dst[e] = n] · body. A
    term whose target is out of range counts nowhere.
    """
    return _reduce("sum", over, body, to)


def max(
    over: AxisExpr | tuple[AxisExpr, ...],
    body: Value,
    *,
    to: dict[AxisExpr, Value] | None = None,
) -> Expr:
    """Largest `body` over one axis or several; -inf over nothing. The derivative goes to the first
    of equals. `to` as in `sum`: the largest of the terms that are sent to each place."""
    return _reduce("max", over, body, to)


def min(
    over: AxisExpr | tuple[AxisExpr, ...],
    body: Value,
    *,
    to: dict[AxisExpr, Value] | None = None,
) -> Expr:
    """Smallest `body`, likewise."""
    return _reduce("min", over, body, to)


def mean(over: AxisExpr | tuple[AxisExpr, ...], body: Value) -> Expr:
    """Sum divided by the number of terms."""
    count = Const(1)
    for axis in over if isinstance(over, tuple) else (over,):
        count = ops.op("mul", count, Size(_bound_axis(axis, "mean").name))  # type: ignore[assignment]
    return apply("div", _reduce("sum", over, body), Expr(count))


def softmax(
    over: AxisExpr | tuple[AxisExpr, ...],
    body: Value,
    *,
    to: dict[AxisExpr, Value] | None = None,
) -> Expr:
    """exp(body) / Σ exp(body): the share of each term among those over one axis or several.

    With `to={n: dst[e]}` the share among the terms that are sent to the same place. The largest
    term is taken off all first, which changes nothing and lets none overflow.
    """

    def of_each(total: Expr) -> Expr:
        return total.at(**{place.name: at for place, at in to.items()}) if to else total

    powers = exp(apply("sub", body, stop(of_each(max(over, body, to=to)))))
    return powers / of_each(sum(over, powers, to=to))


def smallest(over: AxisExpr, body: Value, rank: AxisExpr, *, count: int) -> tuple[Expr, Expr]:
    """The `count` smallest values of `body` over an axis, in rising order, and where they are.

    Both vary over `rank` in place of `over`. Of equals the first counts first; NaN comes last. The
    values are differentiable: they are `body` at the places found.
    """
    axis, by = _bound_axis(over, "smallest"), _bound_axis(rank, "smallest")
    term = ops.cast(lift(body), "f")
    if count < 1:
        raise fault(f"smallest takes a count of 1 or more, not {count}")
    if axis not in nodes.free(term):
        raise fault(f"smallest runs over {axis}, but its body varies over "
                    f"{names(nodes.free(term))} only")  # fmt: skip
    if by in nodes.free(term):
        raise fault(f"smallest ranks over {by}, but its body varies over {by} already")
    found = nodes.bind_smallest(axis, term, by.name, count, by)
    return Expr(nodes.substitute(term, {axis: found})), Expr(found)
