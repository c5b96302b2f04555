"""Advice on whether to go on."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from handful.estimate.figure import Figure
from handful.estimate.forecast import Forecast
from handful.estimate.intervals import anytime
from handful.estimate.stopping import advise, half_width_after, kappa, upper_90


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
        (
            figure(0.95, 0.89, 0.98),
            None,
            [],
            0.9,
            "cannot-tell",
            "40 more would narrow",
        ),
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
        (figure(float("nan"), 0.0, 1.0, 0), None, [], None, "cannot-tell", "no audit answers"),
    ],
)
def test_advice(live, forecast, agreements, target, kind: str, word: str) -> None:
    """Proof of the target stops; so do a small gain and settled predictions together."""
    advice = advise(live, forecast, agreements, target=target, ahead=(40, 0.061))
    assert advice.kind == kind
    assert word in advice.reason


def live(hits: int, named: int, asked: int, population: int) -> Figure:
    """Accuracy as the meter shows it."""
    low, _ = anytime(hits, asked, population)
    _, high = anytime(hits + asked - named, asked, population)
    return figure(hits / named, low, high, named)


@pytest.mark.parametrize(("hits", "named", "asked"), [(9, 10, 10), (45, 50, 50), (36, 40, 50)])
def test_the_width_ahead_is_what_the_meter_then_shows(hits: int, named: int, asked: int) -> None:
    """Half the anytime-valid interval after forty answers more that go as those before."""
    found = half_width_after(live(hits, named, asked, 300), 60, asked=asked, population=300)
    assert found is not None
    assert found[0] == 40
    scale = (asked + 40) / asked
    then = live(round(hits * scale), round(named * scale), asked + 40, 300)
    assert found[1] == pytest.approx((then.high - then.low) / 2, abs=1e-9)


def test_no_width_is_promised_that_will_not_be_shown() -> None:
    """Silent below ten answers and where nothing is left; else no more than what is left."""
    assert half_width_after(live(8, 9, 9, 300), 60, asked=9, population=300) is None
    assert half_width_after(live(45, 50, 50, 300), 0, asked=50, population=300) is None
    found = half_width_after(live(45, 50, 50, 300), 7, asked=50, population=300)
    assert found is not None
    assert found[0] == 7
    assert advise(figure(1.0, 0.2, 1.0, 1), None, []).reason == "1 audit answer does not settle it."


def test_a_one_sided_bound_from_a_two_sided_interval() -> None:
    """1.28 standard errors above where 1.96 are known."""
    assert upper_90(figure(0.0, -1.96, 1.96)) == pytest.approx(1.2816, rel=1e-3)
