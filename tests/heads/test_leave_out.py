"""Any part of a fit's items left out: the same as fitting again without it."""

import math

import numpy as np
import pytest

from handful.heads.fit import fit
from handful.heads.ridge import indicators
from handful.heads.solver import Dual, Primal


def problem(n: int = 60, d: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors, targets of three classes, and weights."""
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(n, d)), rng.integers(0, 3, n)
    return X, indicators(y, 3), rng.uniform(0.5, 2.0, n)


@pytest.mark.parametrize("kind", ["dual", "primal"])
def test_it_is_refitting_without_the_part(kind: str) -> None:
    """Parts of one, five and twenty items, among forty of sixty, with weights and trust."""
    X, targets, weights = problem()
    trust = np.random.default_rng(4).choice([0.5, 1.0], len(X))
    solver = Dual(X @ X.T, None, trust) if kind == "dual" else Primal(X, None, trust)
    items = np.sort(np.random.default_rng(5).permutation(60)[:40])
    parts = [np.array([0]), np.arange(1, 6), np.arange(10, 30)]
    said = solver.leaving_out(targets, weights, 0.7, items).scores(parts)
    for part in parts:
        rest = np.setdiff1d(np.arange(60), items[part])
        again = Primal(X[rest], None, trust[rest]).solve(targets[rest], weights[rest], 0.7)
        expected = X[items[part]] @ again.coefficients + again.intercept
        np.testing.assert_allclose(said[part], expected, atol=1e-8)
    assert np.isnan(said[30:]).all()


@pytest.mark.parametrize("n", [90, 900])
def test_the_fit_that_is_kept_is_ridge(n: int) -> None:
    """Each item left out alone, its scores give the log-loss that ridge was listed with."""
    from handful.heads.calibration import log_losses

    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    X = rng.normal(size=(n, 12)).astype(np.float32) + np.eye(2, 12, dtype=np.float32)[y]
    found = fit(X, [str(c) for c in y], keep_ridge=True)
    assert found.ridge is not None
    scores = found.ridge.leaving_out(np.arange(n)).scores([np.array([at]) for at in range(n)])
    losses = log_losses(found.ridge.scale.logits(scores, found.ridge.log_prior), y)
    listed = next(one.log_loss for one in found.candidates if one.name == "ridge")
    assert math.isclose(losses.mean(), listed, rel_tol=1e-4)
    assert fit(X, [str(c) for c in y]).ridge is None
