"""Learning rates as pure functions of the step: nothing here knows a network or an optimizer.

A schedule takes (step, total, peak) and gives the rate; any such function can take its place.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from handful.errors import SettingError

Schedule = Callable[[int, int, float], float]
START_DIVISOR = 25.0
END_DIVISOR = 1e3


def one_cycle(step: int, total: int, peak: float, *, rise_fraction: float = 0.3) -> float:
    """Learning rate at `step` of a one-cycle run.

    Climbs from `peak / 25` to `peak`, then falls close to zero; both legs are half cosines.

    Args:
        step: optimizer steps already taken, 0 <= step < total.
        peak: highest rate, in the optimizer's own unit.
        rise_fraction: share of the run spent climbing, in (0, 1).
    Raises:
        SettingError: `total` is below 1, `step` outside it, or `rise_fraction` out of range.
    Source:
        Smith & Topin, arXiv:1708.07120. Ours: cosine legs, momentum left alone.
    """
    at = _progress(step, total)
    if not 0 < rise_fraction < 1:
        raise SettingError(
            "The climbing share of a one-cycle run is out of range.",
            found=f"rise_fraction = {rise_fraction}",
            expected="a fraction between 0 and 1",
            attempt="leave rise_fraction out: the default is 0.3",
        )
    if at < rise_fraction:
        return _between(peak / START_DIVISOR, peak, at / rise_fraction)
    return _between(peak, peak / END_DIVISOR, (at - rise_fraction) / (1 - rise_fraction))


def cosine(step: int, total: int, peak: float) -> float:
    """Falls from `peak` close to zero along half a cosine."""
    return _between(peak, peak / END_DIVISOR, _progress(step, total))


def linear(step: int, total: int, peak: float) -> float:
    """Falls from `peak` to zero along a straight line, which it would reach at `total`."""
    return peak * (1 - _progress(step, total))


def constant(step: int, total: int, peak: float) -> float:
    """Always `peak`."""
    _progress(step, total)
    return peak


def triangle(step: int, total: int, peak: float, *, rise_fraction: float = 0.2) -> float:
    """Climbs to `peak` along a straight line and falls to zero along another.

    Source:
        Page's DAWNBench entry (2018) for small networks from scratch.
    """
    at = _progress(step, total)
    return peak * min(1.0, (at + 1 / total) / rise_fraction, (1 - at) / (1 - rise_fraction))


def plateau(step: int, total: int, peak: float) -> float:
    """Climbs for a tenth, stays, and falls to three tenths of the peak in the last quarter.

    For runs whose weights are averaged: the average needs weights that still move. With one-cycle,
    averaging gained nothing on the solar cells; with this, a hundredth and more of log-loss
    (docs/log.md).
    """
    at = _progress(step, total)
    if at < 0.1:
        return peak * (at + 1 / total) / (0.1 + 1 / total)
    return peak * (1 - 0.7 * max(0.0, (at - 0.75) / 0.25))


SCHEDULES: dict[str, Schedule] = {
    "one_cycle": one_cycle,
    "cosine": cosine,
    "linear": linear,
    "plateau": plateau,
    "triangle": triangle,
    "constant": constant,
}


def _progress(step: int, total: int) -> float:
    if not 0 <= step < total:
        raise SettingError(
            "This step is not part of the run.",
            found=f"step {step} of {total}",
            expected="0 <= step < total",
            attempt="count steps from 0, and make total as large as the run is long",
        )
    return step / total


def _between(start: float, end: float, at: float) -> float:
    """From `start` to `end` along half a cosine, at in [0, 1]."""
    return end + (start - end) * (1 + math.cos(math.pi * at)) / 2
