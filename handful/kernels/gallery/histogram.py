"""Counts of values, soft enough to have a derivative."""

from __future__ import annotations

from handful.kernels import F, axes, floor, kernel, sum

b, i = axes("b i")


@kernel
def histogram(x: F[i], low: F[()], width: F[()]) -> F[b]:
    """How much of each value falls to bin b, whose middle is low + (b + ½) · width.

    A value between two middles is shared by both, in proportion; what lies outside counts nowhere.
    Give the number of bins as `b=`.
    """
    at = (x[i] - low[()]) / width[()] - 0.5
    left = floor(at)
    share = at - left
    return sum(i, 1 - share, to={b: left}) + sum(i, share, to={b: left + 1})
