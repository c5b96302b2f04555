"""A plain matrix product with a bias and a gelu, which a library can only tie."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from benchmarks.kernels.compare import Case, Peer, randn
from handful.kernels import F, axes, gelu, kernel, sum

k, m, n = axes("k m n")


@kernel
def linear_gelu(x: F[n, k], w: F[k, m], bias: F[m]) -> F[n, m]:
    """gelu(xw + bias)."""
    return gelu(sum(k, x[n, k] * w[k, m]) + bias[m])


def eager(x, w, bias):
    """The same in two calls."""
    return functional.gelu(torch.addmm(bias, x, w))


def cases(small: bool) -> Iterator[Case]:
    """Square matrices."""
    for side in (16,) if small else (256, 512, 1024, 2048):
        arguments = randn((side, side), (side, side), (side,))
        yield Case(
            f"product + bias + gelu {side}³",
            linear_gelu,
            arguments,
            [Peer("eager", eager, wanted=0.95)],
        )
