"""How to train, and a run as it stands: settings in, state and history out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import torch
from torch import Tensor, nn

from handful.deep.groups import Group
from handful.deep.history import History
from handful.deep.schedules import Schedule, one_cycle
from handful.errors import SettingError

OPTIMIZERS = ("adamw", "sgd")
PRECISIONS = ("float32", "bfloat16")  # float16 would need its losses scaled: it is refused
CHOICES = {
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
        weight_decay: where `groups` is not given.
        label_smoothing: share of the target given to all classes evenly.
        class_weights: of each class in the loss; None: all alike.
        clip: largest norm of all gradients together; None: not clipped.
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
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
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
            "label_smoothing": not 0 <= self.label_smoothing < 1,
            "average": not 0 <= self.average < 1,
            "seed": self.seed < 0,
            "optimizer": not callable(self.optimizer) and self.optimizer not in OPTIMIZERS,
            "precision": self.precision not in PRECISIONS,
            "weight_decay": not 0 <= self.weight_decay < math.inf,
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


@final
@dataclass(eq=False)
class Run:
    """A run as it stands: what hooks see and `train` returns."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    training: Training
    total: int
    per_epoch: int
    step: int = 0
    epoch: int = 0
    spent_s: float = 0.0  # in the epoch that a killed run was in
    loss: float = math.nan
    rate: float = 0.0
    history: History = field(default_factory=History)
    notes: list[str] = field(default_factory=list)
    stopped: str | None = None
    average: dict[str, Tensor] = field(default_factory=dict)
    good: dict[str, Tensor] = field(default_factory=dict)  # weights of the last sound epoch
    begun: float = 0.0  # the loss of the first step: what a later one is judged by
    losses: list[float] = field(default_factory=list)  # of this epoch's steps
    left_out: int = 0  # items of this epoch
    wait_s: float = 0.0  # for this epoch's data

    def stop(self, why: str) -> None:
        """Ends the run after this step."""
        self.stopped = why

    def weights(self) -> dict[str, Any]:
        """A copy of all weights and buffers."""
        return {name: one.detach().clone() for name, one in self.model.state_dict().items()}

    def kept_weights(self) -> dict[str, Any]:
        """A copy of the weights that the run would end with now: the average, if there is one."""
        return {name: one.clone() for name, one in self.average.items()} or self.weights()

    def put_back(self, weights: Mapping[str, Any]) -> None:
        """Puts a copy back."""
        self.model.load_state_dict(dict(weights))
