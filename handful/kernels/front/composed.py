"""Names for what is made of other constructs: nothing here knows how any of it is computed."""

from __future__ import annotations

from handful.kernels.front.expr import (
    AxisExpr,
    Expr,
    Value,
    apply,
    exp,
    lift,
    log,
    max,
    maximum,
    size,
    smallest,
    stop,
    sum,
    where,
)
from handful.kernels.front.scans import scan
from handful.kernels.ir import nodes


def logsumexp(
    over: AxisExpr | tuple[AxisExpr, ...], body: Value, *, to: dict[AxisExpr, Value] | None = None
) -> Expr:
    """log Σ exp(body) over one axis or several, without overflow.

    Over nothing, or where all terms are -inf, it is -inf.

    Args:
        to: sums apart what is sent to each place, as in `sum`.
    """
    largest = stop(max(over, body, to=to))
    finite = where(largest > -float("inf"), largest, 0)
    at = finite.at(**{place.name: index for place, index in to.items()}) if to else finite
    return log(sum(over, exp(apply("sub", body, at)), to=to)) + finite


def logaddexp(a: Value, b: Value) -> Expr:
    """log(exp(a) + exp(b)), without overflow; -inf where both are."""
    largest = stop(maximum(a, b))
    finite = where(largest > -float("inf"), largest, 0)
    return log(exp(apply("sub", a, finite)) + exp(apply("sub", b, finite))) + finite


def argmax(over: AxisExpr, body: Value) -> Expr:
    """The first place along an axis at which `body` is largest, as an integer; NaN comes last."""
    return argmin(over, apply("neg", body))


def argmin(over: AxisExpr, body: Value) -> Expr:
    """The first place along an axis at which `body` is smallest, as an integer; NaN comes last."""
    # Chosen as it is computed. To compare with min(over, body) would compute `body` twice, and a
    # compiler may round the second time otherwise.
    rank = AxisExpr(f"best_{over.name}")
    _, place = smallest(over, body, rank, count=1)
    return place.at(**{rank.name: 0})


def cumsum(over: AxisExpr, body: Value, *, reverse: bool = False) -> Expr:
    """The sum of `body` up to each place of an axis, that place too.

    Args:
        reverse: from each place to the end.
    """
    return _running(over, body, "add", 0.0, reverse)


def prod(over: AxisExpr, body: Value) -> Expr:
    """The product of `body` over an axis; 1 over nothing. Zeros have the right derivative."""
    return _running(over, body, "mul", 1.0, False).at(**{over.name: size(over) - 1})


def _running(over: AxisExpr, body: Value, name: str, start: float, reverse: bool) -> Expr:
    own = tuple(AxisExpr(a.name) for a in nodes.free(lift(body)) if a is not over.node)

    def step(running: object) -> Expr:
        return apply(name, running[own if own else ()], body)  # type: ignore[index]

    return scan(over, step, init={own: start}, reverse=reverse)
