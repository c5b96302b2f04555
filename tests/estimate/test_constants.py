"""Constants that make figures honest: each test fails without its constant."""

import numpy as np
import pytest

from handful.estimate.estimate import estimate
from handful.estimate.intervals import design_effect, share_interval
from handful.heads.fit import fit


def test_left_out_answers_need_wider_intervals() -> None:
    """Of 40 heads of 24 labels the widened interval covers 95 %, the plain one hardly 85."""
    wide, plain = [], []
    for seed in range(40):
        rng = np.random.default_rng([seed, 5])
        middle = np.array([[0.0] * 8, [1.1] + [0.0] * 7])
        y = rng.integers(0, 2, 24)
        X = (middle[y] + rng.normal(size=(24, 8))).astype(np.float32)
        head = fit(X, [str(c) for c in y], methods=("ridge",))
        truth = rng.integers(0, 2, 4_000)
        others = (middle[truth] + rng.normal(size=(4_000, 8))).astype(np.float32)
        true = (head.head.probabilities(others).argmax(axis=1) == truth).mean()
        for method, inside in (("leave-group-out", wide), ("test split", plain)):
            said = estimate(head.probabilities, y, ("0", "1"), method=method).accuracy
            inside.append(said.low <= true <= said.high)
    assert np.mean(wide) >= 0.95
    assert np.mean(plain) < 0.9


def test_without_an_error_a_unit_counts_once() -> None:
    """Thirty units of ten, each right or wrong as a whole: all right proves what 30 items prove."""
    units = np.repeat(np.arange(30), 10)
    assert design_effect(np.zeros(300), units) == 10.0
    low, _ = share_interval(np.ones(300), units)
    alone, _ = share_interval(np.ones(30))
    assert low == pytest.approx(alone, abs=0.005)
    # units that are right with 95 %: of the sets without an error, the truth must lie inside
    assert low <= 0.95


def test_logistic_regression_waits_for_labels() -> None:
    """With 199 labels it is not tried and the reason is told; with 200 it is."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    X = rng.normal(size=(200, 4)).astype(np.float32) + y[:, None]
    few = fit(X[1:], [str(c) for c in y[1:]]).candidates
    enough = fit(X, [str(c) for c in y]).candidates
    assert [one.name for one in few] == ["ridge"]
    assert "below 200 items" in str(few[0].settings["logistic"])
    assert {one.name for one in enough} == {"ridge", "logistic"}
