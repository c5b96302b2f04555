"""Counts of what is taken for what, and the order in which many classes are shown."""

from __future__ import annotations

import numpy as np
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from handful.review.confusion import MixUp, confusion_matrix, mix_ups, order_of_likeness
from handful.review.worst import worst_errors


@given(st.integers(2, 7), st.integers(1, 60), st.integers(0, 2**31))
def test_counts_equal_scikit_learns(k: int, n: int, seed: int) -> None:
    """The matrix equals scikit-learn's, with every class present."""
    labels, predictions = np.random.default_rng(seed).integers(k, size=(2, n))
    expected = sklearn.metrics.confusion_matrix(labels, predictions, labels=range(k))
    np.testing.assert_array_equal(expected, confusion_matrix(labels, predictions, k))


def test_mix_ups_are_ranked_by_count_then_share() -> None:
    """The most frequent mistake comes first; of two alike, the one that hits more of its class."""
    matrix = np.array([[10, 3, 0], [3, 2, 0], [0, 1, 9]])
    assert mix_ups(matrix) == [
        MixUp(1, 0, 3, 0.6),
        MixUp(0, 1, 3, 3 / 13),
        MixUp(2, 1, 1, 0.1),
    ]


def test_order_brings_confused_classes_together() -> None:
    """Classes that form pairs, shuffled, stand next to their partner again."""
    rng = np.random.default_rng(0)
    partner = rng.permutation(40).reshape(20, 2)
    matrix = np.eye(40, dtype=int) * 80
    for a, b in partner:
        matrix[a, b] = matrix[b, a] = 20
    place = np.argsort(order_of_likeness(matrix))
    assert (np.abs(place[partner[:, 0]] - place[partner[:, 1]]) == 1).all()


def test_order_holds_every_class_once_whatever_the_matrix() -> None:
    """Empty rows, one class and no confusion at all give a permutation too."""
    for matrix in (np.zeros((5, 5), dtype=int), np.eye(1, dtype=int), np.eye(200, dtype=int)):
        assert sorted(order_of_likeness(matrix)) == list(range(len(matrix)))


def test_worst_error_gives_its_label_the_least() -> None:
    """Errors are ranked by the probability of the label given; right answers are not there."""
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.3, 0.7], [0.9, 0.1], [0.99, 0.01], [0.6, 0.4]])
    assert worst_errors(labels, probabilities, np.arange(4)).tolist() == [2, 0, 3]


def test_copies_of_one_error_are_one_error() -> None:
    """Of duplicates that are all wrong only the worst is listed."""
    labels = np.zeros(3, dtype=int)
    probabilities = np.array([[0.3, 0.7], [0.2, 0.8], [0.4, 0.6]])
    assert worst_errors(labels, probabilities, np.array([4, 4, 5])).tolist() == [1, 2]
