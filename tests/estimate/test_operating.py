"""Operating points of one class against the rest: counts by hand, intervals as everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from handful.errors import SettingError
from handful.estimate.intervals import share_interval
from handful.estimate.operating import OperatingCurve, Shares, operating_curve

Case = tuple[np.ndarray, np.ndarray, np.ndarray]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Scores with ties, positives and negatives, and units of several sizes."""
    n = draw(st.integers(2, 40))
    scores = np.array(draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))) / 12
    positive = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    positive[:2] = [True, False]
    units = np.array(draw(st.lists(st.integers(0, 8), min_size=n, max_size=n)))
    return scores, positive, units


def compare(shares: Shares, at: int, hits: np.ndarray, units: np.ndarray) -> None:
    """One share and its interval against those of the hits themselves."""
    if not len(hits):
        assert np.isnan(shares.value[at])
        assert (shares.low[at], shares.high[at]) == (0.0, 1.0)
        return
    expected = share_interval(hits.astype(float), units, confidence=0.9, widening=1.3)
    assert shares.value[at] == pytest.approx(hits.mean())
    assert (shares.low[at], shares.high[at]) == pytest.approx(expected, abs=1e-7)


@settings(deadline=None, max_examples=40)
@given(cases())
def test_every_point_is_what_its_threshold_says(case: Case) -> None:
    """At each threshold the four shares and their intervals equal those counted from the items."""
    scores, positive, units = case
    curve = operating_curve(
        scores, positive, units=units, confidence=0.9, widening=1.3, resamples=5
    )
    for at, threshold in enumerate(curve.thresholds):
        called = scores >= threshold
        assert curve.true_positives[at] == (called & positive).sum()
        assert curve.false_positives[at] == (called & ~positive).sum()
        compare(curve.sensitivity, at, called[positive], units[positive])
        compare(curve.specificity, at, ~called[~positive], units[~positive])
        compare(curve.ppv, at, positive[called], units[called])
        compare(curve.npv, at, ~positive[~called], units[~called])


@settings(deadline=None, max_examples=40)
@given(cases())
def test_every_threshold_that_matters_is_there(case: Case) -> None:
    """With few items each distinct score is a point, 0.5 is one, and all are called at the last."""
    scores, positive, _ = case
    curve = operating_curve(scores, positive, resamples=5)
    called = {int((scores >= t).sum()) for t in [*scores, 0.5]}
    assert set((curve.true_positives + curve.false_positives).tolist()) == called
    assert 0.5 in curve.thresholds
    assert (np.diff(curve.thresholds) < 0).all()
    assert curve.true_positives[-1] + curve.false_positives[-1] == len(scores)


def large() -> OperatingCurve:
    """A curve of 3,000 items in 1,000 units."""
    rng = np.random.default_rng(0)
    positive = rng.random(3000) < 0.2
    scores = 1 / (1 + np.exp(-(2 * positive - 1 + rng.normal(size=3000))))
    return operating_curve(scores, positive, units=np.arange(3000) // 3, resamples=20)


def test_many_items_are_thinned_evenly_along_the_curve() -> None:
    """Of 3,000 items 200 points are kept, none farther from the next than two stops of the way."""
    curve = large()
    assert 150 <= len(curve.thresholds) <= 201
    along = curve.sensitivity.value + 1 - curve.specificity.value
    assert np.diff(along).max() <= 2 * 2 / 199
    assert along[-1] == 2


def test_areas_are_those_of_all_items() -> None:
    """The AUROC is scikit-learn's, whatever was thinned, and lies within its interval."""
    rng = np.random.default_rng(3)
    positive = rng.random(500) < 0.3
    scores = positive + rng.normal(size=500)
    curve = operating_curve(scores, positive, stops=10, resamples=20, method="test split")
    assert curve.auroc.value == pytest.approx(roc_auc_score(positive, scores))
    assert curve.auroc.low < curve.auroc.value < curve.auroc.high
    assert curve.auroc.method == "test split, DeLong"
    assert curve.average_precision.low < curve.average_precision.value


@pytest.mark.parametrize("kind", [True, False])
def test_one_kind_alone_is_refused(kind: bool) -> None:
    """Where all items are of the class, or none is, there is nothing to tell apart."""
    with pytest.raises(SettingError, match="one of the two has no item"):
        operating_curve(np.array([0.2, 0.4]), np.array([kind, kind]))
