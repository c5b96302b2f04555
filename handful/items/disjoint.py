"""Which things belong together, when it is told pair by pair. Nothing of pictures here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import numpy as np
from jaxtyping import Int


@final
class DisjointSets:
    """Sets of the numbers 0 to n - 1, each alone at first, joined pair by pair.

    Source:
        Tarjan, J. ACM 22 (1975): union by the smaller root, with path halving.
    """

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def find(self, i: int) -> int:
        """The smallest number in the set that holds i."""
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        """Makes one set of the two that hold i and j."""
        i, j = sorted((self.find(i), self.find(j)))
        self._parent[j] = i

    def join_alike(self, keys: Iterable[object]) -> None:
        """Joins all numbers whose keys are equal; the k-th key belongs to number k."""
        first: dict[object, int] = {}
        for i, key in enumerate(keys):
            self.join(first.setdefault(key, i), i)

    def roots(self) -> Int[np.ndarray, " m"]:
        """The smallest number of each set, rising."""
        return np.unique([self.find(i) for i in range(len(self._parent))]).astype(np.int64)

    def numbered(self) -> Int[np.ndarray, " n"]:
        """For each number, which set holds it: counted from 0 in the order of `roots`."""
        roots = [self.find(i) for i in range(len(self._parent))]
        return np.unique(roots, return_inverse=True)[1].astype(np.int64)
