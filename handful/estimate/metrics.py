"""What is measured: figures of merit from probabilities and true classes. No intervals here.

Everywhere `probabilities` is (n, k) with rows that sum to 1, and `y` (n,) holds class indices.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.heads.calibration import reliability
from handful.targets.one_of_k import ONE_OF_K

SMALLEST_PROBABILITY = 1e-7  # about float32's resolution at 1: a certain miss costs 16 nats


def correct(
    probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """1.0 where the likeliest class is the true one, else 0.0. The first of equals wins."""
    return (ONE_OF_K.decide(probabilities) == y).astype(np.float64)


def accuracy(probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    """Share of items whose likeliest class is the true one."""
    return float(correct(probabilities, y).mean())


def recall(
    probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " k"]:
    """Of each class, the share that is found; nan for a class without items."""
    hits = np.bincount(y, weights=correct(probabilities, y), minlength=probabilities.shape[1])
    return _share(hits, np.bincount(y, minlength=probabilities.shape[1]))


def precision(
    probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " k"]:
    """Of the items named as each class, the share that is of it; nan for a class never named."""
    k = probabilities.shape[1]
    named = ONE_OF_K.decide(probabilities)
    hits = np.bincount(named, weights=correct(probabilities, y), minlength=k)
    return _share(hits, np.bincount(named, minlength=k))


def _share(part: Float[np.ndarray, " k"], whole: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def balanced_accuracy(probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    """Mean recall over the classes that have items."""
    return float(np.nanmean(recall(probabilities, y)))


def log_losses(
    probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Of each item, −log of the probability given to its true class, in nats."""
    given = probabilities[np.arange(len(y)), y].astype(np.float64)
    return -np.log(np.maximum(given, SMALLEST_PROBABILITY))


def log_loss(probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    """Mean of `log_losses`. Guessing evenly among k classes costs log k."""
    return float(log_losses(probabilities, y).mean())


def brier_scores(
    probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Of each item, the squared distance from its probabilities to the truth.

    With two classes it is halved, so that it is the square of the missing probability, in [0, 1];
    with more it is Brier's own sum over classes, in [0, 2]. scikit-learn does the same.
    """
    missed = probabilities.astype(np.float64)
    missed[np.arange(len(y)), y] -= 1.0
    return (missed**2).sum(axis=1) * (0.5 if probabilities.shape[1] == 2 else 1.0)


def brier(probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    """Mean of `brier_scores`."""
    return float(brier_scores(probabilities, y).mean())


def midranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[where]


def placements(
    scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Of each item, the share of the other class that lies on the right side of it.

    For a positive, the share of negatives scored below it; for a negative, the share of positives
    above; ties count half. The mean over either class is the AUROC, the spread its variance.

    Source:
        DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988); by ranks: Sun & Xu (2014).
    """
    num_positive = int(positive.sum())
    num_negative = len(positive) - num_positive
    among_all = midranks(scores)
    within = np.empty(len(scores))
    within[positive] = midranks(scores[positive])
    within[~positive] = midranks(scores[~positive])
    other_below = among_all - within
    return np.where(positive, other_below / num_negative, 1.0 - other_below / num_positive)


def auroc(scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]) -> float:
    """Chance that a positive item scores above a negative one; ties count half.

    Both classes must have an item.
    """
    return float(placements(scores, positive)[positive].mean())


def calibration_error(probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"]) -> float:
    """Typical gap between the probability of the named class and how often it is right.

    The root mean square over `reliability` bins, with the share that chance alone would show
    taken off: without that, a perfectly calibrated model measured on 650 items would be charged
    about 0.04. Root mean square, because only squares let the chance share be taken off exactly;
    it is never below the usual mean absolute gap on the same bins.

    Source:
        Kumar, Liang & Ma, arXiv:1909.10155 (debiased); Roelofs et al., arXiv:2012.08668 (equal
        mass).
    """
    bins = reliability(probabilities, y)
    chance = bins.accuracy * (1 - bins.accuracy) / np.maximum(bins.n - 1, 1)
    squared = (bins.confidence - bins.accuracy) ** 2 - chance
    return float(np.sqrt(max((bins.n * squared).sum() / len(y), 0.0)))
