"""Depthwise convolution: each channel with a small picture of its own."""

from __future__ import annotations

from handful.kernels import F, axes, kernel, size, sum, where

b, c, o, p, u, v = axes("b c o p u v")


@kernel
def depthwise_conv(x: F[b, c, u, v], w: F[c, o, p], bias: F[c]) -> F[b, c, u, v]:
    """y[u, v] = bias + Σ x[u + o - ⌊O/2⌋, v + p - ⌊P/2⌋] · w[o, p], zero outside of the picture.

    Source: Howard et al., arXiv:1704.04861.
    """
    row, col = u + o - size(o) // 2, v + p - size(p) // 2
    inside = (row >= 0) & (row < size(u)) & (col >= 0) & (col < size(v))
    return bias[c] + sum((o, p), where(inside, x[b, c, row, col], 0) * w[c, o, p])
