"""Coverage against error: what it gains to leave the least sure items to a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handful.heads.binomial import wilson
from handful.targets.one_of_k import ONE_OF_K


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """One point of the curve.

    Args:
        coverage: share of the items answered, the surest first.
        error: share of those that are wrong; `low` and `high` are its Wilson interval.
        threshold: the least probability that is still answered.
    """

    coverage: float
    error: float
    low: float
    high: float
    threshold: float


def abstention_curve(
    probabilities: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"], *, points: int = 200
) -> list[OperatingPoint]:
    """The curve by rising coverage, its last point answering everything.

    Args:
        points: at most so many, evenly spread. Items of equal confidence are answered together
            or not at all, for no threshold could part them.
    """
    n = len(y)
    sure = probabilities.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    wrong = np.cumsum(ONE_OF_K.decide(probabilities)[order] != y[order])
    falls = np.append(np.flatnonzero(np.diff(sure[order])) + 1, n)
    wished = np.ceil(np.arange(1, points + 1) / points * n)
    curve = []
    for answered in np.unique(falls[np.searchsorted(falls, wished)]):
        error = float(wrong[answered - 1] / answered)
        low, high = wilson(error, float(answered))
        threshold = float(sure[order[answered - 1]])
        curve.append(OperatingPoint(float(answered / n), error, low, high, threshold))
    return curve
