"""Nearest neighbours against cdist + topk, Gaussian interaction against cdist, exp and a product.

    python -m benchmarks.kernels.points [--repeat 7] [--small]

The peers go through the rows in chunks of 2,000, since all pairs at once would not fit in memory.
"""

from __future__ import annotations

import torch

from benchmarks.kernels.compare import line, options, randn
from handful.kernels.gallery import gaussian, nearest

CHUNK, COUNT = 2000, 8


def cdist_topk(x, y):
    """Squared distances to the nearest rows."""
    parts = [torch.cdist(c, y).topk(COUNT, largest=False).values.square() for c in x.split(CHUNK)]
    return torch.cat(parts)


def cdist_exp(x, y, f, width):
    """The weighted sum of all values."""
    scale = -0.5 / width**2
    return torch.cat([(torch.cdist(c, y).square() * scale).exp() @ f for c in x.split(CHUNK)])


def main() -> None:
    """Two lines for each dimension."""
    chosen = options(__doc__)
    count = 200 if chosen.small else 20_000
    for dimensions in (3,) if chosen.small else (3, 16, 64):
        x, y, f = randn((count, dimensions), (count, dimensions), (count, 4))
        width = torch.tensor(float(dimensions) ** 0.5, requires_grad=True)
        line(
            f"nearest {count} d {dimensions}",
            cdist_topk,
            lambda x, y: nearest(x, y, count=COUNT)[0],
            [x, y],
            chosen.repeat,
        )
        name = f"gaussian {count} d {dimensions}"
        line(name, cdist_exp, gaussian, [x, y, f, width], chosen.repeat)


if __name__ == "__main__":
    main()
