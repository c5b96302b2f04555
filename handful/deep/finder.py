"""The rate finder: raise the rate a little each step until the loss explodes; look at the curve.

It trains for some seconds and puts the weights back as they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import nn

from handful.deep.batch import Data
from handful.deep.groups import Group
from handful.deep.history import sparkline
from handful.deep.hooks import Moment
from handful.deep.loop import train
from handful.deep.run import Run, Training
from handful.errors import SettingError

LOWEST, HIGHEST = 1e-6, 1.0
SMOOTHING = 0.7
EXPLODED = 1.5  # times the least smoothed loss
ROOM = 10.0  # the suggestion is so many times below where the loss explodes: the usual rule


@dataclass(frozen=True, slots=True)
class Finding:
    """The curve of a rate finder.

    Args:
        rates, losses: at each step, the losses smoothed.
        explodes_at: the rate from which the loss climbs away; the highest tried if it never does.
        suggestion: a peak rate for one-cycle.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    explodes_at: float
    suggestion: float

    def line(self) -> str:
        """For a terminal."""
        curve = sparkline([min(loss, 2 * self.losses[0]) for loss in self.losses])
        ends = f"{self.rates[0]:.0e} {curve} {self.rates[-1]:.0e}"
        return f"rate {ends}, explodes at {self.explodes_at:.1e}, suggested {self.suggestion:.1e}"


def find_rate(
    model: nn.Module,
    data: Data,
    training: Training,
    *,
    parameters: Sequence[Group] | None = None,
    steps: int = 40,
) -> Finding:
    """Tries rates from 1e-6 up, each a step, on the model's own data; the model is left as it was.

    Args:
        training: as for `train`; its schedule and rate are not used.
        parameters: with factors of the rate, as for `train`.
        steps: rates to try, at least 8.
    Raises:
        SettingError: fewer steps than that.
    Source:
        Smith, arXiv:1506.01186. Ours: the suggestion is a tenth of where the loss explodes, or, if
        lower, where it falls steepest.
    """
    if steps < 8:
        raise SettingError(
            "too few rates to see a curve.", first=f"steps = {steps}", expected="8 or more"
        )
    before = {name: one.detach().clone() for name, one in model.state_dict().items()}
    rates: list[float] = []
    losses: list[float] = []

    def look(moment: Moment, run: Run) -> None:
        if moment != "loss":
            return
        last = losses[-1] if losses else run.loss
        rates.append(run.rate)
        losses.append(SMOOTHING * last + (1 - SMOOTHING) * run.loss)
        if not losses[-1] <= 2 * EXPLODED * min(losses):
            run.stop("exploded")

    per_epoch = math.ceil(len(data) / training.batch_size)
    sweep = replace(training, epochs=steps / per_epoch, schedule=_sweep, average=0.0, rate=HIGHEST)
    train(model, data, sweep, parameters=parameters, hooks=[look])
    model.load_state_dict(before)
    return suggest(rates, losses)


def suggest(rates: Sequence[float], losses: Sequence[float]) -> Finding:
    """What a curve says.

    Args:
        losses: smoothed, at each rate; at least two.
    """
    least = np.minimum.accumulate(losses)
    beyond = [at for at, loss in enumerate(losses) if not loss <= EXPLODED * least[at]]
    end = beyond[0] if beyond else len(rates) - 1
    slopes = np.diff(np.array(losses[: end + 1])) / np.diff(np.log(rates[: end + 1]))
    steepest = rates[int(slopes.argmin()) + 1] if len(slopes) else rates[end]
    suggestion = min(rates[end] / ROOM, steepest) if beyond else steepest
    return Finding(tuple(rates), tuple(losses), rates[end], suggestion)


def _sweep(step: int, total: int, peak: float) -> float:
    """Evenly in the logarithm, from the lowest to the peak."""
    return LOWEST * (peak / LOWEST) ** (step / max(total - 1, 1))
