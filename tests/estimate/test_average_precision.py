"""The average precision is scikit-learn's, and its interval covers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from handful.estimate.average_precision import average_precision, average_precision_interval


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40))
def test_value_is_scikit_learns(pairs: list[tuple[int, bool]]) -> None:
    """Equal to scikit-learn's, ties included, wherever there is a positive."""
    scores = np.array([score / 6 for score, _ in pairs])
    positive = np.array([kind for _, kind in pairs])
    if positive.any():
        expected = average_precision_score(positive, scores)
        assert average_precision(scores, positive) == pytest.approx(expected)


def world(rng: np.random.Generator, units: int, size: int) -> tuple[np.ndarray, ...]:
    """Scores of `units` groups of `size` that share half of their noise, and a third positive."""
    positive = np.repeat(rng.random(units) < 1 / 3, size)
    shared = np.repeat(rng.normal(size=units), size)
    scores = 1.3 * positive + 0.7 * shared + 0.7 * rng.normal(size=units * size)
    return scores, positive, np.repeat(np.arange(units), size)


@pytest.mark.parametrize(("units", "size"), [(60, 1), (40, 4)])
def test_interval_holds_the_truth(units: int, size: int) -> None:
    """In 200 worlds, single items or groups of four, about 95 % of the intervals hold the truth.

    178 is 95 % of 200 less four standard deviations, on the side that flatters.
    """
    rng = np.random.default_rng(0)
    truth = average_precision(*world(rng, 40_000, size)[:2])
    held = tried = 0
    for seed in range(200):
        scores, positive, unit = world(rng, units, size)
        if positive.any() and not positive.all():
            low, high = average_precision_interval(scores, positive, unit, resamples=60, seed=seed)
            held += low <= truth <= high
            tried += 1
    assert tried >= 195
    assert held >= 178


def test_groups_taken_for_single_items_do_not_hold_it() -> None:
    """Where units are ignored the interval of groups is narrower: units are what makes it wide."""
    scores, positive, unit = world(np.random.default_rng(1), 40, 8)
    by_units = average_precision_interval(scores, positive, unit)
    by_items = average_precision_interval(scores, positive)
    assert by_units[1] - by_units[0] > 1.5 * (by_items[1] - by_items[0])


def test_a_perfect_order_of_few_is_not_certain() -> None:
    """Ten positives above ten negatives: the upper limit is 1, the lower far below."""
    scores, positive = np.linspace(1, 0, 20), np.arange(20) < 10
    low, high = average_precision_interval(scores, positive)
    assert high == 1.0
    assert 0.6 < low < 0.75


def test_same_seed_same_interval() -> None:
    """The resampling is seeded: the same data give the same interval."""
    scores, positive, unit = world(np.random.default_rng(2), 30, 2)
    first = average_precision_interval(scores, positive, unit, seed=4)
    assert first == average_precision_interval(scores, positive, unit, seed=4)
    assert first != average_precision_interval(scores, positive, unit, seed=5)
