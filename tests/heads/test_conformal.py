"""Prediction sets and abstention keep what they promise."""

import itertools

import numpy as np
import pytest

from handful.errors import SettingError
from handful.heads.conformal import (
    Thresholds,
    abstentions,
    answer_threshold,
    prediction_sets,
    thresholds,
)


def world(rng, n, k=3, sharpness=2.0):
    """Probabilities and truths that are drawn from them: a perfectly calibrated model."""
    logits = sharpness * rng.standard_normal((n, k))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return p, (p.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)


def test_sets_hold_the_truth_as_often_as_promised():
    """Over 300 calibrations, mean coverage of fresh items is the promise, within 0.005 below."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        p, y = world(rng, 400)
        limits = thresholds(p[:60], y[:60], coverage=0.9)
        held.append(prediction_sets(p[60:], limits)[np.arange(340), y[60:]].mean())
    assert 0.895 < np.mean(held) < 0.94


def test_threshold_has_the_rank_of_the_definition():
    """Among m items it is the ⌈(m + 1) coverage⌉-th largest probability of the truth."""
    rng = np.random.default_rng(1)
    for m in (19, 20, 39, 57):
        p, y = world(rng, m, k=2)
        limits = thresholds(p, y, coverage=0.95)
        given = np.sort(p[np.arange(m), y])[::-1]
        rank = next(r for r in itertools.count() if r >= (m + 1) * 0.95 - 1e-9)
        if not any((y == c).sum() >= 57 for c in (0, 1)):
            assert limits.plausible_from == (given[rank - 1],) * 2


def test_too_few_items_put_every_class_in_every_set():
    """18 items cannot promise 95 %, 19 can; the note says so."""
    p, y = world(np.random.default_rng(2), 19)
    few = thresholds(p[:18], y[:18], coverage=0.95)
    assert prediction_sets(p, few).all()
    assert "19 items and there are 18" in few.note
    assert thresholds(p, y, coverage=0.95).note == ""


def test_a_class_with_items_enough_keeps_the_promise_for_itself():
    """A class that the model finds hard is covered as often as the others."""
    rng = np.random.default_rng(3)
    held = []
    for _ in range(200):
        y = rng.integers(0, 2, 700)
        logit = np.where(y == 1, 0.3, -2.0) + rng.standard_normal(700)
        p = 1 / (1 + np.exp(-np.column_stack([-logit, logit])))
        limits = thresholds(p[:300], y[:300], coverage=0.9)
        sets = prediction_sets(p[300:], limits)
        held.append(sets[y[300:] == 1, 1].mean())
    assert np.mean(held) > 0.895


def test_copies_do_not_count_as_items():
    """Twelve items, each there ten times, cannot promise 95 %: twelve units are too few."""
    p, y = world(np.random.default_rng(4), 12)
    units = np.repeat(np.arange(12), 10)
    limits = thresholds(p[units], y[units], coverage=0.95, units=units)
    assert limits.plausible_from == (0.0,) * 3
    assert "19 units and there are 12" in limits.note


def test_units_of_one_item_change_nothing():
    """Naming each item as its own unit gives the same thresholds as naming none."""
    p, y = world(np.random.default_rng(5), 200)
    plain = thresholds(p, y, coverage=0.9, max_error=0.2)
    assert thresholds(p, y, coverage=0.9, max_error=0.2, units=np.arange(200)) == plain


@pytest.mark.parametrize("copies", [1, 4])
def test_promised_error_is_kept_in_all_but_one_of_twenty(copies):
    """Over 400 draws, the true error above the threshold exceeds 10 % at most 5 % of the time."""
    rng = np.random.default_rng(6)
    p_all, _ = world(rng, 40_000, k=2, sharpness=1.5)
    broken = 0
    for _ in range(400):
        p, y = world(rng, 150, k=2, sharpness=1.5)
        units = np.repeat(np.arange(150), copies)
        limit = answer_threshold(p[units], y[units], max_error=0.1, units=units)
        answered = p_all.max(axis=1) >= limit
        broken += answered.any() and 1 - p_all[answered].max(axis=1).mean() > 0.1
    assert broken / 400 < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_equal_confidences_are_judged_together():
    """Ten right and ten wrong answers of one confidence promise nothing, in whatever order."""
    p = np.tile([0.2, 0.8], (40, 1))
    y = np.array([1] * 30 + [0] * 10)
    assert answer_threshold(p, y, max_error=0.1) > 1


def test_a_promise_that_cannot_be_kept_gives_no_answers():
    """With wrong labels everywhere the model abstains on all items, and the note says why."""
    p, y = world(np.random.default_rng(7), 100)
    limits = thresholds(p, (p.argmax(axis=1) + 1) % 3, max_error=0.05)
    assert abstentions(p, limits).all()
    assert "no answers" in limits.note


def test_without_an_error_rate_it_abstains_where_two_classes_are_plausible():
    """The answer is "cannot say" exactly where the set has more than one class."""
    p = np.array([[0.9, 0.1], [0.55, 0.45]])
    limits = Thresholds(coverage=0.9, plausible_from=(0.3, 0.3))
    np.testing.assert_array_equal([[True, False], [True, True]], prediction_sets(p, limits))
    np.testing.assert_array_equal([False, True], abstentions(p, limits))


@pytest.mark.parametrize("wrong", [{"coverage": 1.0}, {"max_error": 0.0}])
def test_a_fraction_out_of_range_is_refused(wrong):
    """The error names the argument and its value."""
    p, y = world(np.random.default_rng(8), 10)
    with pytest.raises(SettingError, match=next(iter(wrong))):
        thresholds(p, y, **wrong)
