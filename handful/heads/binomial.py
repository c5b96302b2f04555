"""Intervals of a proportion from independent trials, and the quantiles they need.

Units that hang together (groups, duplicates) are `handful.estimate.intervals`' business. Written
with the standard library alone: importing scipy's quantiles costs a third of a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist


def wilson(fraction: float, n: int | float, *, quantile: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval of a proportion.

    Args:
        fraction: share of successes, in [0, 1].
        n: number of trials; an effective number may be broken. 0 gives (0, 1).
        quantile: of the standard normal distribution (1.96 for 95 %), or of Student's t.
    Source:
        Wilson, J. Am. Stat. Assoc. 22 (1927).
    """
    if n <= 0:
        return 0.0, 1.0
    ratio = quantile * quantile / n
    centre = (fraction + ratio / 2) / (1 + ratio)
    half = math.sqrt(ratio * fraction * (1 - fraction) + ratio * ratio / 4) / (1 + ratio)
    low = 0.0 if fraction <= 0.0 else max(centre - half, 0.0)
    high = 1.0 if fraction >= 1.0 else min(centre + half, 1.0)
    return low, high


def clopper_pearson(successes: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a proportion: it covers at least as often as it says, never less.

    Args:
        successes: in 0 … n.
        n: number of independent trials; 0 gives (0, 1).
        confidence: of the two-sided interval. One-sided bounds at 1 − a ask for 1 − 2a.
    Source:
        Clopper & Pearson, Biometrika 26 (1934).
    """
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else beta_quantile(tail, successes, n - successes + 1)
    high = 1.0 if successes == n else beta_quantile(1 - tail, successes + 1, n - successes)
    return low, high


def normal_quantile(confidence: float) -> float:
    """Half width of the two-sided interval of a standard normal: 1.96 at 0.95."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


@lru_cache(maxsize=4096)
def student_quantile(confidence: float, freedom: int | float) -> float:
    """Half width of the two-sided interval of Student's t with `freedom` degrees of freedom."""
    if freedom > 10_000:
        return normal_quantile(confidence)
    x = beta_quantile(1 - confidence, freedom / 2, 0.5)
    return math.sqrt(freedom * (1 - x) / x)


def beta_quantile(probability: float, a: int | float, b: int | float) -> float:
    """Where the Beta(a, b) distribution reaches `probability`."""
    return _bisect(lambda x: incomplete_beta(x, a, b) < probability)


def _bisect(below: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def incomplete_beta(x: float, a: int | float, b: int | float) -> float:
    """The distribution function of Beta(a, b): the regularised incomplete beta function.

    Source:
        The continued fraction of NIST DLMF 8.17.22, evaluated by Lentz's method.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # there the mirrored fraction converges faster
        return 1.0 - incomplete_beta(1.0 - x, b, a)
    log_front = a * math.log(x) + b * math.log1p(-x) - math.log(a)
    log_front += math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    tiny = 1e-300
    numerator, denominator = 1.0, 0.0
    value = 1.0
    for step in range(2000):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        denominator = 1.0 / ((1.0 + term * denominator) or tiny)
        numerator = (1.0 + term / numerator) or tiny
        value *= numerator * denominator
        if abs(numerator * denominator - 1.0) < 1e-13:
            break
    return math.exp(log_front) * (value - 1.0)
