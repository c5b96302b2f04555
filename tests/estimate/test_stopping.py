"""Advice on whether to go on."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from handful.estimate.figure import Figure
from handful.estimate.forecast import Forecast
from handful.estimate.stopping import advise, half_width, kappa, upper_90
from handful.heads.binomial import wilson


def figure(value: float, low: float, high: float, n: int = 100) -> Figure:
    """A figure at 95 %."""
    return Figure(value, low, high, 0.95, n, "")


def gain(value: float, low: float, high: float) -> Forecast:
    """A forecast of the next 50 labels."""
    return Forecast(figure(value, low, high), 50, ())


AGREE = [0.9, 0.995, 0.99, 1.0]


def test_kappa_is_that_of_scikit_learn() -> None:
    """On random answers of three classes; and one class alone is full agreement."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    assert kappa(first, second) == pytest.approx(cohen_kappa_score(first, second))
    assert kappa(np.zeros(5, int), np.zeros(5, int)) == 1.0


@pytest.mark.parametrize(
    ("live", "forecast", "agreements", "target", "kind", "word"),
    [
        (figure(0.95, 0.91, 0.98), None, [], 0.9, "stop", "at least 91.0\N{NO-BREAK SPACE}%"),
        (figure(0.95, 0.89, 0.98), None, [], 0.9, "cannot-tell", "40 more"),
        (
            figure(0.85, 0.8, 0.9),
            gain(0.002, -0.004, 0.006),
            AGREE,
            None,
            "stop",
            "add 0.5 points at most",
        ),
        (
            figure(0.85, 0.8, 0.89),
            gain(0.002, -0.004, 0.006),
            AGREE,
            0.95,
            "stop",
            "95.0\N{NO-BREAK SPACE}% was wanted",
        ),
        (
            figure(0.85, 0.8, 0.9),
            gain(0.002, -0.004, 0.006),
            AGREE[:3],
            None,
            "cannot-tell",
            "100 audit",
        ),
        (figure(0.85, 0.8, 0.9), gain(0.02, 0.01, 0.03), AGREE, None, "go-on", "+2.0 points"),
        (figure(0.85, 0.8, 0.9), gain(0.002, -0.03, 0.04), AGREE, None, "cannot-tell", "narrow"),
        (figure(float("nan"), 0.0, 1.0, 0), None, [], None, "cannot-tell", "no audit labels"),
    ],
)
def test_advice(live, forecast, agreements, target, kind: str, word: str) -> None:
    """Proof of the target stops; so do a small gain and settled predictions together."""
    advice = advise(live, forecast, agreements, target=target)
    assert advice.kind == kind
    assert word in advice.reason


def test_the_planned_width_is_wilsons() -> None:
    """What 40 more would narrow to is half of Wilson's interval at that size."""
    low, high = wilson(0.9, 140.0)
    assert half_width(0.9, 140, 0.95) == pytest.approx((high - low) / 2, rel=1e-6)
    assert upper_90(figure(0.0, -1.96, 1.96)) == pytest.approx(1.2816, rel=1e-3)
