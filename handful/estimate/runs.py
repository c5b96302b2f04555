"""Runs of consecutive items: how long they must be, how they are formed, and the same at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
RESEMBLE = 0.05  # of an item's own square: below it, neighbours are as unlike as any two
CLEARLY = 3.0  # standard errors of the mean of as many random pairs
FADED = float(np.exp(-1))  # of what neighbours share: so little is known across a run's end
TIMES = 1.5  # as long: runs do not begin where series begin, and shorter ones part most of them
FEWEST = 10  # runs: fewer say little of runs to come
FEWEST_OF_A_PART = 5  # or one run would be most of a class


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Items in runs.

    Args:
        of_item: (s,) run of each item, from 0.
        unit: (s,) unit of each item, as a place in `of_unit`.
        of_unit: (u,) run of each unit.
        stratum: (u,) class of each unit: only units of one class change places.
    """

    of_item: Int[np.ndarray, " s"]
    unit: Int[np.ndarray, " s"]
    of_unit: Int[np.ndarray, " u"]
    stratum: Int[np.ndarray, " u"]

    @property
    def count(self) -> int:
        """How many runs there are."""
        return int(self.of_unit.max()) + 1

    def groups(self) -> list[Int[np.ndarray, " m"]]:
        """The items of each run."""
        by_run = np.argsort(self.of_item, kind="stable")
        return np.split(by_run, np.flatnonzero(np.diff(self.of_item[by_run])) + 1)

    def shuffled(self, rng: np.random.Generator) -> Runs:
        """Units dealt to the same runs at random, each run with as many units of each class."""
        dealt = self.of_unit.copy()
        for stratum in np.unique(self.stratum):
            own = np.flatnonzero(self.stratum == stratum)
            dealt[own] = rng.permutation(dealt[own])
        return replace(self, of_item=dealt[self.unit], of_unit=dealt)


def run_length(
    alike: Float[np.ndarray, "s s"], parts: Int[np.ndarray, " s"], y: Int[np.ndarray, " s"]
) -> int | None:
    """After how many items neighbours have hardly more in common than their class.

    Args:
        alike: inner products of s items in their order.
        parts: (s,) items of two parts are no neighbours.
        y: (s,) class of each.
    Returns:
        Twice the first of `LAGS` at which what neighbours share has faded to 1/e, but so short
        that there are runs enough; None where direct neighbours share nothing clear.
    """
    n = len(y)
    within = _WithinClasses(alike, y)
    every = np.arange(n)
    own = float(within.shared(every, every).mean())
    neighbours = [np.flatnonzero(parts[:-lag] == parts[lag:]) for lag in LAGS if lag < n]
    if own <= 0 or not len(neighbours) or not len(neighbours[0]):
        return None
    random = np.random.default_rng(0)
    pairs = within.shared(random.permutation(n), random.permutation(n))
    noise = float(pairs.std()) / np.sqrt(len(neighbours[0]))
    shared = [float(within.shared(at, at + lag).mean()) if len(at) else 0.0
              for lag, at in zip(LAGS, neighbours, strict=False)]  # fmt: skip
    if shared[0] < max(RESEMBLE * own, CLEARLY * noise):
        return None
    faded = (lag for lag, one in zip(LAGS, shared, strict=False) if one < FADED * shared[0])
    length = min(int(TIMES * next(faded, LAGS[-1])), n // FEWEST)
    return length if length > 1 else None


class _WithinClasses:
    """Inner products of items after each class's mean is taken off its items, pair by pair."""

    def __init__(self, alike: Float[np.ndarray, "s s"], y: Int[np.ndarray, " s"]) -> None:
        _, of = np.unique(y, return_inverse=True)
        share = np.zeros((of.max() + 1, len(of)), alike.dtype)
        share[of, np.arange(len(of))] = 1
        share /= share.sum(axis=1, keepdims=True)
        self._alike, self._of = alike, of
        self._with_mean = share @ alike  # of each class's mean with each item
        self._of_means = self._with_mean @ share.T

    def shared(
        self, one: Int[np.ndarray, " m"], other: Int[np.ndarray, " m"]
    ) -> Float[np.ndarray, " m"]:
        """The inner product of each pair."""
        a, b = self._of[one], self._of[other]
        product: Float[np.ndarray, " m"] = (
            self._alike[one, other]
            - self._with_mean[a, other]
            - self._with_mean[b, one]
            + self._of_means[a, b]
        )
        return product


def form_runs(
    units: Int[np.ndarray, " s"],
    parts: Int[np.ndarray, " s"],
    y: Int[np.ndarray, " s"],
    length: int,
) -> Runs | None:
    """Runs of about `length` items, no unit parted, none across two parts; None if too few come.

    A unit stands where its first item stands. In a part of fewer than five runs they are shorter.

    Args:
        units: (s,) of items in their order.
        parts: (s,) part of each.
        y: (s,) class of each; a unit counts with its first item's.
        length: items in a run, at least.
    """
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    by_place = np.argsort(first)
    turn = np.argsort(by_place)  # of each unit in the order
    sizes = np.bincount(unit)[by_place]
    part = parts[first[by_place]]
    of_unit = np.empty(len(first), np.int64)
    run = -1
    for one in np.unique(part):
        own = np.flatnonzero(part == one)
        total = int(sizes[own].sum())
        wanted = max(1, min(length, total // FEWEST_OF_A_PART))
        count = max(1, total // wanted)
        before = np.cumsum(sizes[own]) - sizes[own]
        of_unit[own] = run + 1 + np.minimum(before * count // total, count - 1)
        run += count
    of_unit = np.unique(of_unit, return_inverse=True)[1]
    if of_unit.max() + 1 < FEWEST:
        return None
    unit = turn[unit]
    return Runs(of_unit[unit], unit, of_unit, y[first[by_place]])
