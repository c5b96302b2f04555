"""Intervals that respect units: items of one group, or copies of one picture, count together.

The plain intervals of independent trials are in `handful.heads.binomial`; figures built from
these are in `estimate.py`.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Int

from handful.errors import SettingError
from handful.heads.binomial import student_quantile, wilson

Interval = tuple[float, float]


def unit_sums(
    values: Float[np.ndarray, " n"], units: Int[np.ndarray, " n"] | None
) -> Float[np.ndarray, " u"]:
    """The sum of `values` over each unit; without units every item stands alone."""
    if units is None:
        return values
    _, where = np.unique(units, return_inverse=True)
    return np.bincount(where, weights=values)


def num_units(n: int, units: Int[np.ndarray, " n"] | None) -> int:
    """How many units the n items form."""
    return n if units is None else len(np.unique(units))


def variance_of_sum(
    residuals: Float[np.ndarray, " n"], units: Int[np.ndarray, " n"] | None
) -> float:
    """Variance of the sum of `residuals`, whose units are independent of each other.

    Source:
        The sandwich (Liang & Zeger, Biometrika 73, 1986) with its u / (u − 1) correction.
    """
    sums = unit_sums(residuals, units)
    u = len(sums)
    return float((sums**2).sum()) * u / max(u - 1, 1)


def freedom(n: int, units: Int[np.ndarray, " n"] | None) -> float:
    """Degrees of freedom of a variance estimated from units of unequal size, at least 1.

    n − 1 when every item stands alone; near u − 1 for u units of one size; fewer when a few large
    units carry most of the items (Satterthwaite, with a unit's share taken as its size squared).
    """
    sizes = unit_sums(np.ones(n), units)
    return max(float((sizes**2).sum() ** 2 / (sizes**4).sum()) - 1, 1.0)


def design_effect(residuals: Float[np.ndarray, " n"], units: Int[np.ndarray, " n"] | None) -> float:
    """How many times fewer independent items these are worth, at least 1.

    Where every residual is 0 nothing shows how units hang together, and the worst is assumed:
    that a unit's items always agree.
    """
    if units is None:
        return 1.0
    sizes = unit_sums(np.ones(len(residuals)), units)
    worst = float((sizes**2).sum() / sizes.sum())
    independent = float((residuals**2).sum())
    if independent == 0.0:
        return worst
    together = float((unit_sums(residuals, units) ** 2).sum())
    return min(max(together / independent, 1.0), worst)


def share_interval(
    hits: Float[np.ndarray, " n"],
    units: Int[np.ndarray, " n"] | None = None,
    *,
    confidence: float = 0.95,
    widening: float = 1.0,
) -> Interval:
    """Of a share of ones among `hits`: Wilson's, on the number of items that they are worth.

    Args:
        widening: factor on the half width; see `estimate.SHIPPED_WIDENING`.
    """
    if len(hits) == 0:
        return 0.0, 1.0
    mean = float(hits.mean())
    worth = len(hits) / design_effect(hits - mean, units)
    quantile = student_quantile(confidence, freedom(len(hits), units)) * widening
    return wilson(mean, worth, quantile=quantile)


def mean_interval(
    values: Float[np.ndarray, " n"],
    units: Int[np.ndarray, " n"] | None = None,
    *,
    confidence: float = 0.95,
    widening: float = 1.0,
) -> Interval:
    """Of a mean of losses, never below 0: Student's t on unit sums."""
    mean = float(values.mean())
    spread = math.sqrt(variance_of_sum(values - mean, units)) / len(values)
    half = student_quantile(confidence, freedom(len(values), units)) * spread * widening
    return max(mean - half, 0.0), mean + half


def auroc_interval(
    placements: Float[np.ndarray, " n"],
    positive: np.ndarray,
    units: Int[np.ndarray, " n"] | None = None,
    *,
    confidence: float = 0.95,
    widening: float = 1.0,
) -> Interval:
    """Of an AUROC: every value from which the one seen is not surprisingly far.

    The variance is Hanley and McNeil's at the value tried, so that the interval is sensible at 1,
    scaled to what the placements of the units show at the value seen.

    Args:
        placements: from `metrics.placements`.
        positive: which items are positive.
    Source:
        Newcombe, Stat. Med. 25 (2006), method 5; Obuchowski, Biometrics 53 (1997), for units.
    """
    num_positive = int(positive.sum())
    num_negative = len(positive) - num_positive
    area = float(placements[positive].mean())
    influence = np.where(
        positive, (placements - area) / num_positive, (placements - area) / num_negative
    )
    seen = variance_of_sum(influence, units)
    expected = float(_hanley_mcneil(np.array([area]), num_positive, num_negative)[0])
    scale = max(seen / expected, design_effect(influence, units)) if expected > 0 else 1.0
    quantile = student_quantile(confidence, freedom(len(positive), units)) * widening
    tried = np.linspace(0.0, 1.0, 4001)
    near = (tried - area) ** 2 <= quantile**2 * scale * _hanley_mcneil(
        tried, num_positive, num_negative
    )
    near |= np.abs(tried - area) <= 1 / 4000
    return float(tried[near].min()), float(tried[near].max())


def _hanley_mcneil(
    area: Float[np.ndarray, " m"], num_positive: int, num_negative: int
) -> Float[np.ndarray, " m"]:
    """Variance of an AUROC (Newcombe's form, equal counts inside the bracket)."""
    mean_count = (num_positive + num_negative) / 2
    bracket = 1 + (mean_count - 1) * ((1 - area) / (2 - area) + area / (1 + area))
    variance: Float[np.ndarray, " m"] = area * (1 - area) * bracket / (num_positive * num_negative)
    return variance


def anytime(
    successes: int,
    n: int,
    population: int,
    *,
    confidence: float = 0.95,
    prior: tuple[float, float] = (9.0, 1.0),
) -> Interval:
    """Of the share of successes in a finite population, valid however often one looks.

    Items are drawn at random without replacement; one may look after every draw and stop when one
    likes. The price against Wilson is about a third in width.

    Args:
        successes: among the n drawn.
        n: items drawn so far.
        population: items that could have been drawn, n <= population.
        prior: of the beta-binomial mixture, chosen before any item is drawn.
    Raises:
        SettingError: the counts do not fit each other.
    Source:
        Waudby-Smith & Ramdas, arXiv:2006.04347; the beta functions of the two beta-binomials
        cancel but for constants, which leaves binomial coefficients.
    """
    if not 0 <= successes <= n <= population or population < 1:
        raise SettingError(
            "These counts cannot come from one draw.",
            found=f"{successes} successes among {n} drawn of {population}",
            expected="0 <= successes <= n <= population",
            attempt="check the three counts: each holds the one before",
        )
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, population + 1)))])
    total = np.arange(successes, population - (n - successes) + 1)
    rest, left = population - n, total - successes
    log_ratio = (
        log_factorial[population] - log_factorial[total] - log_factorial[population - total]
    ) - (log_factorial[rest] - log_factorial[left] - log_factorial[rest - left])
    a, b = prior
    log_ratio += _log_beta(a + successes, b + n - successes) - _log_beta(a, b)
    kept = total[log_ratio < -math.log(1 - confidence)]
    return float(kept.min() / population), float(kept.max() / population)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
