"""Submanifold sparse convolution: work at the sites that are there, in two dimensions or three."""

from __future__ import annotations

from itertools import product

import torch

from handful.errors import DataError
from handful.kernels import F, I, axes, kernel, sum, where

c, e, m, n, o = axes("c e m n o")


@kernel
def sparse_conv(x: F[m, c], near: I[n, o].into(m), w: F[o, c, e], bias: F[e]) -> F[n, e]:
    """y[n] = bias + Σₒ x[near[n, o]] · w[o], over the neighbours that exist (-1 is none).

    Source: Graham & van der Maaten, arXiv:1706.01307.
    """
    return bias[e] + sum((o, c), where(near[n, o] >= 0, x[near[n, o], c] * w[o, c, e], 0))


def neighbours(sites: torch.Tensor, *, size: int = 3, batched: bool = False) -> torch.Tensor:
    """Which site lies at each offset of a window around each site, or -1.

    Offsets run in row-major order, -size//2 … size//2 in each dimension, as the taps of a dense
    convolution's weights do. One sort and a binary search for each offset; no dense grid.

    Args:
        sites: (n, d) integer coordinates, d in 1, 2, 3 …, of any sign.
        size: taps in each dimension; odd.
        batched: the first column is no coordinate but the number of the item in the batch.
    Returns:
        (n, size**d) int64.
    Raises:
        DataError: `size` is even, or two sites are the same.
    """
    if size % 2 == 0:
        raise DataError(f"a window of {size} has no middle.", expected="an odd size")
    reach = size // 2
    sites = sites.long()
    if not len(sites):
        return sites.new_empty(0, size ** (sites.shape[1] - batched))
    low = sites.amin(0) - reach
    extent = sites.amax(0) + reach + 1 - low  # room for every offset, so that no row wraps round
    strides = extent.flip(0).cumprod(0).flip(0) // extent
    keys = ((sites - low) * strides).sum(1)
    ordered, place = keys.sort()
    twice = ordered[1:] == ordered[:-1]
    if twice.any():
        first = place[int(twice.nonzero()[0])]
        raise DataError(
            f"{int(twice.sum())} of {len(sites)} sites are there twice.",
            found=str(sites[first].tolist()),
            attempt="sites.unique(dim=0)",
        )
    steps = list(product(range(-reach, reach + 1), repeat=sites.shape[1] - batched))
    offsets = (sites.new_tensor(steps) * strides[int(batched) :]).sum(1)
    wanted = keys[:, None] + offsets
    at = torch.searchsorted(ordered, wanted).clamp(max=len(sites) - 1)
    return torch.where(ordered[at] == wanted, place[at], -1)


class SparseConv(torch.nn.Module):
    """`sparse_conv` with its weights: features (m, channels) and a table → (n, out)."""

    def __init__(self, channels: int, out: int, *, dimensions: int = 3, size: int = 3) -> None:
        super().__init__()
        taps = size**dimensions
        bound = (taps * channels) ** -0.5
        self.weight = torch.nn.Parameter(torch.empty(taps, channels, out).uniform_(-bound, bound))
        self.bias = torch.nn.Parameter(torch.zeros(out))

    def forward(self, x: torch.Tensor, near: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = sparse_conv(x, near, self.weight, self.bias)
        return found
