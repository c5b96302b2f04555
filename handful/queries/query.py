"""The contract that every query keeps: what it may know, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.errors import SettingError


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """All items, as a query sees them: where they lie and what is known, never an item's label.

    Args:
        vectors: (n, p), unit length: see `space.steering`.
        clusters: (n,), near-duplicates share a number; one of a cluster is asked, never two.
        labelled: (n,), items that have a label which the steering head learned from.
        closed: (n,), items not to be asked: the audit reserve, set aside, on another's screen.
        probabilities: (n, k), of the head that steers; None before there is one.
        counts: labels of each class so far, each from a look of its own; None: not told.
    """

    vectors: Float[np.ndarray, "n p"]
    clusters: Int[np.ndarray, " n"]
    labelled: Bool[np.ndarray, " n"]
    closed: Bool[np.ndarray, " n"]
    probabilities: Float[np.ndarray, "n k"] | None = None
    counts: Int[np.ndarray, " c"] | None = None

    def askable(self) -> Int[np.ndarray, " m"]:
        """One item of each cluster of which nothing is labelled or closed, ascending."""
        done = np.unique(self.clusters[self.labelled | self.closed])
        _, first = np.unique(self.clusters, return_index=True)
        return np.sort(first[~np.isin(self.clusters[first], done, assume_unique=True)])

    def with_labelled(self, indices: Int[np.ndarray, " m"]) -> Pool:
        """The same pool, as if these items were labelled too."""
        labelled = self.labelled.copy()
        labelled[indices] = True
        return replace(self, labelled=labelled)


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What to ask, best first.

    Args:
        indices: of items in the pool.
        probabilities: with which each was drawn, given those before it; nan where it was not drawn
            but chosen. Only drawn items can be weighted back to the whole pool.
        reasons: one sentence for each item.
    """

    indices: Int[np.ndarray, " m"]
    probabilities: Float[np.ndarray, " m"]
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.indices)


@runtime_checkable
class Query(Protocol):
    """A way to choose what to ask next.

    The same pool and seed give the same choice. Fewer than `n` items are chosen only where fewer
    can be asked; none of them is labelled or closed, and no two are of one cluster.
    """

    def __call__(self, pool: Pool, n: int, *, seed: int) -> Selection:
        """Choose `n` items."""
        ...


def chosen(indices: Int[np.ndarray, " m"], reasons: Sequence[str]) -> Selection:
    """A selection that was not drawn at random."""
    return Selection(indices, np.full(len(indices), np.nan), tuple(reasons))


def check_count(n: int) -> None:
    """Asking for a number of items that makes no sense is an error, not an empty answer.

    Raises:
        SettingError: `n` is below 1.
    """
    if n < 1:
        raise SettingError(
            "A query must ask for at least one item.",
            found=f"n = {n}",
            expected="n >= 1",
            attempt="ask for 12, a screen full",
        )


def uncertainty(probabilities: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " n"]:
    """One less the margin between the two likeliest classes: 0 is sure, 1 is a tie."""
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    top = np.partition(probabilities, -2, axis=1)[:, -2:]
    return 1.0 - (top[:, 1] - top[:, 0]).astype(float)
