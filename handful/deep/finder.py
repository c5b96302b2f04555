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

from handful.deep.batch import Batch, Data, sound
from handful.deep.device import Place, place_for
from handful.deep.groups import Group
from handful.deep.history import HEIGHT, WIDTH, sparkline
from handful.deep.hooks import Moment
from handful.deep.loop import train
from handful.deep.losses import Loss, chosen_loss, guessing, one_number
from handful.deep.optimizer import training_mode
from handful.deep.randomness import random_state_kept, seed_step
from handful.deep.run import Run, Training
from handful.errors import SettingError

LOWEST, HIGHEST = 1e-6, 1.0
JUDGED_BY = 64  # items
EXPLODED = 0.5  # of the least loss above it, and half of the way back to guessing
FALL = 0.1  # a curve that comes down by no more than this share of its first loss shows no fall
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
        curve = sparkline(self._shown())
        ends = f"{self.rates[0]:.0e} {curve} {self.rates[-1]:.0e}"
        return f"rate {ends}, explodes at {self.explodes_at:.1e}, suggested {self.suggestion:.1e}"

    def _shown(self) -> list[float]:
        """The losses, cut off at twice the first: how high an explosion goes tells nothing."""
        most = self.losses[0] + abs(self.losses[0])
        return [min(loss, most) for loss in self.losses]

    def _repr_html_(self) -> str:
        """For a notebook: the losses over the logarithm of the rate, with the suggestion."""
        first, last = math.log(self.rates[0]), math.log(self.rates[-1])

        def across(rate: float) -> float:
            return 10 + (WIDTH - 20) * (math.log(rate) - first) / ((last - first) or 1)

        shown = self._shown()
        least, most = min(shown), max(shown)
        points = " ".join(
            f"{across(rate):.1f},{10 + (HEIGHT - 40) * (most - loss) / ((most - least) or 1):.1f}"
            for rate, loss in zip(self.rates, shown, strict=True)
        )
        at = across(min(max(self.suggestion, self.rates[0]), self.rates[-1]))
        words = f"{self.rates[0]:.0e} to {self.rates[-1]:.0e}, suggested {self.suggestion:.1e}"
        return (
            f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="loss at rates {words}">'
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="5" y2="{HEIGHT - 25}" stroke="#9498a0" '
            'stroke-dasharray="4 3"/>'
            f'<polyline points="{points}" fill="none" stroke="#4269d0" stroke-width="2"/>'
            f'<text x="10" y="{HEIGHT - 8}" fill="#9498a0" font-size="11">loss at rates {words}'
            "</text></svg>"
        )


@random_state_kept()
def find_rate(
    model: nn.Module,
    data: Data,
    training: Training,
    *,
    loss: Loss | None = None,
    parameters: Sequence[Group] | None = None,
    steps: int = 40,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
) -> Finding:
    """Tries one rate after another, each a step, on its own data; the model is left as it was.

    That holds for its weights, for which of its layers are in training mode, and for the global
    random state.

    Args:
        training: as for `train`; its schedule, rate, epochs and average are not used.
        loss: as for `train`.
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
    place = place_for(training.precision)
    model = model.to(place.device)
    measure = chosen_loss(loss, training, place.device)
    random = np.random.default_rng(training.seed)
    seed_step(place.device, training.seed, 0)
    judging = place.take(sound(data.batch(random.permutation(len(data))[:JUDGED_BY], random)))
    training_mode(model)  # as in every step: with dropout, the first loss is measured alike
    first, known = _judged(model, judging, measure, place)
    ignorant = known or first  # of a loss of one's own, guessing is not known
    notch = (highest / lowest) ** (1 / (steps - 1))
    rates, losses = [lowest / notch], [first]

    def look(moment: Moment, run: Run) -> None:
        if moment == "step":
            rates.append(run.rate)
            bound = _bound(min(losses), ignorant)
            most = bound + abs(bound)
            found, _ = _judged(run.model, judging, measure, place)
            losses.append(min(found, most) if math.isfinite(found) else most)
            if not found <= most:
                run.stop("exploded")

    per_epoch = math.ceil(len(data) / training.batch_size)

    def rising(step: int, total: int, peak: float) -> float:
        return peak / notch ** (total - 1 - step)

    sweep = replace(training, epochs=steps / per_epoch, schedule=rising, average=0.0, rate=highest)
    train(model, data, sweep, loss=loss, parameters=parameters, hooks=[look], place=place)
    model.load_state_dict(before)
    for layer, mode in modes.items():
        layer.training = mode
    return suggest(rates, losses, guessing=ignorant)


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
    falls = len(slopes) > 0 and losses[0] - least[end] > FALL * abs(losses[0])
    steepest = rates[int(slopes.argmin()) + 1] if falls else rates[end]
    suggestion = min(rates[end] / ROOM, steepest) if over else steepest
    return Finding(tuple(rates), tuple(losses), rates[end], suggestion)


def _bound(least: float, guessing: float) -> float:
    """A loss above this has exploded; losses of one's own may be below 0."""
    return max(least + EXPLODED * abs(least), (least + guessing) / 2)


@torch.no_grad()
def _judged(model: nn.Module, judging: Batch, measure: Loss, place: Place) -> tuple[float, float]:
    """The loss of the items that judge, and that of guessing; no weight or gradient changes."""
    with place.autocast():
        outputs = place.in_float32(model(*judging.inputs))
    return float(one_number(measure(outputs, judging.targets))), guessing(measure, outputs)
