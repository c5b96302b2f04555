"""The k nearest neighbours of each point; the distances of all pairs are never stored."""

from __future__ import annotations

from functools import cache
from typing import Any

from handful.kernels import F, I, Kernel, axes, kernel, smallest, sum

d, i, j, r = axes("d i j r")


@cache
def nearest_kernel(count: int) -> Kernel:
    """The kernel for one count: (x[i, d], y[j, d]) → squared distances and places, both [i, r]."""

    @kernel
    def nearest(x: F[i, d], y: F[j, d]) -> (F[i, r], I[i, r].into(j)):
        return smallest(j, sum(d, (x[i, d] - y[j, d]) ** 2), r, count=count)

    return nearest


def nearest(x: Any, y: Any, *, count: int) -> tuple[Any, Any]:
    """Squared distances to the `count` nearest rows of `y`, rising, and which rows they are.

    Args:
        x: (n, d) points; tensors or arrays.
        y: (m, d) points, m >= count.
        count: neighbours wanted; each count is compiled once.
    Returns:
        (n, count) squared distances, differentiable; (n, count) int64 rows of `y`.
    """
    squares, places = nearest_kernel(count)(x, y)
    return squares, places
