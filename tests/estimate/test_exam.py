"""The figures of a final exam."""

import math

import numpy as np
import pytest

from handful.estimate.exam import exam_accuracy, examined
from handful.heads.binomial import wilson

SAID = np.array([[0.8, 0.2], [0.7, 0.3], [0.1, 0.9], [0.4, 0.6]])


def test_every_figure_is_of_these_items() -> None:
    """Three of four right: the accuracy is 0.75, and the other figures come along."""
    accuracy, rest = examined(SAID, ["a", "b"], ["a", "a", "b", "a"])
    assert (0.75, 4, 0.95) == (accuracy.value, accuracy.n, accuracy.confidence)
    assert "final exam, Wilson" == accuracy.method
    assert rest is not None
    assert (accuracy, 4, "final exam") == (rest.accuracy, rest.n, rest.method)
    assert 0.75 == pytest.approx(rest.per_class["a"].recall.value, abs=0.1)


def test_unsure_counts_both_ways() -> None:
    """As in the audit: wrong in the lower bound, right in the upper, and not in the value."""
    sure = exam_accuracy(8, 10, 10)
    unsure = exam_accuracy(8, 10, 15)
    assert sure.value == unsure.value == 0.8
    assert unsure.low < sure.low
    assert unsure.high > sure.high
    assert "5 of 15 unsure" in unsure.method
    assert math.isnan(exam_accuracy(0, 0, 3).value)


def test_a_class_that_the_model_does_not_know_is_an_error() -> None:
    """It counts in the accuracy; where there is nothing else, no other figure is made."""
    accuracy, rest = examined(SAID[:2], ["a", "b"], ["a", "new"])
    assert (0.5, 2) == (accuracy.value, accuracy.n)
    assert rest is not None
    assert 2 == rest.n
    accuracy, rest = examined(SAID[:2], ["a", "b"], ["new", "new"])
    assert (0.0, None) == (accuracy.value, rest)
    assert examined(SAID[:2], ["a", "b"], [None, None])[1] is None


def test_merged_classes_are_one() -> None:
    """What the model said of either is said of the class that they became."""
    said = np.array([[0.3, 0.4, 0.3], [0.1, 0.2, 0.7]])
    accuracy, _ = examined(said, ["a", "b", "a"], ["a", "a"])
    assert 1.0 == accuracy.value


def test_the_interval_covers() -> None:
    """Of 400 simulated exams of 100 questions, 95 % (± 3) hold the model's true accuracy."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        truth = rng.uniform(0.6, 0.97)
        right = rng.random(100) < truth
        said = np.where(right[:, None], [0.9, 0.1], [0.1, 0.9])
        answers = [None if lost else "a" for lost in rng.random(100) < 0.03]
        accuracy, _ = examined(said, ["a", "b"], answers)
        covered += accuracy.low <= truth <= accuracy.high
    assert covered / 400 >= 0.94


def test_it_is_wilson() -> None:
    """With Student's quantile, which at n = 100 is a hair wider than the normal one."""
    accuracy = exam_accuracy(90, 100, 100)
    low, high = wilson(0.9, 100)
    assert low - 0.002 < accuracy.low <= low
    assert high <= accuracy.high < high + 0.002
