"""Figures of merit equal scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics as sklearn

from handful.estimate import metrics


def answers(n: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities with ties, and true classes."""
    random = np.random.default_rng(seed)
    p = random.integers(1, 6, (n, k)).astype(float)
    return p / p.sum(axis=1, keepdims=True), random.integers(0, k, n)


@pytest.mark.parametrize("k", [2, 5])
def test_figures_equal_those_of_scikit_learn(k: int) -> None:
    """Accuracy, balanced accuracy, recall, precision, log-loss and Brier agree."""
    p, y = answers(200, k)
    named = p.argmax(axis=1)
    classes = np.arange(k)
    assert sklearn.accuracy_score(y, named) == pytest.approx(metrics.accuracy(p, y))
    assert sklearn.balanced_accuracy_score(y, named) == pytest.approx(
        metrics.balanced_accuracy(p, y)
    )
    assert sklearn.recall_score(y, named, average=None) == pytest.approx(metrics.recall(p, y))
    assert sklearn.precision_score(y, named, average=None) == pytest.approx(metrics.precision(p, y))
    assert sklearn.log_loss(y, p, labels=classes) == pytest.approx(metrics.log_loss(p, y))


def test_auroc_counts_ties_half() -> None:
    """AUROC with many ties equals scikit-learn's."""
    p, y = answers(300, 2)
    expected = sklearn.roc_auc_score(y, p[:, 1])
    assert expected == pytest.approx(metrics.auroc(p[:, 1], y == 1))


def test_calibration_error_is_small_for_the_calibrated_and_large_for_the_sure() -> None:
    """Outcomes drawn from the probabilities give near 0; the same made too sure do not."""
    random = np.random.default_rng(0)
    one = random.uniform(0.02, 0.98, 20_000)
    p = np.stack([one, 1 - one], axis=1)
    y = (random.random(20_000) > one).astype(int)
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    assert metrics.calibration_error(p, y) < 0.015
    assert metrics.calibration_error(sharp, y) > 0.08
