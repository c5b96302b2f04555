"""The audit reserve, which labels teach which head, and what the audit says."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.errors import SettingError
from handful.estimate.audit import audit, draw_reserve, lessons, reserved
from handful.estimate.estimate import estimate
from handful.labels.event import Mark
from handful.labels.ledger import Ledger


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(0, 99))
def test_the_reserve_has_one_item_of_each_drawn_unit(clusters: list[int], seed: int) -> None:
    """A fifth of the clusters, rounded down; one item of each; the same seed draws the same."""
    reserve = draw_reserve(np.array(clusters), seed=seed)
    drawn = np.array(clusters)[reserve]
    assert len(reserve) == int(0.2 * len(set(clusters))) == len(set(drawn.tolist()))
    assert reserve.tolist() == draw_reserve(np.array(clusters), seed=seed).tolist()


def test_the_reserve_is_capped_and_a_smaller_one_is_its_beginning() -> None:
    """600 at most, in an order that does not depend on how many are wanted."""
    clusters = np.arange(10_000)
    reserve = draw_reserve(clusters, seed=3)
    assert len(reserve) == 600
    assert reserve[:100].tolist() == draw_reserve(clusters, seed=3, most=100).tolist()
    with pytest.raises(SettingError):
        draw_reserve(clusters, seed=3, fraction=20.0)


def test_every_unit_is_drawn_equally_often_whatever_its_size() -> None:
    """A group of fifty is as likely to be drawn as a single picture, and so are all its items."""
    clusters = np.array([0] * 50 + list(range(1, 10)))
    drawn = np.array([draw_reserve(clusters, seed=seed)[0] for seed in range(2000)])
    shares = np.bincount(clusters[drawn], minlength=10) / 2000
    assert np.abs(shares - 0.1).max() < 0.03
    assert len(set(drawn[drawn < 50].tolist())) > 40


ITEMS = ("a", "b", "c", "d", "e")
CLUSTERS = np.array([0, 0, 1, 2, 3])
PLACE = {item: at for at, item in enumerate(ITEMS)}


def test_labels_are_sorted_into_lessons(tmp_path: Path) -> None:
    """Audit answers teach B alone; a lasso on the reserve teaches nobody; the rest teach both."""
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.reserve(["a", "d"], seed=0, population=4)
        ledger.label({"e": "x", "c": "y"}, by="ann")
        ledger.label({"b": "x", "d": "x"}, by="ann", source="lasso")
        in_reserve = reserved(PLACE, CLUSTERS, ledger.state)
        assert in_reserve.tolist() == [True, True, False, True, False]
        before = lessons(PLACE, in_reserve, ledger.state)
        assert [ITEMS[row] for row in before.rows] == ["e", "c"]
        ledger.record([Mark(item="a", label="y", source="audit")], by="ann")
        ledger.record([Mark(item="d", kind="unsure", source="audit")], by="ann")
        after = lessons(PLACE, in_reserve, ledger.state)
        assert [(ITEMS[row], name) for row, name in zip(after.rows, after.names, strict=True)] == [
            ("e", "x"), ("c", "y"), ("a", "y"),
        ]  # fmt: skip
        assert (after.audited.tolist(), after.for_a.tolist()) == ([False, False, True], [0, 1])
        assert (before.num_unsure, after.num_unsure) == (0, 1)


def test_the_figures_are_those_of_the_audit_items() -> None:
    """Accuracy, recall and precision by hand; the live interval holds the frozen one."""
    truth = np.array([0] * 60 + [1] * 40)
    said = np.where(np.arange(100) % 10 == 0, 1 - truth, truth)
    result = audit(np.eye(2)[said], truth, ("cat", "dog"), population=2000, num_rest=500)
    assert result.frozen.value == 0.9
    same = estimate(np.eye(2)[said], truth, ("cat", "dog"), method="leave-group-out").accuracy
    assert (result.frozen.low, result.frozen.high) == pytest.approx((same.low, same.high))
    assert result.frozen.low < 0.826  # Wilson's own, not widened: 0.826 to 0.945
    assert result.frozen.high > 0.945
    assert result.live.low < result.frozen.low < result.frozen.high < result.live.high
    assert result.per_class["cat"].recall.value == 0.9
    assert result.per_class["dog"].precision.value == pytest.approx(36 / 42)
    assert result.wrong_if_finished.value == pytest.approx(50)
    assert result.wrong_if_finished.low == pytest.approx(500 * (1 - result.frozen.high))


def test_unsure_answers_widen_the_interval_both_ways() -> None:
    """Ten that nobody could name may all be wrong or all be right."""
    truth = np.zeros(90, int)
    said = np.eye(2)[np.where(np.arange(90) < 9, 1, 0)]
    sure = audit(said, truth, ("x", "y"), population=1000, num_rest=0)
    unsure = audit(said, truth, ("x", "y"), population=1000, num_rest=0, num_unsure=10)
    assert unsure.frozen.low < sure.frozen.low < sure.frozen.high < unsure.frozen.high
    assert unsure.live.low < sure.live.low < sure.live.high < unsure.live.high


def test_a_class_that_the_model_does_not_know_counts_as_wrong() -> None:
    """An audit item of a class met nowhere else cannot be predicted rightly."""
    result = audit(np.eye(2)[[0, 0, 1]], np.array([0, -1, 1]), ("x", "y"), population=9, num_rest=5)
    assert result.frozen.value == pytest.approx(2 / 3)


def test_before_the_first_audit_answer_nothing_is_known() -> None:
    """No value, the widest interval, no class."""
    result = audit(np.zeros((0, 2)), np.zeros(0, int), ("x", "y"), population=50, num_rest=50)
    assert np.isnan(result.live.value)
    assert (result.live.low, result.live.high, result.per_class) == (0.0, 1.0, {})
