"""Weighted ridge and its exact left-out scores, against refitting by brute force."""

import numpy as np
import pytest

from handful.heads.solver import Dual, Primal, cholesky_factor, inverse_of_factor

PENALTY = 0.7


def refit(Z, targets, weights, penalty):
    """Weighted ridge with a free intercept, from the normal equations: the oracle."""
    design = np.column_stack([Z, np.ones(len(Z))])
    ridge = penalty * np.eye(design.shape[1])
    ridge[-1, -1] = 0
    beta = np.linalg.solve((design.T * weights) @ design + ridge, (design.T * weights) @ targets)
    return beta[:-1], beta[-1]


@pytest.fixture
def problem():
    """Thirty items of eleven numbers, three targets, uneven weights, units of one to four."""
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(14), [4, 1, 2, 3, 1, 1, 4, 2, 2, 1, 3, 2, 2, 2])
    return (
        rng.standard_normal((30, 11)) + 5.0,
        rng.standard_normal((30, 3)),
        rng.uniform(0.2, 3.0, 30),
        rng.permutation(units),
    )


def solvers(Z, units):
    """Both ways to the same answer."""
    return {"dual": Dual(Z @ Z.T, units), "primal": Primal(Z, units)}


@pytest.mark.parametrize("way", ["dual", "primal"])
def test_fit_is_that_of_the_normal_equations(problem, way):
    """Weight, intercept and fitted values equal the textbook solution."""
    Z, targets, weights, _ = problem
    solution = solvers(Z, None)[way].solve(targets, weights, PENALTY)
    beta, intercept = refit(Z, targets, weights, PENALTY)
    weight = Z.T @ solution.coefficients if way == "dual" else solution.coefficients
    np.testing.assert_allclose(weight, beta, atol=1e-9)
    np.testing.assert_allclose(solution.intercept, intercept, atol=1e-9)
    np.testing.assert_allclose(solution.fitted, Z @ beta + intercept, atol=1e-9)


@pytest.mark.parametrize("way", ["dual", "primal"])
@pytest.mark.parametrize("grouped", [False, True])
def test_left_out_scores_are_those_of_refitting(problem, way, grouped):
    """What is said of a left-out unit equals a fit without it, intercept and all."""
    Z, targets, weights, units = problem
    if not grouped:
        units = np.arange(len(Z))
    solution = solvers(Z, units)[way].solve(targets, weights, PENALTY)
    expected = np.empty_like(targets)
    for unit in np.unique(units):
        out = units == unit
        beta, intercept = refit(Z[~out], targets[~out], weights[~out], PENALTY)
        expected[out] = Z[out] @ beta + intercept
    np.testing.assert_allclose(solution.left_out, expected, atol=1e-8)


def test_trust_is_a_factor_of_the_weight(problem):
    """An item that is half trusted counts as one of half the weight."""
    Z, targets, weights, units = problem
    trust = np.where(np.arange(len(Z)) % 3, 1.0, 0.5)
    for solver, gram_or_items in ((Dual, Z @ Z.T), (Primal, Z)):
        said = solver(gram_or_items, units, trust).solve(targets, weights, PENALTY)
        expected = solver(gram_or_items, units).solve(targets, weights * trust, PENALTY)
        np.testing.assert_array_equal(said.fitted, expected.fitted)
        np.testing.assert_array_equal(said.left_out, expected.left_out)


def test_a_unit_of_more_items_than_columns_is_left_out_exactly():
    """Units larger than the space they lie in, such as films, equal refitting too."""
    rng = np.random.default_rng(5)
    Z, targets = rng.standard_normal((40, 3)) + 2.0, rng.standard_normal((40, 2))
    weights, units = rng.uniform(0.2, 3.0, 40), np.repeat([0, 1, 2], [20, 17, 3])
    left_out = Primal(Z, units).solve(targets, weights, PENALTY).left_out
    for unit in range(3):
        out = units == unit
        beta, intercept = refit(Z[~out], targets[~out], weights[~out], PENALTY)
        np.testing.assert_allclose(left_out[out], Z[out] @ beta + intercept, atol=1e-8)


def test_float32_is_near_float64(digits):
    """On 600 digits with 64 columns, left-out scores in float32 are within 0.001 of float64's."""
    Z = (digits.X[:600] - digits.X[:600].mean(axis=0)) / 16.0
    gram = (Z @ Z.T).astype(np.float64)
    gram /= np.trace(gram) / 600
    targets, ones = np.eye(10)[digits.y[:600]], np.ones(600)
    for penalty in (0.005, 0.1, 10.0):
        exact = Dual(gram, None).solve(targets, ones, penalty)
        rough = Dual(gram.astype(np.float32), None).solve(targets, ones, penalty)
        assert np.abs(exact.left_out - rough.left_out).max() < 1e-3


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_inverse_of_factor_factors_the_inverse(kind):
    """M is lower triangular, and M' M is the inverse."""
    square = np.random.default_rng(4).standard_normal((40, 40))
    A = (square @ square.T + np.eye(40)).astype(kind)
    M = inverse_of_factor(cholesky_factor(A.copy()))
    np.testing.assert_array_equal(M, np.tril(M))
    np.testing.assert_allclose(M.T @ M @ A, np.eye(40), atol=1e-2 if kind is np.float32 else 1e-9)


def test_what_is_not_positive_definite_is_refused():
    """A matrix without a Cholesky factor is an error, not numbers."""
    with pytest.raises(np.linalg.LinAlgError):
        cholesky_factor(-np.eye(3))
