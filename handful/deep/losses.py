"""What a step makes smaller: cross-entropy unless told otherwise, and what each can learn from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional as F

from handful.deep.run import Training
from handful.errors import SettingError

Loss = Callable[[Any, Any], Tensor]
"""From a model's outputs and the targets to one number, the mean over items."""

SMOOTHING = 0.1  # of the default loss, where nothing is said
NEARLY_ONE = 1e-2  # how far from 1 the sum of a target's shares may be: bfloat16 rounds as much


@final
@dataclass(frozen=True, slots=True, eq=False)
class CrossEntropy:
    """The default loss: cross-entropy of logits and classes, or shares of classes.

    With class weights the loss of each item is multiplied by the weight of its class, and the mean
    divides by the number of items, whichever form the targets have. (PyTorch does so for shares;
    for integers it divides by the sum of the weights.)

    Args:
        weights: (k,) of the classes; None: all alike.
        smoothing: share of each target given to all classes evenly.
    """

    weights: Tensor | None
    smoothing: float

    def __call__(self, outputs: Any, targets: Any) -> Tensor:
        """The mean over items.

        Args:
            outputs: (b, k) or (b, k, ...) logits.
            targets: (b,) or (b, ...) integers from 0 to k - 1, or shares, shaped as `outputs`.
        Raises:
            SettingError: the targets are no distribution over the outputs.
        """
        wrong = self._wrong(outputs, targets)
        if wrong:
            raise SettingError(
                "The default loss, cross-entropy, cannot learn these targets.",
                found=wrong,
                expected="for each item the class as an integer, or shares that sum to 1",
                attempt="loss=F.mse_loss for numbers, loss=F.binary_cross_entropy_with_logits "
                "for several labels, or any function of (outputs, targets)",
            )
        if not targets.is_floating_point():
            targets = targets.long()
        losses = F.cross_entropy(
            outputs, targets, self.weights, reduction="none", label_smoothing=self.smoothing
        )
        return losses.mean()

    def _wrong(self, outputs: Any, targets: Any) -> str:
        """What forbids it; nothing where all is well."""
        if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
            return f"outputs {shape(outputs)}, targets {shape(targets)}"
        if outputs.ndim < 2 or outputs.shape[1] < 2:
            return f"outputs {shape(outputs)}: fewer than two classes to choose from"
        k = outputs.shape[1]
        if self.weights is not None and len(self.weights) != k:
            return f"{len(self.weights)} class weights for {k} outputs"
        if targets.is_floating_point():
            if targets.shape != outputs.shape:
                return f"outputs {shape(outputs)}, targets {shape(targets)}"
            off = float((targets.sum(1) - 1).abs().max())
            least = float(targets.min())
            if not off <= NEARLY_ONE or least < -NEARLY_ONE:
                return f"a row that sums to {1 + off:.3g} or {1 - off:.3g}, least share {least:.3g}"
            return ""
        whole = targets.dtype is not torch.bool
        if not whole or targets.shape != outputs.shape[:1] + outputs.shape[2:]:
            return f"outputs {shape(outputs)}, targets {shape(targets)}"
        least, most = float(targets.min()), float(targets.max())
        if least < 0 or most >= k:
            return f"classes from {least:.0f} to {most:.0f} for {k} outputs"
        return ""


def chosen_loss(loss: Loss | None, training: Training, device: torch.device) -> Loss:
    """The loss of a run: the one given, or cross-entropy with the training's settings.

    Args:
        loss: of one's own; None: the default.
        training: its class weights and label smoothing belong to the default.
        device: that computes.
    Raises:
        SettingError: a loss is given, and settings that only the default obeys.
    """
    if loss is None:
        weights = None
        if training.class_weights is not None:
            weights = torch.tensor(training.class_weights, dtype=torch.float32, device=device)
        smoothing = training.label_smoothing
        return CrossEntropy(weights, SMOOTHING if smoothing is None else smoothing)
    for name in ("class_weights", "label_smoothing"):
        if getattr(training, name) is not None:
            raise SettingError(
                "A loss of your own does not know this setting.",
                found=f"{name} = {getattr(training, name)}, and a loss",
                expected="one of them",
                attempt=f"leave {name} out, or do the same within the loss",
            )
    return loss


def guessing(loss: Loss, outputs: Any) -> float:
    """The loss of one who knows nothing, in nats; 0 where that is not known."""
    return math.log(outputs.shape[1]) if isinstance(loss, CrossEntropy) else 0.0


def one_number(loss: Any) -> Tensor:
    """A loss that can be learned from.

    Raises:
        SettingError: it is no tensor of one number, or does not depend on the model.
    """
    if (
        isinstance(loss, Tensor)
        and not loss.ndim
        and (loss.requires_grad or not torch.is_grad_enabled())
    ):
        return loss
    fixed = isinstance(loss, Tensor) and not loss.ndim
    raise SettingError(
        "A step cannot make this loss smaller.",
        found="a number without a gradient" if fixed else f"the loss is {shape(loss)}",
        expected="one number, the mean over items, computed from the outputs",
        attempt="use no detach(), item() or NumPy in it" if fixed else "return losses.mean()",
    )


def shape(value: Any) -> str:
    """What a value is, for an error."""
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} of {str(value.dtype).removeprefix('torch.')}"
    return f"a {type(value).__name__}"
