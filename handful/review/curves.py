"""The page's curves of each class against the rest, for its threshold slider.

All numbers are made in `handful.estimate.operating`; here it is decided for which classes, and how
they travel.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from handful.estimate.estimate import LEAVE_GROUP_OUT, SHIPPED_WIDENING
from handful.estimate.operating import MAX_STOPS, OperatingCurve, operating_curve
from handful.review.columns import packed
from handful.review.review import Review, Scope

Plain = dict[str, object]

ALL_STOPS = 4_000  # of all classes together: 44 bytes each, 240 kB of the page
LEAST_STOPS = 24
ALL_RESAMPLED = 12_000_000  # items resampled for all classes together: about a second
MOST_RESAMPLES, LEAST_RESAMPLES = 200, 40


def curves(review: Review, scope: Scope) -> list[Plain]:
    """Each class that has items in the scope, and others beside it, against the rest."""
    index = scope.index
    labels, k = review.labels[index], len(review.classes)
    counts = np.bincount(labels, minlength=k)
    method = scope.estimate.method
    resamples = int(np.clip(ALL_RESAMPLED // (len(index) * k), LEAST_RESAMPLES, MOST_RESAMPLES))
    return [
        _plain(
            place,
            operating_curve(
                review.probabilities[index, place],
                labels == place,
                units=review.units[index],
                confidence=scope.estimate.accuracy.confidence,
                widening=SHIPPED_WIDENING if method.startswith(LEAVE_GROUP_OUT) else 1.0,
                method=method,
                stops=int(np.clip(ALL_STOPS // k, LEAST_STOPS, MAX_STOPS)),
                resamples=resamples,
            ),
        )
        for place in range(k)
        if 0 < counts[place] < len(index)
    ]


def _plain(place: int, curve: OperatingCurve) -> Plain:
    shares = (curve.sensitivity, curve.specificity, curve.ppv, curve.npv)
    columns = [curve.thresholds, curve.true_positives, curve.false_positives]
    columns += [limit for one in shares for limit in (one.low, one.high)]
    return {
        "class": place,
        "positives": curve.positives,
        "negatives": curve.negatives,
        "points": packed(np.stack(columns), "<f4"),
        "auroc": asdict(curve.auroc),
        "average_precision": asdict(curve.average_precision),
    }
