"""The rate finder: raise the rate a little each step until the loss explodes; look at the curve.

Each rate is judged by the loss of the same few items, after its step. The usual way, the loss of
whatever batch is at hand, shows how batches differ: where a probe has learned all that is easy,
that is more than what the rate does, and smoothing hides neither (docs/log.md).

It trains for some seconds and puts the weights back as they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from handful.deep.batch import Batch, Data, sound
from handful.deep.device import Place, place_for
from handful.deep.groups import Group
from handful.deep.history import sparkline
from handful.deep.hooks import Moment
from handful.deep.loop import train
from handful.deep.randomness import random_state_kept
from handful.deep.run import Run, Training
from handful.errors import SettingError

LOWEST, HIGHEST = 1e-6, 1.0
JUDGED_BY = 64  # items
EXPLODED = 1.5  # times the least loss, and half of the way back to guessing
FALLS = 0.9  # a curve whose least loss is no lower than this share of the first shows no fall
ROOM = 10.0  # the suggestion is so many times below where the loss explodes: the usual rule


@dataclass(frozen=True, slots=True)
class Finding:
    """The curve of a rate finder.

    Args:
        rates, losses: of the same items, before the first step and after one at each rate.
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


@random_state_kept()
def find_rate(
    model: nn.Module,
    data: Data,
    training: Training,
    *,
    parameters: Sequence[Group] | None = None,
    steps: int = 40,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
) -> Finding:
    """Tries one rate after another, each a step, on its own data; the model is left as it was.

    That holds for its weights, for which of its layers are in training mode, and for the global
    random state.

    Args:
        training: as for `train`; its schedule and rate are not used.
        parameters: with factors of the rate, as for `train`.
        steps: rates to try, at least 8.
        lowest, highest: of them; they are spread evenly in the logarithm.
    Raises:
        SettingError: fewer steps than that.
    Source:
        Smith, arXiv:1506.01186. Ours: the same items judge every rate; the suggestion is a tenth
        of where the loss explodes, or, if it falls at all and that is lower, where steepest.
    """
    if steps < 8:
        raise SettingError(
            "Too few rates to see a curve.",
            found=f"steps = {steps}",
            expected="8 or more",
            attempt="leave steps out: its default is enough",
        )
    before = {name: one.detach().clone() for name, one in model.state_dict().items()}
    modes = {layer: layer.training for layer in model.modules()}
    random = np.random.default_rng(training.seed)
    judging = sound(data.batch(random.permutation(len(data))[:JUDGED_BY], random))
    guessing = math.log(judging.targets.shape[1])
    place = place_for(training.precision)
    model = model.to(place.device)
    notch = (highest / lowest) ** (1 / (steps - 1))
    rates, losses = [lowest / notch], [_loss(model, judging, training, place)]

    def look(moment: Moment, run: Run) -> None:
        if moment == "step":
            rates.append(run.rate)
            most = 2 * _bound(min(losses), guessing)
            loss = _loss(run.model, judging, training, place)
            losses.append(loss if loss < most else most)  # NaN is as much
            if losses[-1] == most:
                run.stop("exploded")

    per_epoch = math.ceil(len(data) / training.batch_size)

    def rising(step: int, total: int, peak: float) -> float:
        return peak / notch ** (total - 1 - step)

    sweep = replace(training, epochs=steps / per_epoch, schedule=rising, average=0.0, rate=highest)
    train(model, data, sweep, parameters=parameters, hooks=[look], place=place)
    model.load_state_dict(before)
    for layer, mode in modes.items():
        layer.training = mode
    return suggest(rates, losses, guessing=guessing)


def suggest(rates: Sequence[float], losses: Sequence[float], *, guessing: float = 0.0) -> Finding:
    """What a curve says.

    Args:
        losses: at each rate; at least two.
        guessing: the loss of one who knows nothing.
    """
    least = np.minimum.accumulate(losses)
    over = [at for at, loss in enumerate(losses) if not loss <= _bound(least[at], guessing)]
    end = over[0] if over else len(rates) - 1
    slopes = np.diff(np.array(losses[: end + 1])) / np.diff(np.log(rates[: end + 1]))
    falls = len(slopes) > 0 and least[end] < FALLS * losses[0]
    steepest = rates[int(slopes.argmin()) + 1] if falls else rates[end]
    suggestion = min(rates[end] / ROOM, steepest) if over else steepest
    return Finding(tuple(rates), tuple(losses), rates[end], suggestion)


def _bound(least: float, guessing: float) -> float:
    """A loss above this has exploded."""
    return max(EXPLODED * least, (least + guessing) / 2)


@torch.no_grad()
def _loss(model: nn.Module, judging: Batch, training: Training, place: Place) -> float:
    """Of the items that judge; the weights and their gradients stay as they are."""
    batch = place.take(judging)
    with place.autocast():
        logits = model(*batch.inputs)
    return float(
        F.cross_entropy(logits.float(), batch.targets, label_smoothing=training.label_smoothing)
    )
