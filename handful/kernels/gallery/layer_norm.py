"""Layer normalisation, alone and with the residual added in the same pass."""

from __future__ import annotations

from typing import Any

from handful.kernels import F, axes, kernel, mean, rsqrt

d, n = axes("d n")
EPSILON = 1e-5


def normalised(x: Any) -> Any:
    """(x - mean) / √(variance + ε) over d, as a term of a kernel."""
    mu = mean(d, x)
    return (x - mu) * rsqrt(mean(d, (x - mu) ** 2) + EPSILON)


@kernel
def layer_norm(x: F[n, d], weight: F[d], bias: F[d]) -> F[n, d]:
    """Each row with mean 0 and variance 1, then scaled and shifted.

    Source: Ba et al., arXiv:1607.06450.
    """
    return normalised(x[n, d]) * weight[d] + bias[d]


@kernel
def add_layer_norm(x: F[n, d], residual: F[n, d], weight: F[d], bias: F[d]) -> F[n, d]:
    """Layer normalisation of x + residual, which is never stored."""
    return normalised(x[n, d] + residual[n, d]) * weight[d] + bias[d]
