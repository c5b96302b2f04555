"""What it gains to leave the least sure items to a person."""

from __future__ import annotations

import numpy as np

from handful.review.abstention import abstention_curve


def brute_force(probabilities: np.ndarray, y: np.ndarray, answered: int) -> float:
    """The share of wrong answers among the `answered` surest items, counted one by one."""
    surest = sorted(range(len(y)), key=lambda i: -probabilities[i].max())[:answered]
    return sum(probabilities[i].argmax() != y[i] for i in surest) / answered


def test_every_point_equals_a_count() -> None:
    """At each coverage the error is that of the surest items, and the threshold is the last's."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=97)
    probabilities = rng.dirichlet(np.ones(3), size=97)
    for point in abstention_curve(probabilities, y, points=20):
        answered = round(point.coverage * 97)
        assert point.error == brute_force(probabilities, y, answered)
        assert (probabilities.max(axis=1) >= point.threshold).sum() == answered
        assert point.low <= point.error <= point.high


def test_curve_ends_with_everything_answered() -> None:
    """The last point answers all; a single item is a curve of one point."""
    y = np.array([0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    curve = abstention_curve(probabilities, y)
    assert [round(p.coverage * 3) for p in curve] == [1, 2, 3]
    assert [p.error for p in curve] == [0.0, 0.5, 1 / 3]
    assert len(abstention_curve(probabilities[:1], y[:1])) == 1


def test_equal_confidence_is_not_parted() -> None:
    """Items that no threshold could part are answered together."""
    probabilities = np.array([[0.9, 0.1]] * 3 + [[0.6, 0.4]] * 5)
    curve = abstention_curve(probabilities, np.array([0, 0, 1, 0, 1, 1, 0, 0]))
    assert [(p.coverage, p.error, p.threshold) for p in curve] == [
        (3 / 8, 1 / 3, 0.9),
        (1.0, 3 / 8, 0.6),
    ]
