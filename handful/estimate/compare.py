"""Two models on the same items: is one better, or are they inside each other's noise?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from handful.errors import SettingError
from handful.estimate import intervals
from handful.estimate.metrics import log_losses
from handful.heads.binomial import student_quantile


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference in log-loss, first minus second, with its interval, in nats.

    `better` is None where the interval holds 0: the two are not ranked.
    """

    difference: float
    low: float
    high: float
    better: Literal["first", "second"] | None


def compare(
    first: Float[np.ndarray, "n k"],
    second: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    *,
    units: Int[np.ndarray, " n"] | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two models' out-of-sample probabilities of the same items, unit by unit.

    Paired, so that items which are hard for both do not blur the difference.

    Raises:
        SettingError: the two do not speak of the same items and classes.
    """
    if first.shape != second.shape or len(first) != len(y) or not len(y):
        raise SettingError(
            "These two cannot be compared.",
            found=f"{first.shape} and {second.shape}, for {len(y)} labels",
            expected="probabilities of the same items and classes",
            attempt="ask both models about the same items, in the same order",
        )
    gap = log_losses(first, y) - log_losses(second, y)
    mean = float(gap.mean())
    spread = np.sqrt(intervals.variance_of_sum(gap - mean, units)) / len(y)
    half = float(student_quantile(confidence, intervals.freedom(len(y), units)) * spread)
    better: Literal["first", "second"] | None = None
    if abs(mean) > half:
        better = "first" if mean < 0 else "second"
    return Comparison(mean, mean - half, mean + half, better)
