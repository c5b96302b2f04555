"""How to train, and a run as it stands: settings in, state and history out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import torch
from torch import Tensor, nn

from handful.deep.batch import Batch
from handful.deep.groups import Group
from handful.deep.history import History
from handful.deep.schedules import Schedule, one_cycle
from handful.errors import SettingError

OPTIMIZERS = ("adamw", "sgd")
PRECISIONS = ("float32", "bfloat16")  # float16 would need its losses scaled: it is refused
DIVERGED = 4.0  # times the loss of the first step, or of guessing: a rate too high gets there fast
DIVERGED_OWN = 100.0  # times the largest loss of the first steps, where guessing is not known: a
# loss of one's own may begin near 0, and one batch of it be many times another
FIRST_STEPS = 16
CHOICES = {
    "weight_decay": "0 or more, something like 0.01",
    "label_smoothing": "0 or more and below 1, something like 0.1",
    "class_weights": "a number for each class, 0 or more, not all of them 0",
    "optimizer": "adamw, sgd, or a function that makes one, such as torch.optim.RMSprop",
    "precision": "float32 or bfloat16",
}


@dataclass(frozen=True)
class Training:
    """How to train.

    Args:
        epochs: times that each item is seen; need not be whole.
        batch_size: items of a step.
        rate: highest rate of the schedule.
        schedule: of the rate, see `schedules.py`.
        optimizer: "adamw", "sgd" (Nesterov, momentum 0.9), or a function that makes one of
            the groups, such as `torch.optim.RMSprop`; the schedule sets its rate.
        weight_decay: of every group that does not say its own; None: 0.01.
        label_smoothing: share of the target given to all classes evenly, in the default loss
            alone; None: 0.1 there.
        class_weights: of each class in the default loss; None: all alike.
        clip: largest norm of all gradients together, of what the groups hold; None: not clipped.
        accumulate: parts that a batch is computed in, for memory.
        average: decay of the running average of weights that is kept at the end; 0: none.
        precision: "float32"; "bfloat16" where the processor has it (without matrix units it lost).
        compile: let `torch.compile` fuse the model: half a minute before the first step.
        seed: of everything drawn at random, 0 or more.
    """

    epochs: float | int = 8
    batch_size: int = 32
    rate: float = 3e-4
    schedule: Schedule = one_cycle
    optimizer: str | Callable[[list[Group]], torch.optim.Optimizer] = "adamw"
    weight_decay: float | None = None
    label_smoothing: float | None = None
    class_weights: Sequence[float | int] | None = None
    clip: float | None = 1.0
    accumulate: int = 1
    average: float = 0.0
    precision: str = "float32"
    compile: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        wrong = {
            "epochs": not 0 < self.epochs < math.inf,
            "batch_size": self.batch_size < 1,
            "rate": not 0 < self.rate < math.inf,
            "label_smoothing": not 0 <= (self.label_smoothing or 0.0) < 1,
            "class_weights": self.class_weights is not None and not _weighing(self.class_weights),
            "average": not 0 <= self.average < 1,
            "seed": self.seed < 0,
            "optimizer": not callable(self.optimizer) and self.optimizer not in OPTIMIZERS,
            "precision": self.precision not in PRECISIONS,
            "weight_decay": not 0 <= (self.weight_decay or 0.0) < math.inf,
            "clip": self.clip is not None and not self.clip > 0,
            "accumulate": not 1 <= self.accumulate <= self.batch_size,
        }
        for name, is_wrong in wrong.items():
            if is_wrong:
                raise SettingError(
                    "This is no way to train.",
                    found=f"{name} = {getattr(self, name)}",
                    expected=CHOICES.get(name, f"something like {getattr(type(self), name)}"),
                    attempt="leave the setting out, or choose within its range",
                )


def _weighing(weights: Sequence[float | int]) -> bool:
    """Whether classes can be weighed so."""
    return bool(weights) and all(0 <= one < math.inf for one in weights) and sum(weights) > 0


@final
@dataclass(eq=False)
class Run:
    """A run as it stands: what hooks see and `train` returns.

    Args:
        model, optimizer, training: as they were given or made; a hook may replace the optimizer.
        total: steps to take; a hook may change it.
        per_epoch: steps of an epoch.
        step: steps begun. At "epoch" and before, those taken so far; from "batch" to "step", the
            one under way is counted, so the first is 1.
        epoch: the one under way, from 0.
        parts: the batch of this step, in `accumulate` parts (one, unless told otherwise); a hook
            may replace them at "batch".
        outputs: what the model said of each part, without gradient; from "loss" on.
        loss: of this step; from "loss" on.
        rate: of this step, as the schedule has it.
        history: of the epochs that ended.
        notes: what happened that is worth a line.
        stopped: why the run ended before its last step; None: it did not.
        average: the running average of the weights; empty where none is wanted.
        good: weights at the end of the last sound epoch.
        begun: the loss that later ones are judged by.
        losses, left_out, wait_s, spent_s: of this epoch: each step's loss, items with numbers that
            are not finite, seconds waited for data, and seconds before the run was killed.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    training: Training
    total: int
    per_epoch: int
    step: int = 0
    epoch: int = 0
    parts: list[Batch] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    loss: float = math.nan
    rate: float = 0.0
    history: History = field(default_factory=History)
    notes: list[str] = field(default_factory=list)
    stopped: str | None = None
    average: dict[str, Tensor] = field(default_factory=dict)
    good: dict[str, Tensor] = field(default_factory=dict)
    begun: float = 0.0
    losses: list[float] = field(default_factory=list)
    left_out: int = 0
    wait_s: float = 0.0
    spent_s: float = 0.0

    def stop(self, why: str) -> None:
        """Ends the run after this step."""
        self.stopped = why

    def diverged(self, guessing: float) -> bool:
        """Whether this step's loss is no number, or far above those that the run began with.

        Args:
            guessing: the loss of one who knows nothing: a model that begins better than that may
                still rise to it; 0: not known, as for a loss of one's own.
        """
        if not math.isfinite(self.loss):
            return True
        if guessing:
            self.begun = self.begun or max(self.loss, guessing)
            return self.loss > DIVERGED * self.begun
        if self.step <= FIRST_STEPS or not self.begun:
            self.begun = max(self.begun, abs(self.loss))
        return self.loss > DIVERGED_OWN * self.begun

    def averaged(self) -> None:
        """Moves the running average towards the weights as they are now.

        The first steps are averaged over a tenth of what came before, more and more, up to the
        decay: otherwise a short run's average would still hold the weights that it began with.
        """
        share = 1 - min(self.training.average, (1 + self.step) / (10 + self.step))
        for name, one in self.model.state_dict().items():
            if one.is_floating_point():
                self.average[name].lerp_(one, share)
            else:  # a count, as of the batches that batch norm has seen
                self.average[name].copy_(one)

    def weights(self) -> dict[str, Any]:
        """A copy of all weights and buffers."""
        return {name: one.detach().clone() for name, one in self.model.state_dict().items()}

    def kept_weights(self) -> dict[str, Any]:
        """A copy of the weights that the run would end with now: the average, if there is one."""
        return {name: one.clone() for name, one in self.average.items()} or self.weights()

    def put_back(self, weights: Mapping[str, Any]) -> None:
        """Puts a copy back."""
        self.model.load_state_dict(dict(weights))
