"""The optimizer of a run, its groups, and the modes of the layers that it moves."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from handful.deep.groups import Group, groups
from handful.deep.run import Training
from handful.errors import SettingError

WEIGHT_DECAY = 0.01  # where neither the training nor a group says otherwise


def decayed_groups(
    model: nn.Module, parameters: Sequence[Group] | None, training: Training
) -> list[Group]:
    """The groups of a run, each with its decay: its own, or the training's.

    Raises:
        SettingError: the training's decay would be ignored, because every group has its own.
    """
    wanted = training.weight_decay
    chosen = [dict(one) for one in (groups(model) if parameters is None else parameters)]
    for group in chosen:
        group.setdefault("weight_decay", WEIGHT_DECAY if wanted is None else wanted)
    if wanted and not any(group["weight_decay"] == wanted for group in chosen):
        raise SettingError(
            "The weight decay would be ignored.",
            found=f"weight_decay = {wanted}, and groups that each have their own",
            expected="one of them",
            attempt="make the groups without weight_decay, or leave it out of Training",
        )
    return chosen


def make_optimizer(parameters: Sequence[Group], training: Training) -> torch.optim.Optimizer:
    """The optimizer that the training names or makes.

    Raises:
        SettingError: what the training's function made is no optimizer.
    """
    own = [dict(one) for one in parameters]  # an optimizer adds its settings to the dicts it gets
    if callable(training.optimizer):
        made: object = training.optimizer(own)
        if not isinstance(made, torch.optim.Optimizer):
            raise SettingError(
                "The optimizer is none of PyTorch's kind.",
                found=f"{type(made).__name__}, made by the function given as optimizer",
                expected="a torch.optim.Optimizer of the groups it is given",
                attempt="optimizer=lambda groups: torch.optim.RMSprop(groups, momentum=0.9)",
            )
        return made
    if training.optimizer == "sgd":
        return torch.optim.SGD(own, lr=training.rate, momentum=0.9, nesterov=True, fused=True)
    # the second moment forgets sooner than the default: runs have hundreds of steps, not millions
    return torch.optim.AdamW(own, lr=training.rate, betas=(0.9, 0.99), fused=True)


def clip(optimizer: torch.optim.Optimizer, most: float | None) -> None:
    """Scales the gradients of what the optimizer moves, so that their norm is at most so much."""
    if most is not None:
        moved = [one for group in optimizer.param_groups for one in group["params"]]
        nn.utils.clip_grad_norm_(moved, most)


def training_mode(model: nn.Module) -> None:
    """Training mode, but for frozen layers with running statistics.

    Batch norm in training mode moves its running mean and variance even if nothing in it learns:
    what comes after the frozen part would be trained on other numbers than it answers with.
    """
    model.train()
    for layer in model.modules():
        if getattr(layer, "running_mean", None) is not None:
            own = list(layer.parameters(recurse=False))
            if own and not any(one.requires_grad for one in own):
                layer.eval()
