"""The estimate: every figure inside its interval, units counted, no ranking inside the noise."""

import math

import numpy as np
import pytest

from handful.errors import SettingError
from handful.estimate.compare import compare
from handful.estimate.estimate import estimate
from handful.estimate.figure import Estimate, Figure


def drawn(n: int, sureness: float = 2.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities of two classes, and outcomes drawn from them."""
    random = np.random.default_rng(seed)
    one = 1 / (1 + np.exp(-sureness * random.normal(size=n)))
    return np.stack([one, 1 - one], axis=1), (random.random(n) > one).astype(int)


def figures(said: Estimate) -> list[Figure]:
    """All figures of an estimate."""
    top = [said.accuracy, said.balanced_accuracy, said.log_loss, said.brier, said.calibration_error]
    each = [one for c in said.per_class.values() for one in (c.recall, c.precision)]
    return [*top, *([said.auroc] if said.auroc else []), *each]


@pytest.mark.parametrize("n", [1, 2, 5, 300])
def test_every_figure_lies_in_its_interval(n: int) -> None:
    """Value between low and high, all finite, from one item on."""
    p, y = drawn(n)
    for one in figures(estimate(p, y, ("a", "b"))):
        assert math.isfinite(one.low + one.high)
        assert one.low <= one.value <= one.high


def test_units_widen_every_interval() -> None:
    """The same items counted as 40 units of ten have wider intervals than as 400 of one."""
    p, y = drawn(40)
    p, y, units = np.repeat(p, 10, axis=0), np.repeat(y, 10), np.repeat(np.arange(40), 10)
    alone, together = estimate(p, y, ("a", "b")), estimate(p, y, ("a", "b"), units=units)
    for name in ("accuracy", "balanced_accuracy", "log_loss", "brier", "auroc"):
        narrow, wide = getattr(alone, name), getattr(together, name)
        assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low), name


def test_a_perfect_score_is_not_certain() -> None:
    """All right of 20: the interval of accuracy still reaches below 0.9."""
    p = np.tile([[0.9, 0.1], [0.1, 0.9]], (10, 1))
    said = estimate(p, np.tile([0, 1], 10), ("a", "b"))
    assert 1.0 == said.accuracy.value
    assert said.accuracy.low < 0.9
    assert said.balanced_accuracy.low < 0.9


def test_the_accuracy_interval_covers() -> None:
    """Over 300 draws of 200 items the 95 % interval of a test split covers the truth."""
    truth = estimate(*drawn(200_000, seed=99), ("a", "b"), method="test split").accuracy.value
    inside = [
        (said := estimate(*drawn(200, seed=seed), ("a", "b"), method="test split").accuracy).low
        <= truth
        <= said.high
        for seed in range(300)
    ]
    assert 0.92 <= np.mean(inside) <= 0.99


def test_two_models_inside_the_noise_are_not_ranked() -> None:
    """A model and a hair's breadth of noise are not ranked; a model and a guess are."""
    p, y = drawn(300)
    noise = np.clip(p + np.random.default_rng(1).normal(0, 0.003, (300, 1)) * [1, -1], 0.001, 0.999)
    assert compare(p, noise, y).better is None
    assert "first" == compare(p, np.full_like(p, 0.5), y).better
    assert "second" == compare(np.full_like(p, 0.5), p, y).better


def test_nothing_to_estimate_is_an_error() -> None:
    """No items, or a confidence that is none, are refused."""
    with pytest.raises(SettingError):
        estimate(np.empty((0, 2)), np.empty(0, dtype=int), ("a", "b"))
    with pytest.raises(SettingError):
        estimate(*drawn(9), ("a", "b"), confidence=95.0)


@pytest.mark.parametrize("num_wrong", [0, 1])
def test_hardly_an_error_proves_no_calibration(num_wrong: int) -> None:
    """Forty sure answers, none or one wrong: the error may be nought, and may be large."""
    y = np.zeros(40, int)
    probabilities = np.tile([0.98, 0.02], (40, 1))
    probabilities[:num_wrong] = [0.02, 0.98]
    found = estimate(probabilities, y, ("a", "b"), method="test split")
    assert 0 == found.calibration_error.low
    assert found.calibration_error.high >= 0.98 - found.accuracy.low > 0.04


def test_an_estimate_in_one_line_and_in_a_notebook() -> None:
    """Printed it is a line with interval, n and method; in a notebook a table of all figures."""
    found = estimate(*drawn(200), ("a", "b"), method="test split")
    assert f"Estimate: accuracy {found.accuracy}, n = 200, test split" == str(found)
    for one in (found.accuracy, found.balanced_accuracy, found.auroc, found.calibration_error):
        assert str(one) in found._repr_html_()
