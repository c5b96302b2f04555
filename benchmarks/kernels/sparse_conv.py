"""Submanifold sparse convolution against one index_select, mm and index_add for each offset.

The peer knows beforehand which sites have a neighbour at each offset, as a careful author would.
Sites are drawn in a ball's shell, so two fifths of the table are filled.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.kernels.compare import Case, Peer, randn
from handful.kernels.gallery import neighbours, sparse_conv


def shell(count: int) -> torch.Tensor:
    """About `count` distinct integer sites near a sphere."""
    torch.manual_seed(0)
    radius = (count / 12) ** 0.5
    points = torch.nn.functional.normalize(torch.randn(4 * count, 3), dim=1) * radius
    return points.round().long().unique(dim=0)[:count]


def cases(small: bool) -> Iterator[Case]:
    """One for each number of sites and channels."""
    for count in (500,) if small else (20_000, 100_000):
        sites = shell(count)
        near = neighbours(sites)
        pairs = [(near[:, o] >= 0).nonzero()[:, 0] for o in range(27)]
        pairs = [(n, near[n, o]) for o, n in enumerate(pairs)]

        def by_offset(x, w, bias, pairs=pairs):
            out = bias.expand(len(x), -1)
            for o, (to, source) in enumerate(pairs):
                out = out.index_add(0, to, x.index_select(0, source) @ w[o])
            return out

        filled = float((near >= 0).float().mean())
        for channels in (8,) if small else (16, 32, 64):
            yield Case(
                f"sparse conv {len(sites):,} sites ({filled:.0%} filled), {channels} channels",
                lambda x, w, bias, near=near: sparse_conv(x, near, w, bias),
                randn((len(sites), channels), (27, channels, channels), (channels,)),
                [Peer("index_select, mm, index_add", by_offset, wanted=2.0)],
                most_backward=2.2,
            )
