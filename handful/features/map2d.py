"""A place on a plane for every item, so that like lies beside like: the map in the report.

The two widest directions alone show the broad layout and blur all that is finer: of an item's ten
nearest neighbours, one lies among its ten nearest on that plane. Here neighbours then draw each
other together and strangers push apart, as in UMAP, which keeps four of the ten (2,624 solar cells;
the groups that come out are the modules that were photographed). The broad layout stays that of the
first two directions. Distances between groups mean little: the map is for finding, not measuring.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from handful.features.neighbours import neighbours
from handful.features.reduce import principal_directions

NUM_NEIGHBOURS = 12
STRANGERS = 12  # drawn anew for each item and step
STEPS = 60
SPREAD = 5.0  # of the first layout: wide enough for groups to part without passing each other
FAR = 2.5  # standard deviations, at most
PUSH = 8.0  # strangers against neighbours; from 4 groups shrink to specks, at 15 they melt
RATE, LONGEST = 0.5, 4.0


def map2d(
    X: Float[np.ndarray, "n d"],
    nearest: Int[np.ndarray, "n k"] | None = None,
    *,
    seed: int = 0,
) -> Float[np.ndarray, "n 2"]:
    """Two coordinates for each row; the same for the same rows and seed.

    Args:
        X: vectors, best as `reduce.reduced` gives them.
        nearest: neighbours of each row, as `neighbours(X, 12)` gives them; found here if None.
        seed: of the strangers drawn.
    Source:
        McInnes, Healy & Melville, arXiv:1802.03426. Ours: all items move at once, no fuzzy weights
        (every neighbour counts the same), a = b = 1, first layout by principal directions.
    """
    n = len(X)
    if n < 3:
        return np.zeros((n, 2), np.float32) + np.arange(n, dtype=np.float32)[:, None]
    if nearest is None:
        nearest = neighbours(X, NUM_NEIGHBOURS)[0]
    random = np.random.default_rng(seed)
    places = _first_layout(X, random)
    k = nearest.shape[1]
    for step in range(STEPS):
        pull = places[nearest] - places[:, None]
        pull /= 1 + np.einsum("nkc,nkc->nk", pull, pull)[..., None]
        drawn = pull.sum(axis=1)
        for axis in (0, 1):  # what draws an item to its neighbour draws the neighbour too
            drawn[:, axis] -= np.bincount(nearest.ravel(), pull[..., axis].ravel(), n)
        push = places[:, None] - places[random.integers(0, n, (n, STRANGERS))]
        apart = np.einsum("nkc,nkc->nk", push, push)
        weight = (2 * PUSH * k / STRANGERS) / ((0.1 + apart) * (1 + apart))
        drawn += np.einsum("nk,nkc->nc", weight, push)
        places += np.clip(RATE * (1 - step / STEPS) * drawn, -LONGEST, LONGEST)
    return places


def _first_layout(
    X: Float[np.ndarray, "n d"], random: np.random.Generator
) -> Float[np.ndarray, "n 2"]:
    """The two widest directions, each at the same spread, equal items a little apart.

    Far outliers are drawn in, or the map would be mostly the way to them.
    """
    centred = X - X.mean(axis=0)
    flat = centred @ principal_directions(centred, 2)
    places = 0.1 * SPREAD * random.standard_normal((len(X), 2), dtype=np.float32)
    spread = flat.std(axis=0)
    flat /= FAR * np.where(spread > 0, spread, 1)
    places[:, : flat.shape[1]] += SPREAD * FAR * np.tanh(flat)
    return places
