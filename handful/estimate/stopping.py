"""Advice on whether to go on labelling. It is advice: nothing here stops anybody."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from jaxtyping import Int

from handful.estimate.figure import Figure
from handful.estimate.forecast import Forecast
from handful.estimate.intervals import anytime

SETTLED = 0.99  # mean agreement of successive models; small-text's default
CHECKS = 3
MORE = 40  # audit answers that are looked ahead
FEWEST = 10  # answers, below which their share of right ones says nothing of the next


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next, and why.

    Args:
        kind: "stop" the target is reached, or more labels hardly help; "go-on"; or "cannot-tell".
        reason: one sentence with the figures that led to it.
    """

    kind: Literal["stop", "go-on", "cannot-tell"]
    reason: str


def kappa(first: Int[np.ndarray, " n"], second: Int[np.ndarray, " n"]) -> float:
    """Cohen's κ: agreement beyond what chance would give; 1 where both always say one class.

    Source:
        Cohen, "A coefficient of agreement for nominal scales", 1960.
    """
    classes = np.unique(np.concatenate([first, second]))
    observed = float((first == second).mean())
    expected = float(sum((first == c).mean() * (second == c).mean() for c in classes))
    return 1.0 if expected >= 1.0 else (observed - expected) / (1.0 - expected)


def advise(
    live: Figure,
    forecast: Forecast | None,
    agreements: Sequence[float],
    *,
    target: float | None = None,
    worth: float = 0.01,
    ahead: tuple[int, float] | None = None,
) -> Advice:
    """Whether to go on.

    Args:
        live: accuracy with its anytime-valid interval.
        forecast: of the next labels; None while it cannot be made.
        agreements: κ of each model's predictions with the one before, latest last.
        target: accuracy that the user needs; None: as good as labels can buy.
        worth: gain in accuracy for which the user would still give the next labels.
        ahead: audit answers that are left to give, at most 40, and the half width of the live
            interval after them, from `half_width_after`; None: too few answers, or none left.
    Source:
        No one criterion is best everywhere (Pullar-Strecker et al., arXiv:2110.03802), so a stop
        needs either proof of the target or two witnesses: the forecast and settled predictions.
    """
    if target is not None and live.low >= target:
        least, wanted = _share(live.low), _share(target)
        return Advice("stop", f"accuracy is at least {least} and {wanted} was wanted.")
    latest = agreements[-CHECKS:]
    settled = len(latest) == CHECKS and sum(latest) / CHECKS >= SETTLED
    if forecast is not None and upper_90(forecast.gain) < worth and settled:
        short = ""
        if target is not None and live.high < target:
            short = f", though {_share(target)} was wanted"
        return Advice(
            "stop",
            f"the next {forecast.num_more} labels would add "
            f"{100 * upper_90(forecast.gain):.1f} points at most, "
            f"and the last {CHECKS} models agree (κ {sum(latest) / CHECKS:.3f}){short}.",
        )
    if forecast is not None and forecast.gain.value >= worth:
        points = 100 * forecast.gain.value
        return Advice(
            "go-on",
            f"not yet: {points:+.1f} points are expected of another {forecast.num_more} labels.",
        )
    if math.isnan(live.value):
        return Advice("cannot-tell", "there are no audit answers yet.")
    answers = "1 audit answer does" if live.n == 1 else f"{live.n} audit answers do"
    more = ""
    if ahead is not None:
        num_more, half = ahead
        more = f"; {num_more} more would narrow accuracy to about ± {100 * half:.1f} points"
    return Advice("cannot-tell", f"{answers} not settle it{more}.")


def _share(share: float) -> str:
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def upper_90(gain: Figure) -> float:
    """Upper end of the gain's one-sided 90 % interval, from its two-sided one."""
    whole = NormalDist().inv_cdf((1 + gain.confidence) / 2)
    return gain.value + (gain.high - gain.value) * NormalDist().inv_cdf(0.9) / whole


def half_width_after(
    live: Figure, num_more: int, *, asked: int, population: int
) -> tuple[int, float] | None:
    """How many more audit answers are meant, and half the width that the meter will then show.

    The interval is the meter's own, anytime-valid; the share of right answers, and of those that
    nobody can name, are taken to stay as they are.

    Args:
        live: accuracy as the meter shows it, on `live.n` answers with a class.
        num_more: audit items that are left to ask.
        asked: audit items asked so far, those that nobody could name among them.
        population: clusters that the reserve was drawn from.
    Returns:
        At most 40 answers and half a width in [0, 0.5]; None below ten answers, and where nothing
        is left to ask.
    """
    num_more = min(num_more, MORE, population - asked)
    if live.n < FEWEST or num_more < 1:
        return None
    after = asked + num_more
    named = min(round(live.n * after / asked), after)
    hits = min(round(live.value * named), named)
    low, _ = anytime(hits, after, population, confidence=live.confidence)
    _, high = anytime(hits + after - named, after, population, confidence=live.confidence)
    return num_more, (high - low) / 2
