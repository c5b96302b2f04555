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

SETTLED = 0.99  # mean agreement of successive models; small-text's default
CHECKS = 3


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
) -> Advice:
    """Whether to go on.

    Args:
        live: accuracy with its anytime-valid interval.
        forecast: of the next labels; None while it cannot be made.
        agreements: κ of each model's predictions with the one before, latest last.
        target: accuracy that the user needs; None: as good as labels can buy.
        worth: gain in accuracy for which the user would still give the next labels.
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
    narrowed = half_width(live.value, live.n + 40, live.confidence)
    if math.isnan(narrowed):
        return Advice("cannot-tell", "there are no audit labels yet.")
    return Advice(
        "cannot-tell",
        f"{live.n} audit labels do not settle it; 40 more would narrow accuracy to "
        f"about ± {100 * narrowed:.1f} points.",
    )


def _share(share: float) -> str:
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def upper_90(gain: Figure) -> float:
    """Upper end of the gain's one-sided 90 % interval, from its two-sided one."""
    whole = NormalDist().inv_cdf((1 + gain.confidence) / 2)
    return gain.value + (gain.high - gain.value) * NormalDist().inv_cdf(0.9) / whole


def half_width(value: float, n: int, confidence: float) -> float:
    """Half the width of a proportion's interval from `n` items, as planning needs it."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return z * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n)) / (1 + z * z / n)
