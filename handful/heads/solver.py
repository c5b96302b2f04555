"""Weighted least squares with a penalty, and what it would say of items left out, exactly.

Everything that a head needs from linear algebra is here: ridge asks once per penalty, logistic
regression once per step. Nothing is known here of classes, log-loss or calibration.

For penalty l, weights w and targets T the solution minimises

    sum_i w_i |t_i - b - z_i B|^2 + l |B|^2        with a free intercept b.

Both solvers rest on the same two facts. Let P be the inverse of K + l diag(1/w), K = Z Z', after
the intercept is projected out. Then the dual coefficients are A = P T, and what a fit without the
items g would say of them is  T_g - (P_gg)^-1 A_g.  So only the diagonal of P and the blocks of
the units are ever formed. The solution itself costs a Cholesky factor, leaving out its inverse as
well: that is computed when it is first asked for, and most steps of a search never ask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import final

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import cho_solve, cholesky
from scipy.linalg.lapack import dlauum, dtrtri, slauum, strtri

from handful.heads.leave_out import LeaveOut
from handful.system.cores import on_every_core, row_slices


@final
class Solution:
    """One weighted ridge fit.

    Args:
        coefficients: (n, k) in `Dual`: a weight is Z' A; (r, k) in `Primal`: the weight itself.
        intercept: (k,).
        fitted: (n, k) what it says of its own items.
        leave_out: computes `left_out`.
    """

    def __init__(
        self,
        coefficients: Float[np.ndarray, "m k"],
        intercept: Float[np.ndarray, " k"],
        fitted: Float[np.ndarray, "n k"],
        leave_out: Callable[[], Float[np.ndarray, "n k"]],
    ) -> None:
        self.coefficients, self.intercept, self.fitted = coefficients, intercept, fitted
        self._leave_out: Callable[[], Float[np.ndarray, "n k"]] | None = leave_out

    @cached_property
    def left_out(self) -> Float[np.ndarray, "n k"]:
        """(n, k) what a fit without an item's unit says of it, at the same weights."""
        assert self._leave_out is not None
        left_out = self._leave_out()
        self._leave_out = None  # what it holds on to is as large as the problem
        return left_out


