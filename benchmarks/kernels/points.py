"""Nearest neighbours against cdist + topk, Gaussian interaction against cdist, exp and a product.

The torch peers go through the rows in chunks of 2,000: all pairs at once are slower, and the memory
table shows what they take.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import torch
from sklearn.neighbors import NearestNeighbors

from benchmarks.kernels.compare import Case, Peer, randn
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


def sklearn(x, y):
    """The places alone, by a tree or by brute force, as scikit-learn chooses."""
    return NearestNeighbors(n_neighbors=COUNT).fit(y.numpy(force=True)).kneighbors(
        x.numpy(force=True)
    )  # fmt: skip


def keops_pairs(x, y):
    """Squared distances of all pairs, as KeOps's formula."""
    import pykeops
    from pykeops.torch import LazyTensor

    pykeops.set_verbose(False)
    return ((LazyTensor(x[:, None]) - LazyTensor(y[None])) ** 2).sum(-1)


def keops_nearest(x, y):
    """The places alone."""
    return keops_pairs(x, y).argKmin(COUNT, dim=1)


def keops_gaussian(x, y, f, width):
    """The weighted sum of all values."""
    return (-0.5 * keops_pairs(x / width, y / width)).exp() @ f


def ours(x, y):
    """The squared distances of the gallery's kernel."""
    return nearest(x, y, count=COUNT)[0]


def cases(small: bool) -> Iterator[Case]:
    """Two for each dimension."""
    count = 200 if small else 20_000
    keops = find_spec("pykeops") is not None
    for dimensions in (3,) if small else (3, 16, 64):
        x, y, f = randn((count, dimensions), (count, dimensions), (count, 4))
        width = torch.tensor(float(dimensions) ** 0.5, requires_grad=True)
        wanted = 10.0 if dimensions == 3 else 3.0
        peers = [
            Peer("cdist + topk in chunks", cdist_topk, wanted=wanted),
            Peer("scikit-learn", sklearn, forward_only=True),
            *([Peer("KeOps", keops_nearest, forward_only=True)] if keops else []),
        ]
        yield Case(f"nearest {count:,} × {count:,}, d {dimensions}", ours, [x, y], peers)
        yield Case(
            f"gaussian {count:,} × {count:,}, d {dimensions}",
            gaussian,
            [x, y, f, width],
            [
                Peer("cdist, exp and product in chunks", cdist_exp),
                *([Peer("KeOps", keops_gaussian)] if keops else []),
            ],
        )
