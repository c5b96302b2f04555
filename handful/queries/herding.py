"""Uncertainty herding: ask where the model wavers and many other items lie. The default query.

A labelled item speaks for those near it. What an item would add is how much better the uncertain
part of the pool would be spoken for. Before there is a model everything counts as uncertain, and
the same rule picks typical, different items; as labels grow the radius of "near" shrinks with the
distance between labelled items, and the rule turns into margin sampling that avoids repetition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handful.queries.query import Pool, Selection, check_count, chosen, uncertainty
from handful.queries.space import squared_distances

TYPICAL = "typical of many items that no label speaks for yet"
WAVERING = "the model wavers here, and on many items like it"
START_RADIUS = 1.0  # of unit vectors; MaxHerding's own choice
LEAST_RADIUS = 0.05


@dataclass(frozen=True, slots=True)
class Herding:
    """Greedy uncertainty coverage, in the space of `space.steering`.

    Args:
        landmarks: items, drawn once, that stand for the pool; at most this many.
        candidates: items considered: half the least certain, half drawn; at most this many.
        weighted: whether landmarks count by the model's uncertainty; False is MaxHerding.
    Source:
        Bae, Oliveira & Sutherland, arXiv:2412.20644; MaxHerding: Bae, Noh & Sutherland,
        arXiv:2407.12212. Ours: landmarks instead of the whole pool; the radius is the median
        distance to the nearest labelled neighbour instead of the smallest, which one chance
        pair of look-alikes would decide; probabilities come calibrated from the head; lazy greedy.
    """

    landmarks: int = 1_500
    candidates: int = 1_000
    weighted: bool = True

    def __call__(self, pool: Pool, n: int, *, seed: int) -> Selection:
        """The `n` items that together add most coverage; see `Query`."""
        check_count(n)
        candidates = candidates_of(pool, self.candidates, seed=seed)
        if not len(candidates):
            return chosen(candidates, ())
        marks = landmarks_of(pool, self.landmarks, seed=seed)
        labelled = np.flatnonzero(pool.labelled)
        radius = radius_of(pool.vectors[labelled])
        near = similarity(pool.vectors[candidates], pool.vectors[marks], radius)
        covered = np.zeros(len(marks), near.dtype)
        if len(labelled):
            covered = similarity(pool.vectors[marks], pool.vectors[labelled], radius).max(axis=1)
        weight = np.ones(len(marks), near.dtype)
        if self.weighted and pool.probabilities is not None:
            weight = uncertainty(pool.probabilities[marks]).astype(near.dtype)
        picks = candidates[greedy_coverage(near, covered, weight, min(n, len(candidates)))]
        wavers = pool.probabilities is not None and self.weighted
        return chosen(picks, (WAVERING if wavers else TYPICAL,) * len(picks))


def greedy_coverage(
    near: Float[np.ndarray, "c r"],
    covered: Float[np.ndarray, " r"],
    weight: Float[np.ndarray, " r"],
    n: int,
) -> Int[np.ndarray, " n"]:
    """Rows that one after another add most to the sum of weight x best similarity.

    A gain never grows as others are picked, so a gain computed earlier is an upper limit, and only
    the rows at the top are computed anew: the picks are those of the plain greedy rule.

    Args:
        near: similarity of each candidate to each landmark.
        covered: best similarity of each landmark to what is labelled.
        weight: of each landmark.
        n: rows to pick, at most c.
    Source:
        Minoux, "Accelerated greedy algorithms for maximizing submodular set functions", 1978.
    """
    covered = covered.copy()
    limit = np.empty(len(near))
    for start in range(0, len(near), 256):
        gains = np.maximum(near[start : start + 256] - covered, 0.0) @ weight
        limit[start : start + 256] = gains
    picks: list[int] = []
    while len(picks) < n:
        fresh = np.zeros(len(near), bool)
        while not fresh[best := int(np.argmax(limit))]:
            limit[best] = np.maximum(near[best] - covered, 0.0) @ weight
            fresh[best] = True
        picks.append(best)
        limit[best] = -np.inf
        covered = np.maximum(covered, near[best])
    return np.array(picks, dtype=np.int64)


def similarity(
    A: Float[np.ndarray, "a p"], B: Float[np.ndarray, "b p"], radius: float
) -> Float[np.ndarray, "a b"]:
    """exp(-distance² / radius²), in [0, 1]."""
    squares = squared_distances(A, B)
    squares *= np.float32(-1.0 / radius**2)
    result: np.ndarray = np.exp(squares, out=squares)
    return result


def radius_of(labelled: Float[np.ndarray, "m p"]) -> float:
    """How far a label speaks: the median distance from a labelled item to the next."""
    if len(labelled) < 2:
        return START_RADIUS
    nearest = np.empty(len(labelled))
    for start in range(0, len(labelled), 1024):
        squares = squared_distances(labelled[start : start + 1024], labelled)
        rows = np.arange(len(squares))
        squares[rows, start + rows] = np.inf
        nearest[start : start + 1024] = squares.min(axis=1)
    return max(float(np.median(np.sqrt(nearest))), LEAST_RADIUS)


def landmarks_of(pool: Pool, most: int, *, seed: int) -> Int[np.ndarray, " r"]:
    """Items that stand for the pool: one of each cluster, drawn by the seed alone."""
    _, first = np.unique(pool.clusters, return_index=True)
    if len(first) <= most:
        return first
    return np.sort(np.random.default_rng([seed, 1]).choice(first, most, replace=False))


def candidates_of(pool: Pool, most: int, *, seed: int) -> Int[np.ndarray, " c"]:
    """Items to choose among: all that can be asked, or half the least certain and half drawn."""
    askable = pool.askable()
    if len(askable) <= most:
        return askable
    rng = np.random.default_rng([seed, 2, int(pool.labelled.sum())])
    if pool.probabilities is None:
        return np.sort(rng.choice(askable, most, replace=False))
    wavering = np.argpartition(-uncertainty(pool.probabilities[askable]), most // 2)[: most // 2]
    rest = np.delete(askable, wavering)
    drawn = rng.choice(rest, most - len(wavering), replace=False)
    return np.sort(np.concatenate([askable[wavering], drawn]))
