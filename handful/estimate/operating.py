"""One class against the rest at every threshold: sensitivity, specificity, and what an alarm means.

The intervals are those of `intervals.share_interval`, which counts units rather than items; here
they are made for hundreds of thresholds from running sums, in the time of one sort.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.errors import SettingError
from handful.estimate import intervals, metrics
from handful.estimate.average_precision import average_precision, average_precision_interval
from handful.estimate.figure import Figure
from handful.heads.binomial import wilson

EVEN = 0.5  # the threshold at which two classes are told apart where nobody chooses another
MAX_STOPS = 200  # thresholds kept: more than a screen can tell apart


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """A share at each of t thresholds with its interval; `value` is nan where it is of nothing."""

    value: Float[np.ndarray, " t"]
    low: Float[np.ndarray, " t"]
    high: Float[np.ndarray, " t"]


@dataclass(frozen=True, slots=True, eq=False)
class OperatingCurve:
    """What calling an item positive from a threshold on comes to, at t falling thresholds.

    Args:
        positives, negatives: items of the class, and all others.
        thresholds: (t,) an item is called positive where its probability is at least this.
        true_positives, false_positives: (t,) items called positive, by what they are.
        sensitivity: share of the positives called positive (recall).
        specificity: share of the negatives not called positive.
        ppv: share of those called positive that are (precision), at the data's prevalence.
        npv: share of those not called positive that are not, at the data's prevalence.
        auroc: area under the ROC curve.
        average_precision: area under the precision-recall curve, as a sum of steps.
    """

    positives: int
    negatives: int
    thresholds: Float[np.ndarray, " t"]
    true_positives: Int[np.ndarray, " t"]
    false_positives: Int[np.ndarray, " t"]
    sensitivity: Shares
    specificity: Shares
    ppv: Shares
    npv: Shares
    auroc: Figure
    average_precision: Figure


def operating_curve(
    scores: Float[np.ndarray, " n"],
    positive: Bool[np.ndarray, " n"],
    *,
    units: Int[np.ndarray, " n"] | None = None,
    confidence: float = 0.95,
    widening: float = 1.0,
    method: str = "",
    stops: int = MAX_STOPS,
    resamples: int = 200,
    seed: int = 0,
) -> OperatingCurve:
    """The operating points of one class against the rest, evenly spread along the ROC curve.

    Items of equal score are called positive together or not at all. The threshold 0.5 is always
    among the points.

    Args:
        scores: probability of the class, of items that the model did not learn from.
        positive: where the item is of the class; both kinds must occur.
        units: items with one number count together; None: each alone.
        confidence: of the intervals, in (0, 1).
        widening: factor on their half width; see `estimate.SHIPPED_WIDENING`.
        method: where the probabilities come from, for the figures' own words.
        stops: points kept at most, at least 2.
        resamples: of the units, behind the interval of the average precision.
        seed: of the resampling.
    Raises:
        SettingError: there is no positive or no negative item.
    """
    num_positive = int(positive.sum())
    num_negative = len(positive) - num_positive
    if not num_positive or not num_negative:
        raise SettingError(
            "A class cannot be told from the rest where one of the two has no item.",
            found=f"{num_positive} items of the class, {num_negative} others",
            expected="at least one of each",
            attempt="label an item of each class",
        )
    scores = scores.astype(np.float64)
    order = np.argsort(-scores, kind="stable")
    ranked, hit = scores[order], positive[order]
    unit = order if units is None else np.unique(units, return_inverse=True)[1][order]
    called, thresholds = _stops(ranked, hit, stops)
    true_positives = np.concatenate([[0], np.cumsum(hit)])[called]
    false_positives = called - true_positives
    missed_alarms = _found(unit[~hit], false_positives, confidence, widening)

    def figure(value: float, interval: intervals.Interval, how: str) -> Figure:
        low, high = min(interval[0], value), max(interval[1], value)
        return Figure(value, low, high, confidence, len(scores), f"{method}, {how}".lstrip(", "))

    placed = metrics.placements(scores, positive)
    options = {"confidence": confidence, "widening": widening}
    return OperatingCurve(
        positives=num_positive,
        negatives=num_negative,
        thresholds=thresholds,
        true_positives=true_positives,
        false_positives=false_positives,
        sensitivity=_found(unit[hit], true_positives, confidence, widening),
        specificity=Shares(1 - missed_alarms.value, 1 - missed_alarms.high, 1 - missed_alarms.low),
        ppv=_right_of_first(hit, unit, called, confidence, widening),
        npv=_right_of_first(~hit[::-1], unit[::-1], len(hit) - called, confidence, widening),
        auroc=figure(
            float(placed[positive].mean()),
            intervals.auroc_interval(placed, positive, units, **options),
            "DeLong",
        ),
        average_precision=figure(
            average_precision(scores, positive),
            average_precision_interval(
                scores, positive, units, resamples=resamples, seed=seed, **options
            ),
            "Wilson on what resampled units show",
        ),
    )


def _stops(
    ranked: Float[np.ndarray, " n"], hit: Bool[np.ndarray, " n"], stops: int
) -> tuple[Int[np.ndarray, " t"], Float[np.ndarray, " t"]]:
    """How many items are called at each point, and from which probability on."""
    ends = np.append(np.flatnonzero(np.diff(ranked)) + 1, len(ranked))
    found = np.cumsum(hit)[ends - 1]
    along = found / hit.sum() + (ends - found) / (~hit).sum()  # the way along the ROC curve, to 2
    wished = np.linspace(0, 2, stops)
    chosen = ends[np.minimum(np.searchsorted(along, wished - 1e-12), len(ends) - 1)]
    even = int((ranked >= EVEN).sum())
    called = np.unique(np.append(chosen, even))
    thresholds = ranked[np.maximum(called - 1, 0)]
    return called, np.where(called == even, EVEN, thresholds)


def _found(
    unit: Int[np.ndarray, " p"], found: Int[np.ndarray, " t"], confidence: float, widening: float
) -> Shares:
    """The share of p items that lie among the first, from the unit of each in their order.

    Args:
        found: how many of them do, at each threshold.
    """
    n = len(unit)
    sizes = np.bincount(unit)
    of_unit = sizes[unit].astype(np.float64)
    earlier = _earlier(unit, np.ones(n, dtype=bool))
    squares = _running(2 * earlier + 1)[found]  # Σ of the unit's number found, squared
    products = _running(of_unit)[found]  # Σ of the unit's number found times its size
    total = float((sizes.astype(np.float64) ** 2).sum())
    value = found / n
    together = squares - 2 * value * products + value**2 * total
    freedom = np.full(len(found), intervals.freedom(n, unit))
    return _shares(value, np.full(len(found), n), together, total, freedom, confidence, widening)


def _right_of_first(
    hit: Bool[np.ndarray, " n"],
    unit: Int[np.ndarray, " n"],
    first: Int[np.ndarray, " t"],
    confidence: float,
    widening: float,
) -> Shares:
    """The share of hits among the first so many items, for each number in `first`."""
    everyone = np.ones(len(hit), dtype=bool)
    hits, size = _earlier(unit, hit), _earlier(unit, everyone)
    squared = _running(np.where(hit, 2 * hits + 1, 0))[first]
    product = _running(np.where(hit, hits + size + 1, hits))[first]
    sizes_2 = _running(2 * size + 1)[first]
    sizes_4 = _running((size + 1.0) ** 4 - size**4)[first]
    count = np.maximum(first, 1)
    value = np.concatenate([[0], np.cumsum(hit)])[first] / count
    together = squared - 2 * value * product + value**2 * sizes_2
    freedom = np.maximum(sizes_2**2 / np.maximum(sizes_4, 1) - 1, 1)
    shares = _shares(value, count, together, sizes_2, freedom, confidence, widening)
    nothing = first == 0
    return Shares(
        np.where(nothing, np.nan, shares.value),
        np.where(nothing, 0.0, shares.low),
        np.where(nothing, 1.0, shares.high),
    )


def _shares(
    value: Float[np.ndarray, " t"],
    count: Int[np.ndarray, " t"],
    together: Float[np.ndarray, " t"],
    sizes: Float[np.ndarray, " t"] | float,
    freedom: Float[np.ndarray, " t"],
    confidence: float,
    widening: float,
) -> Shares:
    """Wilson's intervals on what the items are worth: `intervals.share_interval` for all at once.

    Args:
        value: the shares.
        count: items that each is of.
        together: Σ over units of (the sum of hits minus the share), squared.
        sizes: Σ over units of their number of items, squared.
        freedom: degrees of freedom of each.
    """
    from scipy.special import stdtrit

    independent = count * value * (1 - value)
    worst = np.broadcast_to(np.asarray(sizes, dtype=np.float64) / count, value.shape)
    seen = np.divide(together, independent, out=worst.copy(), where=independent > 0)
    effect = np.minimum(np.maximum(seen, 1.0), np.maximum(worst, 1.0))
    quantile = stdtrit(freedom, (1 + confidence) / 2) * widening
    limits = [
        wilson(float(share), float(worth), quantile=float(far))
        for share, worth, far in zip(value, count / effect, quantile, strict=True)
    ]
    low, high = np.array(limits).reshape(-1, 2).T
    return Shares(value, low, high)


def _earlier(
    unit: Int[np.ndarray, " n"], counted: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Of each item, how many counted items of its unit stand before it."""
    order = np.argsort(unit, kind="stable")
    running = np.cumsum(counted[order]) - counted[order]
    starts = np.flatnonzero(np.append(True, np.diff(unit[order]) != 0))
    lengths = np.diff(np.append(starts, len(unit)))
    earlier = np.empty(len(unit))
    earlier[order] = running - np.repeat(running[starts], lengths)
    return earlier


def _running(steps: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n1"]:
    return np.concatenate([[0.0], np.cumsum(steps, dtype=np.float64)])
