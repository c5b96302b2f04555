"""The space that a fit happens in: which items, which columns, and the way back to the vectors.

Up to `DUAL_ITEMS` items it is the space of the items, exactly. Beyond, it is the space of the
columns, reduced to principal directions where there are many. Labels are used only to draw a
sample that has every class.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from handful.heads.ridge import mix
from handful.heads.solver import Dual, Primal, Solution, Solver
from handful.heads.standardise import Columns, Rows, standardise
from handful.system.cores import gram, on_every_core

# A penalty is noise over signal, so one found on a part of the items holds for all of them: on
# ELPV the best of 700 items is within a factor 1.5 of the best of 1,968.
SEARCH_ITEMS = 768
FEWEST_PARTS = 12  # no unit is more than a twelfth of the sample, unless there are too few units
DUAL_ITEMS = 3072  # up to here n × n is cheaper than d × d
PRIMAL_COLUMNS = 2048  # more columns than this are first reduced …
REDUCED_COLUMNS = 1536  # … to so many principal directions …
REDUCING_ITEMS = 2048  # … of so many items
STANDARDISING_ITEMS = 4096
EXACT_ITEMS = 256  # up to here the n × n algebra is in float64: it costs nothing


class Space:
    """The items as a fit sees them.

    Args:
        X: (n, d) vectors.
        stages: the columns of each stage.
        y: class of each item.
        units: items that are never parted.
        seed: of the sample.
        trust: how much each item counts; None: all alike.

    `columns` is how many the primal space has, 0 where the dual one is used; `grams`, `sizes` and
    `sample` are the Gram matrix of each stage, the columns in it, and the items they hold, which
    are all of them unless `sampled`.
    """

    def __init__(
        self,
        X: Rows,
        stages: list[slice],
        y: Int[np.ndarray, " n"],
        units: Int[np.ndarray, " n"] | None,
        seed: int,
        trust: Float[np.ndarray, " n"] | None = None,
    ) -> None:
        self._X, self._stages, self._y = X, stages, y
        self._units, self._trust = units, trust
        self._rng = np.random.default_rng(seed)
        self.n = n = len(y)
        d = X.shape[1]
        self.columns = 0 if n <= DUAL_ITEMS else d if d <= PRIMAL_COLUMNS else REDUCED_COLUMNS
        kinds = stages if len(stages) > 1 else ()  # a single stage may be a table of any units
        self.sample = np.arange(n) if n <= SEARCH_ITEMS else self._stratified(SEARCH_ITEMS)
        self.sampled = len(self.sample) < n
        if n <= DUAL_ITEMS:
            self._whole = np.asarray(X[:])
            self._columns = standardise(self._whole, kinds)
            Z = self._columns.apply(self._whole[self.sample] if self.sampled else self._whole)
        else:
            self._columns = standardise(self._rows(self._draw(STANDARDISING_ITEMS)), kinds)
            Z = self._columns.apply(self._rows(self.sample))
        self.sizes = np.array([float(s.stop - s.start) for s in stages])
        self._energy = np.array([max(float((Z[:, s] ** 2).sum()) / len(Z), 1e-12) for s in stages])
        dtype = np.float64 if len(Z) <= EXACT_ITEMS else np.float32
        self.grams = np.stack(
            [
                (Z[:, s] @ Z[:, s].T).astype(dtype) / dtype(energy)
                for s, energy in zip(stages, self._energy, strict=True)
            ]
        )
        self._Z = Z
        self._way_back: tuple[Columns, np.ndarray] | None = None

    def solver(self, weights: Float[np.ndarray, " b"]) -> Solver:
        """A solver over all items, with its columns weighted by stage."""
        factor = np.empty(self._X.shape[1])
        for s, weight, energy in zip(self._stages, weights, self._energy, strict=True):
            factor[s] = np.sqrt(weight / energy)
        columns = self._columns.times(factor)
        n = self.n
        if n <= DUAL_ITEMS:
            if not self.sampled:
                self._way_back = columns.times(factor), self._Z.T
                return Dual(mix(self.grams, weights), self._units, self._trust)
            Z = columns.apply(self._whole)
            self._way_back = columns, Z.T
            return Dual(gram(Z), self._units, self._trust)
        reducing = self._X.shape[1] > PRIMAL_COLUMNS
        basis = (
            principal_directions(columns.apply(self._rows(self._draw(REDUCING_ITEMS))))
            if reducing
            else np.eye(self._X.shape[1], dtype=np.float32)
        )
        reduced = np.empty((n, basis.shape[1]), np.float32)

        def reduce(share: list[slice]) -> None:
            for rows in share:
                Z = columns.apply(np.asarray(self._X[rows]))
                reduced[rows] = Z @ basis if reducing else Z

        on_every_core(n, reduce)
        self._way_back = columns, basis
        return Primal(reduced, self._units, self._trust)

    def linear_map(
        self, solution: Solution
    ) -> tuple[Float[np.ndarray, "d k"], Float[np.ndarray, " k"]]:
        """Weight and bias on the vectors themselves, for a solution of the last `solver`."""
        assert self._way_back is not None
        columns, basis = self._way_back
        weight = (basis @ solution.coefficients.astype(np.float32)).astype(np.float64)
        weight *= columns.factor[:, None]
        return weight, solution.intercept - columns.shift @ weight

    def _rows(self, where: Int[np.ndarray, " m"]) -> np.ndarray:
        return np.asarray(self._X[where])

    def _draw(self, count: int) -> Int[np.ndarray, " m"]:
        """Sorted, so that a memory map is read forwards."""
        n = len(self._y)
        return np.sort(self._rng.permutation(n)[:count])

    def _stratified(self, count: int) -> Int[np.ndarray, " m"]:
        """About `count` items of random units, at least one unit of every class.

        Of a large unit (a film, a patient with many pictures) only a random part is taken: what is
        left out of the sample with it is that part, so the scores are as honest.
        """
        n = len(self._y)
        units = np.arange(n) if self._units is None else self._units
        order = self._rng.permutation(n)
        firsts = order[np.unique(self._y[order], return_index=True)[1]]  # one item of each class
        order = np.concatenate([firsts, order[~np.isin(order, firsts)]])
        names, seen_at = np.unique(units[order], return_index=True)
        turn = np.argsort(np.argsort(seen_at))[np.searchsorted(names, units)]  # of an item's unit
        order = order[np.argsort(turn[order], kind="stable")]  # unit by unit, `firsts` in front
        sizes = np.bincount(turn)
        within = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        most = max(count // max(len(firsts), FEWEST_PARTS), -(-count // len(names)))
        order = order[(within < most) | np.isin(order, firsts)]
        reached = np.cumsum(np.bincount(turn[order]))
        last = max(int(np.searchsorted(reached, count)), int(turn[firsts].max()), 1)
        return np.sort(order[: reached[min(last, len(reached) - 1)]])


def principal_directions(Z: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "d r"]:
    """Orthonormal directions along which these items vary most, most first."""
    values, vectors = np.linalg.eigh(gram(Z))
    kept = np.argsort(values)[::-1][:REDUCED_COLUMNS]
    kept = kept[values[kept] > 1e-6 * values[kept[0]]]
    directions: Float[np.ndarray, "d r"] = Z.T @ (vectors[:, kept] / np.sqrt(values[kept]))
    return directions
