"""Runs of neighbours left out: silent where order means nothing, true of new series elsewhere."""

import numpy as np
import pytest

from handful.estimate.blocked import MOST_ITEMS, STRETCH, stretches
from handful.items.series import Order
from tests.estimate.series import Source, compared

RUNS = 30


def test_items_in_no_order_raise_no_alarm() -> None:
    """Classes in runs but items at random: of 30 sets at most one is said to be in series."""
    alarms = 0
    for seed in range(RUNS):
        _, found = compared(*Source(own=0.0, labels=True, seed=seed).draw(20, 12))
        alarms += found is not None and found.leads
    assert alarms <= 1


def test_series_in_no_order_raise_no_alarm() -> None:
    """The very series that are found in order are not found when they are shuffled."""
    alarms = 0
    for seed in range(RUNS):
        source = Source(own=6.0, labels=True, seed=seed)
        X, y = source.draw(20, 12)
        mixed = source.rng.permutation(len(y))
        _, found = compared(X[mixed], y[mixed])
        alarms += found is not None and found.leads
    assert alarms <= 1


def test_a_drift_that_does_no_harm_does_not_lead() -> None:
    """Neighbours resemble each other, but new series are as easy: at most one of 30 leads."""
    alarms = 0
    for seed in range(RUNS):
        _, found = compared(*Source(own=2.0, seed=seed).draw(20, 12))
        assert found is not None
        alarms += found.leads
    assert alarms <= 1


@pytest.mark.parametrize("by_class", [False, True], ids=["in one order", "class by class"])
def test_what_is_said_of_new_series_is_so(by_class: bool) -> None:
    """Where a series betrays its label, the plain figure flatters, and the blocked one covers."""
    covered, flattered, led = 0, [], 0
    for seed in range(12):
        source = Source(own=6.0, labels=True, seed=seed)
        X, y = source.draw(30, 12)
        order = np.argsort(y, kind="stable") if by_class else None
        head, found = compared(X, y, order, y[order] if by_class else None)
        others, truth = source.draw(200, 10)
        true = float((head.head.probabilities(others).argmax(axis=1) == truth).mean())
        flattered.append(float((head.probabilities.argmax(axis=1) == y).mean()) - true)
        assert found is not None
        led += found.leads
        covered += found.estimate.accuracy.low <= true <= found.estimate.accuracy.high
        assert found.at_random == pytest.approx(true + flattered[-1], abs=0.06)
    assert led >= 10
    assert np.mean(flattered) > 0.05
    assert covered >= 10


def test_a_large_set_is_judged_by_stretches() -> None:
    """Of 10,000 items six stretches of 512 neighbours are left out, each a part of its own."""
    order = Order("file names", np.arange(10_000)[::-1].copy(), np.zeros(10_000, int))
    items, parts = stretches(order, np.random.default_rng(0))
    assert len(items) == MOST_ITEMS // STRETCH * STRETCH
    assert np.bincount(parts).tolist() == [STRETCH] * (MOST_ITEMS // STRETCH)
    assert set(np.diff(items)[np.diff(parts) == 0].tolist()) == {-1}
