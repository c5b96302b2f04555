"""The public estimators obey scikit-learn's contract."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from handful.heads import Logistic, Ridge


@parametrize_with_checks([Ridge(), Logistic()])
def test_keeps_scikit_learns_contract(estimator, check):
    """Every check that scikit-learn has for a classifier passes."""
    check(estimator)


@pytest.mark.parametrize("head", [Ridge(), Logistic()])
def test_is_as_good_as_known_on_real_tables(head):
    """Columns of very different units need no scaling beforehand: breast cancer, over 96 %."""
    X, y = load_breast_cancer(return_X_y=True)
    assert cross_val_score(head, X, y, cv=3).mean() > 0.96


def test_left_out_probabilities_say_what_new_items_will_find():
    """On digits, accuracy left out and accuracy on fresh items agree within three deviations."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    learned, fresh = order[:300], order[300:]
    head = Ridge().fit(X[learned], y[learned])
    left_out = (head.left_out_probabilities_.argmax(axis=1) == y[learned]).mean()
    truth = head.score(X[fresh], y[fresh])
    assert abs(left_out - truth) < 3 * np.sqrt(truth * (1 - truth) / 300)


def test_groups_leave_together():
    """With every item there twice, only leaving both out shows that the labels are noise."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 60)), rng.integers(0, 2, 40)
    twice, group = np.repeat(X, 2, axis=0), np.repeat(np.arange(40), 2)
    labels = np.repeat(y, 2)
    alone = Ridge().fit(twice, labels).left_out_probabilities_
    together = Ridge().fit(twice, labels, groups=group).left_out_probabilities_
    assert (alone.argmax(axis=1) == labels).mean() > 0.95
    assert (together.argmax(axis=1) == labels).mean() < 0.7
