"""The map: a place for every item on a plane, at once by main directions, later by neighbours."""

from __future__ import annotations

import threading
from typing import final

import numpy as np
from jaxtyping import Float, Int

from handful.active.feature_snapshot import Known
from handful.features.map2d import map2d
from handful.queries.space import steering

MOST_NEIGHBOURLY = 20_000  # beyond, neighbours take minutes, and the main directions stay


@final
class Layout:
    """Positions of all items, renewed as more become known.

    Args:
        seed: of the map.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._places: Float[np.ndarray, "n 2"] | None = None
        self.version = 0

    def positions(self, num_items: int) -> tuple[Float[np.ndarray, "n 2"], int]:
        """(N, 2) in [-1, 1], NaN where an item has no vector yet; and the map's version."""
        with self._lock:
            if self._places is None:
                return np.full((num_items, 2), np.nan, np.float32), self.version
            return self._places, self.version

    def see(self, known: Known) -> None:
        """Draw the map anew, at once."""
        self._put(known, flat(known.steering))

    def refine(self, known: Known) -> None:
        """Draw it finely, now that no more items will come."""
        if 2 < len(known.places) <= MOST_NEIGHBOURLY:
            self._put(known, map2d(known.steering, seed=self._seed))

    def _put(self, known: Known, places: Float[np.ndarray, "m 2"]) -> None:
        with self._lock:
            self._places = on_all(known, places)
            self.version += 1


def on_all(known: Known, places: Float[np.ndarray, "m 2"]) -> Float[np.ndarray, "n 2"]:
    """Places of all items in [-1, 1]; NaN for those without a vector."""
    found = np.full((known.num_items, 2), np.nan, np.float32)
    if len(places):
        centred = places - (places.max(axis=0) + places.min(axis=0)) / 2
        widest = np.abs(centred).max(axis=0)
        found[known.places] = 0.98 * centred / np.where(widest > 0, widest, 1)
    return found


def flat(vectors: Float[np.ndarray, "m p"]) -> Float[np.ndarray, "m 2"]:
    """The two main directions of unit vectors, which `steering` puts first."""
    if vectors.shape[1] < 2:
        return np.column_stack([vectors, np.zeros(len(vectors), np.float32)])[:, :2]
    return vectors[:, :2]


def parted(
    known: Known, a: Int[np.ndarray, " i"], b: Int[np.ndarray, " j"]
) -> Float[np.ndarray, "n 2"]:
    """A map whose x parts two sets of items, and whose y spreads what x leaves over.

    x runs along the difference of the sets' means; y is the main direction of the rest.
    """
    rows_a, rows_b = (rows[rows >= 0] for rows in (known.rows_of(a), known.rows_of(b)))
    if not len(rows_a) or not len(rows_b):
        return on_all(known, flat(known.steering))
    vectors = known.steering
    way = vectors[rows_a].mean(axis=0) - vectors[rows_b].mean(axis=0)
    length = float(np.linalg.norm(way))
    if length < 1e-6:
        return on_all(known, flat(vectors))
    way /= length
    x = vectors @ way
    rest = vectors - x[:, None] * way
    y = flat(steering(rest, dimension=2))[:, 0]
    places = np.column_stack([x, y]).astype(np.float32)
    return on_all(known, places)
