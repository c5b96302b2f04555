"""Submanifold sparse convolution against one index_select, mm and index_add for each offset.

The peer knows beforehand which sites have a neighbour at each offset, as a careful author would.
Sites are drawn in a ball's shell, so two fifths of the table are filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import torch

from benchmarks.kernels.compare import Case, Function, Peer, randn
from handful.kernels.gallery import neighbours, sparse_conv


def shell(count: int) -> torch.Tensor:
    """About `count` distinct integer sites near a sphere."""
    torch.manual_seed(0)
    radius = (count / 12) ** 0.5
    points = torch.nn.functional.normalize(torch.randn(4 * count, 3), dim=1) * radius
    return points.round().long().unique(dim=0)[:count]


def by_spconv(sites: torch.Tensor, channels: int) -> Function:
    """spconv's layer on the processor, its table made beforehand as ours is. Its backward pass asks
    for a graphics card, even there."""
    import spconv.pytorch as spconv

    layer = spconv.SubMConv3d(channels, channels, 3, indice_key="all")
    places = torch.nn.functional.pad(sites - sites.amin(0), (1, 0)).int()  # of item 0 in a batch
    extent = (sites.amax(0) - sites.amin(0) + 1).tolist()
    empty = spconv.SparseConvTensor(torch.zeros(len(sites), channels), places, extent, 1)
    empty.indice_dict = layer(empty).indice_dict

    def run(x, w, bias):
        weight = w.view(3, 3, 3, channels, channels).permute(4, 0, 1, 2, 3).contiguous()
        given = {"weight": weight, "bias": bias}
        return torch.func.functional_call(layer, given, (empty.replace_feature(x),)).features

    return run


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
            peers = [Peer("index_select, mm, index_add", by_offset, wanted=2.0)]
            if find_spec("spconv") is not None:
                peers.append(Peer("spconv", by_spconv(sites, channels), forward_only=True))
            yield Case(
                f"sparse conv {len(sites):,} sites ({filled:.0%} filled), {channels} channels",
                lambda x, w, bias, near=near: sparse_conv(x, near, w, bias),
                randn((len(sites), channels), (27, channels, channels), (channels,)),
                peers,
                most_backward=2.2,
            )