def cholesky_factor(A: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """The lower triangle L with L L' = A, for A symmetric and positive definite; A is overwritten.

    Raises:
        LinAlgError: A is not positive definite.
    """
    # A' is A, and lies in memory as LAPACK wants it
    factor: Float[np.ndarray, "n n"] = cholesky(
        A.T, lower=True, overwrite_a=True, check_finite=False
    )
    return factor


def inverse_of_factor(L: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """The lower triangle M = L^-1, so that M' M = A^-1; L is overwritten."""
    invert = strtri if L.dtype == np.float32 else dtrtri
    M: Float[np.ndarray, "n n"] = invert(L, lower=1, overwrite_c=1)[0]
    return M


def product_of_inverse(L: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """A^-1, whole, from the lower triangle L with L L' = A; L is overwritten."""
    M = inverse_of_factor(L)
    multiply = slauum if M.dtype == np.float32 else dlauum
    lower: Float[np.ndarray, "n n"] = np.tril(multiply(M, lower=1, overwrite_c=1)[0])
    lower += np.tril(lower, -1).T
    return lower


def solve_factored(
    L: Float[np.ndarray, "n n"], right: Float[np.ndarray, "n k"]
) -> Float[np.ndarray, "n k"]:
    """A^-1 right, in float64."""
    solved = cho_solve((L, True), right.astype(L.dtype), check_finite=False)
    result: Float[np.ndarray, "n k"] = solved.astype(np.float64)
    return result


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
        trust: factor of each item's weight; None: 1.
    """

    def __init__(
        self,
        gram: Float[np.ndarray, "n n"],
        units: Int[np.ndarray, " n"] | None,
        trust: Float[np.ndarray, " n"] | None = None,
    ) -> None:
        self._gram = gram
        self._shared = shared_units(units)
        self._trust = trust

    def solve(
        self,
        targets: Float[np.ndarray, "n k"],
        weights: Float[np.ndarray, " n"],
        penalty: float,
    ) -> Solution:
        """See `Solution`. O(n^3)."""
        weights = weights if self._trust is None else weights * self._trust
        ridged = self._gram.copy()
        ridged.flat[:: len(ridged) + 1] += (penalty / weights).astype(ridged.dtype)
        L = cholesky_factor(ridged)
        ones = solve_factored(L, np.ones((len(L), 1)))[:, 0]  # (K + l/w)^-1 1
        mass = ones.sum()
        intercept = ones @ targets / mass
        coefficients = solve_factored(L, targets) - np.outer(ones, intercept)
        fitted = targets - coefficients * (penalty / weights)[:, None]

        def leave_out() -> Float[np.ndarray, "n k"]:
            M = inverse_of_factor(L)
            diagonal = np.einsum("ij,ij->j", M, M).astype(np.float64) - ones**2 / mass
            left_out = targets - coefficients / diagonal[:, None]
            for g in self._shared:
                columns = M[g.min() :, g]  # M is lower triangular: the rows above are zero
                block = (columns.T @ columns).astype(np.float64) - np.outer(ones[g], ones[g]) / mass
                left_out[g] = targets[g] - np.linalg.solve(block, coefficients[g])
            return left_out

        return Solution(coefficients, intercept, fitted, leave_out)

    def leaving_out(
        self,
        targets: Float[np.ndarray, "n k"],
        weights: Float[np.ndarray, " n"],
        penalty: float,
        items: Int[np.ndarray, " s"],
    ) -> LeaveOut:
        """The same fit, ready to be asked without any of these items. O(n^3)."""
        weights = weights if self._trust is None else weights * self._trust
        ridged = self._gram.copy()
        ridged.flat[:: len(ridged) + 1] += (penalty / weights).astype(ridged.dtype)
        P = product_of_inverse(cholesky_factor(ridged))
        ones = P.sum(axis=1, dtype=np.float64)
        P -= np.outer(ones, ones / ones.sum()).astype(P.dtype)
        right = (P @ targets.astype(P.dtype)).astype(np.float64)
        among = np.ix_(items, items)
        return LeaveOut(P[among], right[items], targets[items], self._gram[among])


class Primal:
    """Solves in the space of the columns: for more items than columns.

    Args:
        Z: (n, r) items in rows.
        units: items that leave together.
        trust: factor of each item's weight; None: 1.
    """

    def __init__(
        self,
        Z: Float[np.ndarray, "n r"],
        units: Int[np.ndarray, " n"] | None,
        trust: Float[np.ndarray, " n"] | None = None,
    ) -> None:
        self._Z = Z
        self._shared = shared_units(units)
        self._trust = trust

    def solve(
        self,
        targets: Float[np.ndarray, "n k"],
        weights: Float[np.ndarray, " n"],
        penalty: float,
    ) -> Solution:
        """See `Solution`. O(n r^2), and no copy of the items."""
        weights = weights if self._trust is None else weights * self._trust
        Z, mass = self._Z, weights.sum()
        centre, intercept, L, against = self._factored(targets, weights, penalty)
        coefficients = solve_factored(L, against)
        fitted = np.empty_like(targets)

        def fit(share: list[slice]) -> None:
            for rows in share:
                fitted[rows] = (Z[rows] - centre).astype(Z.dtype) @ coefficients + intercept

        on_every_core(len(Z), fit)

        def leave_out() -> Float[np.ndarray, "n k"]:
            M = inverse_of_factor(L)

            def reach(rows: slice | Int[np.ndarray, " m"]) -> Float[np.ndarray, "m q"]:
                """Rows whose inner products are P's, before the weights: the last is for b."""
                inside = (Z[rows] - centre).astype(Z.dtype) @ M.T
                return np.column_stack([inside, np.full(len(inside), mass**-0.5, Z.dtype)])

            errors = targets - fitted
            left_out = np.empty_like(targets)

            def each_alone(share: list[slice]) -> None:
                for rows in share:
                    R = reach(rows)
                    kept = 1 - weights[rows] * np.einsum("ij,ij->i", R, R)
                    left_out[rows] = targets[rows] - errors[rows] / kept[:, None]

            on_every_core(len(Z), each_alone)
            for g in self._shared:
                left_out[g] = targets[g] - _without_their_say(reach, g, weights[g], errors[g])
            return left_out

        return Solution(coefficients, intercept - centre @ coefficients, fitted, leave_out)

    def leaving_out(
        self,
        targets: Float[np.ndarray, "n k"],
        weights: Float[np.ndarray, " n"],
        penalty: float,
        items: Int[np.ndarray, " s"],
    ) -> LeaveOut:
        """The same fit, ready to be asked without any of these items. O(n r^2 + s^2 r)."""
        weights = weights if self._trust is None else weights * self._trust
        centre, intercept, L, against = self._factored(targets, weights, penalty)
        coefficients = solve_factored(L, against)
        own = (self._Z[items] - centre).astype(self._Z.dtype)
        errors = targets[items] - (own @ coefficients + intercept)
        R = own @ inverse_of_factor(L).T
        R = np.column_stack([R, np.full(len(R), weights.sum() ** -0.5, R.dtype)])
        inverse = -(R @ R.T) * weights[items].astype(R.dtype)
        inverse.flat[:: len(inverse) + 1] += 1.0
        return LeaveOut(inverse, errors, targets[items], own @ own.T)

    def _factored(
        self,
        targets: Float[np.ndarray, "n k"],
        weights: Float[np.ndarray, " n"],
        penalty: float,
    ) -> tuple[
        Float[np.ndarray, " r"],
        Float[np.ndarray, " k"],
        Float[np.ndarray, "r r"],
        Float[np.ndarray, "r k"],
    ]:
        """The items' weighted mean, the targets', the normal equations' factor and right side."""
        Z, mass = self._Z, weights.sum()
        # in float64, by slices: NumPy would make a copy of all of Z in float64
        centre = sum(weights[rows] @ Z[rows] for rows in row_slices(len(Z))) / mass
        intercept = weights @ targets / mass

        def moments(share: list[slice]) -> tuple[np.ndarray, np.ndarray]:
            moment = np.zeros((Z.shape[1], Z.shape[1]), Z.dtype)
            against = np.zeros((Z.shape[1], targets.shape[1]))
            for rows in share:
                # centred before squaring: subtracting the means' square afterwards loses digits
                root = np.sqrt(weights[rows])[:, None]
                scaled = ((Z[rows] - centre) * root).astype(Z.dtype)
                moment += scaled.T @ scaled
                against += scaled.T @ (root * (targets[rows] - intercept))
            return moment, against

        parts = on_every_core(len(Z), moments)
        moment, against = (sum(part[1:], part[0]) for part in zip(*parts, strict=True))
        moment.flat[:: len(moment) + 1] += penalty
        return centre, intercept, cholesky_factor(moment), against


def _without_their_say(
    reach: Callable[[Int[np.ndarray, " m"]], Float[np.ndarray, "m q"]],
    g: Int[np.ndarray, " m"],
    weights: Float[np.ndarray, " m"],
    errors: Float[np.ndarray, "m k"],
) -> Float[np.ndarray, "m k"]:
    """(I - R R' W)^-1 errors: the errors of the items g in a fit without them.

    A unit of more items than R has columns, such as a film, is solved in the columns' space:
    I + R (I - R' W R)^-1 R' W, so that neither time nor memory grows with its square.
    """
    R = reach(g[:1])
    q = R.shape[1]
    if len(g) <= q:
        R = reach(g)
        solved: Float[np.ndarray, "m k"] = np.linalg.solve(
            np.eye(len(g)) - (R @ R.T) * weights, errors
        )
        return solved
    inner, against = np.eye(q), np.zeros((q, errors.shape[1]))
    for part in row_slices(len(g)):
        R = reach(g[part])
        weighed = R * weights[part, None].astype(R.dtype)
        inner -= weighed.T @ R
        against += weighed.T @ errors[part]
    lift = np.linalg.solve(inner, against)
    return errors + np.concatenate([reach(g[part]) @ lift for part in row_slices(len(g))])


Solver = Dual | Primal
