"""How good a model is: every figure with its interval, from probabilities out of sample.

The figures themselves are `metrics.py`, their intervals `intervals.py`; here they are joined.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from handful.errors import SettingError
from handful.estimate import intervals, metrics
from handful.estimate.figure import ClassFigures, Estimate, Figure
from handful.heads.binomial import student_quantile, wilson
from handful.heads.calibration import reliability
from handful.targets.one_of_k import ONE_OF_K

LEAVE_GROUP_OUT = "leave-group-out"
# Left-out outcomes of one fit hang together a little, and the settings were chosen on them:
# benchmarks/coverage.py measures how much wider their intervals must be to keep their promise. At
# 1.1 the worst of its twelve worlds (groups of solar cells, n = 200; 50 digits) were covered in
# 90 % of 300 runs, the easiest in 96 %.
SHIPPED_WIDENING = 1.3
RESAMPLES = 300


def estimate(
    probabilities: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    classes: Sequence[str],
    *,
    units: Int[np.ndarray, " n"] | None = None,
    confidence: float = 0.95,
    method: str = LEAVE_GROUP_OUT,
    seed: int = 0,
    widening: float | None = None,
) -> Estimate:
    """Every figure of merit, each with an interval that counts units, not items.

    A class that has no item, or is never named, has recall or precision 0 with the interval (0, 1)
    and n = 0.

    Args:
        probabilities: of items that the model did not learn from.
        y: class indices.
        classes: k names.
        units: items with one number count together (groups, duplicates); None: each alone.
        confidence: of the intervals, in (0, 1).
        method: where the probabilities come from; beginning with "leave-group-out" it widens the
            intervals.
        seed: of the resampling behind the calibration error's interval.
        widening: factor on the half widths; None: as the method needs.
    Raises:
        SettingError: there is no item, or `confidence` is out of range.
    """
    if not len(y) or not 0 < confidence < 1:
        raise SettingError(
            "Nothing can be estimated.",
            found=f"{len(y)} items, confidence {confidence}",
            expected="at least one item and a confidence in (0, 1)",
            attempt="label some items first",
        )
    if widening is None:
        widening = SHIPPED_WIDENING if method.startswith(LEAVE_GROUP_OUT) else 1.0
    n, k = probabilities.shape
    hits = metrics.correct(probabilities, y)
    named = ONE_OF_K.decide(probabilities)

    def figure(value: float, interval: intervals.Interval, how: str, count: int = n) -> Figure:
        low, high = interval
        how = f"{method}, {how}" + ("" if units is None else f", {_num_units(units)} units")
        return Figure(value, min(low, value), max(high, value), confidence, count, how)

    def share(chosen: np.ndarray) -> Figure:
        part = None if units is None else units[chosen]
        interval = intervals.share_interval(
            hits[chosen], part, confidence=confidence, widening=widening
        )
        count = int(chosen.sum())
        return figure(float(hits[chosen].mean()) if count else 0.0, interval, "Wilson", count)

    def mean(losses: Float[np.ndarray, " n"]) -> Figure:
        interval = intervals.mean_interval(losses, units, confidence=confidence, widening=widening)
        return figure(float(losses.mean()), interval, "Student's t")

    accuracy = share(np.ones(n, dtype=bool))
    area = positive = None
    counts = np.bincount(y, minlength=k)
    if k == 2 and counts.min() > 0:
        rarer = int(counts.argmin())
        positive = classes[rarer]
        truly = y == rarer
        placed = metrics.placements(probabilities[:, rarer].astype(np.float64), truly)
        interval = intervals.auroc_interval(
            placed, truly, units, confidence=confidence, widening=widening
        )
        area = figure(float(placed[truly].mean()), interval, "DeLong")
    return Estimate(
        n=n,
        method=method,
        accuracy=accuracy,
        balanced_accuracy=figure(
            metrics.balanced_accuracy(probabilities, y),
            _balanced_interval(hits, y, units, confidence, widening),
            "Wilson on the sandwich's worth",
        ),
        log_loss=mean(metrics.log_losses(probabilities, y)),
        brier=mean(metrics.brier_scores(probabilities, y)),
        calibration_error=figure(
            metrics.calibration_error(probabilities, y),
            _calibration_interval(probabilities, y, units, accuracy, seed),
            "bootstrap",
        ),
        auroc=area,
        positive=positive,
        per_class={
            name: ClassFigures(int(counts[c]), recall=share(y == c), precision=share(named == c))
            for c, name in enumerate(classes)
        },
    )


def _num_units(units: Int[np.ndarray, " n"]) -> str:
    return f"{len(np.unique(units)):,}"


def _balanced_interval(
    hits: Float[np.ndarray, " n"],
    y: Int[np.ndarray, " n"],
    units: Int[np.ndarray, " n"] | None,
    confidence: float,
    widening: float,
) -> intervals.Interval:
    """Of the mean recall: Wilson's, on the number of items that its variance is worth."""
    present, where, counts = np.unique(y, return_inverse=True, return_counts=True)
    recalls = np.bincount(where, weights=hits) / counts
    value = float(recalls.mean())
    weight = 1 / (len(present) * counts[where])  # each item's part in the mean recall
    seen = intervals.variance_of_sum((hits - recalls[where]) * weight, units)
    at_best = float((weight**2).sum())
    worth = 1 / (at_best * intervals.design_effect(hits - recalls[where], units))
    if seen > 0 and 0 < value < 1:
        worth = min(worth, value * (1 - value) / seen)
    quantile = student_quantile(confidence, intervals.freedom(len(y), units)) * widening
    return wilson(value, worth, quantile=quantile)


