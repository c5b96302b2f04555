"""Submanifold sparse convolution against one index_select, mm and index_add for each offset.

    python -m benchmarks.kernels.sparse_conv [--repeat 7] [--small]

The peer knows beforehand which sites have a neighbour at each offset, as a careful author would.
Sites are drawn in a ball's shell, so a third of the table is filled.
"""

from __future__ import annotations

import torch

from benchmarks.kernels.compare import line, options, randn
from handful.kernels.gallery import neighbours, sparse_conv


def shell(count: int) -> torch.Tensor:
    """About `count` distinct integer sites near a sphere."""
    torch.manual_seed(0)
    radius = (count / 12) ** 0.5
    points = torch.nn.functional.normalize(torch.randn(4 * count, 3), dim=1) * radius
    return points.round().long().unique(dim=0)[:count]


def main() -> None:
    """One line for each number of sites and channels."""
    chosen = options(__doc__)
    counts = (500,) if chosen.small else (20_000, 100_000)
    for count in counts:
        sites = shell(count)
        near = neighbours(sites)
        pairs = [(near[:, o] >= 0).nonzero()[:, 0] for o in range(27)]
        pairs = [(n, near[n, o]) for o, n in enumerate(pairs)]

        def peer(x, w, bias, pairs=pairs):
            out = bias.expand(len(x), -1)
            for o, (to, source) in enumerate(pairs):
                out = out.index_add(0, to, x.index_select(0, source) @ w[o])
            return out

        filled = float((near >= 0).float().mean())
        for channels in (8,) if chosen.small else (16, 32, 64):
            arguments = randn((len(sites), channels), (27, channels, channels), (channels,))
            line(
                f"{len(sites)} sites ({filled:.0%} filled) C {channels}",
                peer,
                lambda x, w, bias, near=near: sparse_conv(x, near, w, bias),
                arguments,
                chosen.repeat,
            )


if __name__ == "__main__":
    main()
