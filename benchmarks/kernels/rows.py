"""Layer norm and softmax, alone and fused with a residual, against torch's own and an addition."""

from __future__ import annotations

from collections.abc import Iterator

from torch.nn import functional

from benchmarks.kernels.compare import Case, Function, Peer, randn
from handful.kernels import F, axes, kernel, softmax
from handful.kernels.gallery import add_layer_norm, layer_norm

d, n = axes("d n")
ALONE, FUSED = 0.9, 1.5
"""Alone there is nothing to fuse, so parity within a tenth is what the design asks."""


@kernel
def add_softmax(x: F[n, d], residual: F[n, d]) -> F[n, d]:
    """softmax(x + residual) along each row; the sum is never stored."""
    return softmax(d, x[n, d] + residual[n, d])


def cases(small: bool) -> Iterator[Case]:
    """Three for each width."""
    count = 64 if small else 4096

    def eager(run: Function, wanted: float) -> list[Peer]:
        return [Peer("eager", run, wanted=wanted)]

    for width in (32,) if small else (256, 1024, 4096):
        x, residual, weight, bias = randn((count, width), (count, width), (width,), (width,))
        size = f"{count} × {width}"
        yield Case(
            f"layer norm {size}",
            layer_norm,
            [x, weight, bias],
            eager(lambda x, w, b: functional.layer_norm(x, w.shape, w, b), ALONE),
        )
        yield Case(
            f"residual + layer norm {size}",
            add_layer_norm,
            [x, residual, weight, bias],
            eager(lambda x, r, w, b: functional.layer_norm(x + r, w.shape, w, b), FUSED),
        )
        yield Case(
            f"residual + softmax {size}",
            add_softmax,
            [x, residual],
            eager(lambda x, r: (x + r).softmax(1), FUSED),
        )
