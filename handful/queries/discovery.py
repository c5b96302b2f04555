"""Discovery: dense places far from every label, where a class that nobody has named may live."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handful.queries.herding import landmarks_of
from handful.queries.query import Pool, Selection, check_count, chosen
from handful.queries.space import squared_distances

REASON = "unlike anything labelled yet, but not alone"
NEIGHBOURS = 10


@dataclass(frozen=True, slots=True)
class Discovery:
    """Distance to the nearest label, divided by the distance to the tenth nearest neighbour.

    Distance alone would ask about broken pictures: an outlier is far from its neighbours too.

    Args:
        landmarks: items among which neighbours are looked for; at most this many.
        candidates: items considered, drawn; at most this many.
    """

    landmarks: int = 1_500
    candidates: int = 1_000

    def __call__(self, pool: Pool, n: int, *, seed: int) -> Selection:
        """The `n` items most likely to belong to something new; see `Query`."""
        check_count(n)
        askable = pool.askable()
        rng = np.random.default_rng([seed, 3, int(pool.labelled.sum())])
        candidates = np.sort(rng.permutation(askable)[: self.candidates])
        if not len(candidates):
            return chosen(candidates, ())
        own = pool.vectors[candidates]
        marks = landmarks_of(pool, self.landmarks, seed=seed)
        squares = squared_distances(own, pool.vectors[marks])
        tenth = min(NEIGHBOURS, squares.shape[1] - 1)
        alone = np.sqrt(np.partition(squares, tenth, axis=1)[:, tenth]) + 1e-6
        far = np.full(len(candidates), np.inf)
        labelled = np.flatnonzero(pool.labelled)
        if len(labelled):
            far = np.sqrt(squared_distances(own, pool.vectors[labelled]).min(axis=1))
        picks: list[int] = []
        while len(picks) < min(n, len(candidates)):
            score = np.where(np.isinf(far), 1.0, far) / alone
            score[picks] = -1.0
            picks.append(int(np.argmax(score)))
            far = np.minimum(far, np.sqrt(squared_distances(own, own[picks[-1:]])[:, 0]))
        return chosen(candidates[picks], (REASON,) * len(picks))
