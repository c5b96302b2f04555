"""Weighted least squares with a penalty, and what it would say of items left out, exactly.

Everything that a head needs from linear algebra is here: ridge asks once per penalty, logistic
regression once per step. Nothing is known here of classes, log-loss or calibration.

For penalty l, weights w and targets T the solution minimises

    sum_i w_i |t_i - b - z_i B|^2 + l |B|^2        with a free intercept b.

Both solvers rest on the same two facts. Let P be the inverse of K + l diag(1/w), K = Z Z', after
the intercept is projected out. Then the dual coefficients are A = P T, and what a fit without the
items g would say of them is  T_g - (P_gg)^-1 A_g.  So only the diagonal of P and the blocks of
the units are ever formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

SMALLEST_BLOCK = 96  # below it LAPACK is faster than recursion in Python
ROWS_AT_ONCE = 1024  # of 7,824 numbers: 32 MB, and as much again standardised


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """One weighted ridge fit.

    Args:
        coefficients: (n, k) in `Dual`: a weight is Z' A; (r, k) in `Primal`: the weight itself.
        intercept: (k,).
        fitted: (n, k) what it says of its own items.
        left_out: (n, k) what a fit without an item's unit says of it, at the same weights.
    """

    coefficients: Float[np.ndarray, "m k"]
    intercept: Float[np.ndarray, " k"]
    fitted: Float[np.ndarray, "n k"]
    left_out: Float[np.ndarray, "n k"]


def inverse_factor(A: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """The lower triangle M with M' M = A^-1, for A positive definite.

    Halves A again and again, so that all but the smallest blocks is matrix products: 7/6 n^3
    operations at full speed, against 8/3 n^3 for numpy's inverse.
    """
    n = len(A)
    if n <= SMALLEST_BLOCK:
        lower = np.linalg.cholesky(A)
        return np.tril(np.linalg.inv(lower))
    half = n // 2
    M = np.zeros_like(A)
    first = inverse_factor(A[:half, :half])
    below = A[half:, :half] @ first.T
    second = inverse_factor(A[half:, half:] - below @ below.T)
    M[:half, :half] = first
    M[half:, half:] = second
    M[half:, :half] = -second @ (below @ first)
    return M


def shared_units(units: Int[np.ndarray, " n"] | None) -> list[Int[np.ndarray, " m"]]:
    """The items of each unit that has more than one."""
    if units is None:
        return []
    order = np.argsort(units, kind="stable")
    starts = np.flatnonzero(np.diff(units[order])) + 1
    return [members for members in np.split(order, starts) if len(members) > 1]


class Dual:
    """Solves in the space of the items: for no more items than a few thousand.

    Args:
        gram: (n, n) inner products of the items.
        units: items that leave together.
    """

    def __init__(self, gram: Float[np.ndarray, "n n"], units: Int[np.ndarray, " n"] | None) -> None:
        self._gram = gram
        self._shared = shared_units(units)

    def solve(
        self,
        targets: Float[np.ndarray, "n k"],
        weights: Float[np.ndarray, " n"],
        penalty: float,
    ) -> Solution:
        """See `Solution`. O(n^3)."""
        ridged = self._gram.copy()
        ridged.flat[:: len(ridged) + 1] += (penalty / weights).astype(ridged.dtype)
        M = inverse_factor(ridged)
        del ridged
        ones = (M.T @ M.sum(axis=1)).astype(np.float64)  # (K + l/w)^-1 1
        mass = ones.sum()
        plain = (M.T @ (M @ targets.astype(M.dtype))).astype(np.float64)
        intercept = ones @ targets / mass
        coefficients = plain - np.outer(ones, intercept)
        diagonal = np.einsum("ij,ij->j", M, M).astype(np.float64) - ones**2 / mass
        left_out = targets - coefficients / diagonal[:, None]
        for g in self._shared:
            columns = M[g.min() :, g]  # M is lower triangular: the rows above are zero
            block = (columns.T @ columns).astype(np.float64) - np.outer(ones[g], ones[g]) / mass
            left_out[g] = targets[g] - np.linalg.solve(block, coefficients[g])
        fitted = targets - coefficients * (penalty / weights)[:, None]
        return Solution(coefficients, intercept, fitted, left_out)


class Primal:
    """Solves in the space of the columns: for more items than columns.

    Args:
        Z: (n, r) items in rows.
        units: items that leave together.
    """

    def __init__(self, Z: Float[np.ndarray, "n r"], units: Int[np.ndarray, " n"] | None) -> None:
        self._Z = Z
        self._shared = shared_units(units)

    def solve(
        self,
        targets: Float[np.ndarray, "n k"],
        weights: Float[np.ndarray, " n"],
        penalty: float,
    ) -> Solution:
        """See `Solution`. O(n r^2), and no copy of the items."""
        Z, mass = self._Z, weights.sum()
        centre = (weights @ Z) / mass
        intercept = weights @ targets / mass
        moment = np.zeros((Z.shape[1], Z.shape[1]), Z.dtype)
        against = np.zeros((Z.shape[1], targets.shape[1]))
        for rows in row_slices(len(Z)):
            # centred before squaring: subtracting the means' square afterwards loses digits
            scaled = (Z[rows] - centre) * np.sqrt(weights[rows])[:, None]
            scaled = scaled.astype(Z.dtype)
            moment += scaled.T @ scaled
            against += scaled.T @ (np.sqrt(weights[rows])[:, None] * (targets[rows] - intercept))
        moment.flat[:: len(moment) + 1] += penalty
        M = inverse_factor(moment)
        coefficients = M.T.astype(np.float64) @ (M @ against)
        fitted = np.empty_like(targets)
        leverage = np.empty(len(Z))
        for rows in row_slices(len(Z)):
            centred = (Z[rows] - centre).astype(Z.dtype)
            fitted[rows] = centred @ coefficients + intercept
            leverage[rows] = ((centred @ M.T) ** 2).sum(axis=1)
        leverage = weights * (leverage + 1 / mass)
        left_out = targets - (targets - fitted) / (1 - leverage)[:, None]
        for g in self._shared:
            reach = (Z[g] - centre).astype(Z.dtype) @ M.T
            hat = (reach @ reach.T + 1 / mass) * weights[g]
            kept = np.eye(len(g)) - hat
            left_out[g] = targets[g] - np.linalg.solve(kept, targets[g] - fitted[g])
        return Solution(coefficients, intercept - centre @ coefficients, fitted, left_out)


Solver = Dual | Primal


def row_slices(n: int) -> Iterator[slice]:
    """Slices of `ROWS_AT_ONCE` rows that cover n rows."""
    for start in range(0, n, ROWS_AT_ONCE):
        yield slice(start, min(start + ROWS_AT_ONCE, n))
