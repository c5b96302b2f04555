"""Depthwise convolution: each channel with a small picture of its own."""

from __future__ import annotations

from handful.kernels import F, axes, kernel, padded, size, sum

b, c, o, p, u, v = axes("b c o p u v")


@kernel
def depthwise_conv(x: F[b, c, u, v], w: F[c, o, p], bias: F[c]) -> F[b, c, u, v]:
    """y[u, v] = bias + Σ x[u + o - ⌊O/2⌋, v + p - ⌊P/2⌋] · w[o, p], zero outside of the picture.

    Source: Howard et al., arXiv:1704.04861.
    """
    return bias[c] + sum(
        (o, p), padded(x[b, c, u + o - size(o) // 2, v + p - size(p) // 2] * w[c, o, p])
    )
