"""Gaussian interaction: every point hears every other, weighted by their distance."""

from __future__ import annotations

from handful.kernels import F, axes, exp, kernel, sum

d, e, i, j = axes("d e i j")


@kernel
def gaussian(x: F[i, d], y: F[j, d], f: F[j, e], width: F[()]) -> F[i, e]:
    """Σⱼ exp(-|x - yⱼ|² / 2·width²) fⱼ; the weights of all pairs are never stored.

    Source: kernel density and kernel ridge sums, as KeOps has them: Charlier et al.,
    arXiv:2004.11127.
    """
    square = sum(d, (x[i, d] - y[j, d]) ** 2)
    return sum(j, exp(-square / (2 * width[()] ** 2)) * f[j, e])