def _calibration_interval(
    probabilities: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    units: Int[np.ndarray, " n"] | None,
    accuracy: Figure,
    seed: int,
) -> intervals.Interval:
    """Percentiles over resampled units, in the bins of the whole.

    A resample shows chance twice, once from the items seen and once from drawing them again, so
    twice the chance share is taken off.

    Where hardly an answer is wrong, resamples hold none either, and the percentiles shrink to a
    point. So the lower limit takes off the chance share of bins with one more right and one more
    wrong (Laplace), and the upper is not below the gap between mean confidence and either end of
    the accuracy's interval: the calibration error is never below that gap (Jensen).
    """
    bins = reliability(probabilities, y)
    gap = probabilities.max(axis=1) - (ONE_OF_K.decide(probabilities) == y)
    unit = np.arange(len(y)) if units is None else np.unique(units, return_inverse=True)[1]
    cell = unit * len(bins.n) + bins.members
    shape = (int(unit.max()) + 1, len(bins.n))
    sizes = np.bincount(cell, minlength=math.prod(shape)).reshape(shape)
    gaps = np.bincount(cell, weights=gap, minlength=math.prod(shape)).reshape(shape)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(shape[0], np.full(shape[0], 1 / shape[0]), size=RESAMPLES)
    count = np.maximum(drawn @ sizes, 1)
    seen = ((drawn @ gaps) / count) ** 2

    def limit(quantile: float, of_bins: Float[np.ndarray, " b"]) -> float:
        chance = 2 * of_bins * (1 - of_bins) / np.maximum(bins.n - 1, 1)
        errors = np.maximum((count * (seen - chance)).sum(axis=1) / count.sum(axis=1), 0.0)
        return float(np.sqrt(np.quantile(errors, quantile)))

    tail = (1 - accuracy.confidence) / 2
    low = limit(tail, (bins.accuracy * bins.n + 1) / (bins.n + 2))
    high = limit(1 - tail, bins.accuracy)
    confident = float(probabilities.max(axis=1).mean())
    at_least = max(confident - accuracy.low, accuracy.high - confident)
    return low, max(high, at_least)
