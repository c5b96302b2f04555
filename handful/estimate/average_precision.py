"""The area under a precision-recall curve, and its interval by units."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.estimate.intervals import Interval, design_effect, freedom
from handful.heads.binomial import student_quantile, wilson

_AT_ONCE = 4_000_000  # numbers of resamples held at a time: 32 MB


def average_precision(scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]) -> float:
    """The mean over the positives of the precision among all items scored at least as high.

    Guessing gives the share of positives; there must be one. scikit-learn does the same.
    """
    return float(_precisions(scores, positive).mean())


def average_precision_interval(
    scores: Float[np.ndarray, " n"],
    positive: Bool[np.ndarray, " n"],
    units: Int[np.ndarray, " n"] | None = None,
    *,
    confidence: float = 0.95,
    widening: float = 1.0,
    resamples: int = 200,
    seed: int = 0,
) -> Interval:
    """Of an average precision: Wilson's, on the number of positives that it is worth.

    That number is such that Wilson's variance is the one which resampling the units shows, and
    never more than the positives are worth themselves, so that the interval stays sensible at 1,
    where every resample agrees.

    Args:
        scores: probability of the class.
        positive: where the item is of the class; both kinds must occur.
        units: items with one number count together; None: each alone.
        confidence: of the interval, in (0, 1).
        widening: factor on the half width; see `estimate.SHIPPED_WIDENING`.
        resamples: bootstrap samples of the units.
        seed: of the resampling.
    Source:
        The binomial interval of Boyd, Eng & Page (ECML 2013), whose variance counts positives
        alone. Ours: the bootstrap's variance, by units.
    """
    own = None if units is None else units[positive]
    precisions = _precisions(scores, positive)
    value = float(precisions.mean())
    worth = len(precisions) / design_effect(precisions - value, own)
    seen = _resampled_variance(scores, positive, units, resamples, seed)
    if seen > 0 and 0 < value < 1:
        worth = min(worth, value * (1 - value) / seen)
    quantile = student_quantile(confidence, freedom(len(precisions), own)) * widening
    return wilson(value, worth, quantile=quantile)


def _precisions(
    scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " p"]:
    """Of each positive, the precision among all items scored at least as high."""
    above = len(scores) - np.searchsorted(np.sort(scores), scores[positive])
    own = np.sort(scores[positive])
    return (len(own) - np.searchsorted(own, scores[positive])) / above


def _resampled_variance(
    scores: Float[np.ndarray, " n"],
    positive: Bool[np.ndarray, " n"],
    units: Int[np.ndarray, " n"] | None,
    resamples: int,
    seed: int,
) -> float:
    """The variance of the average precision over resampled units; 0 where there is but one."""
    order = np.argsort(-scores, kind="stable")
    n = len(order)
    unit = order if units is None else np.unique(units, return_inverse=True)[1][order]
    num_units = int(unit.max()) + 1
    if num_units < 2:
        return 0.0
    hit = positive[order]
    ends = np.append(np.flatnonzero(np.diff(scores[order])), n - 1)  # last of each tie
    random = np.random.default_rng(seed)
    values: list[np.ndarray] = []
    step = max(1, _AT_ONCE // n)
    for done in range(0, resamples, step):
        size = min(step, resamples - done)
        drawn = random.multinomial(num_units, np.full(num_units, 1 / num_units), size=size)
        weight = drawn[:, unit].astype(np.float32)
        called = np.cumsum(weight, axis=1)[:, ends]
        found = np.cumsum(weight * hit, axis=1)[:, ends]
        precision = found / np.maximum(called, 1)
        steps = np.diff(found, axis=1, prepend=0)
        total = found[:, -1]
        values.append(((steps * precision).sum(axis=1) / np.maximum(total, 1))[total > 0])
    spread = float(np.concatenate(values).var())
    return spread * num_units / (num_units - 1)
