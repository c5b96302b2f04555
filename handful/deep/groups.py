"""Parameter groups: which part learns how fast, what decays, and what waits its turn.

The optimizer is PyTorch's own; a group carries its `factor` of the schedule's rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from handful.errors import SettingError

Group = dict[str, Any]


def groups(
    model: nn.Module,
    factors: Mapping[str, float] | None = None,
    *,
    weight_decay: float | None = None,
) -> list[Group]:
    """Groups for an optimizer: a factor of the rate by name, no decay for biases and gains.

    Frozen parameters are in them too (an optimizer passes over what has no gradient), so that they
    can be unfrozen later.

    Args:
        factors: the start of a parameter's dotted name to its factor; the longest that fits
            counts, and "" fits all. None: one rate for all.
        weight_decay: of everything that has more than one dimension; None: the training's.
    Raises:
        SettingError: a name fits no parameter, so it would have been ignored.
    """
    named = list(model.named_parameters())
    factors = {"": 1.0} | dict(factors or {})
    for start in factors:
        if not any(_within(name, start) for name, _ in named):
            raise SettingError(
                "No parameter has such a name.",
                found=f"{start!r}",
                expected=f"the start of one of {', '.join(sorted({_root(n) for n, _ in named}))}",
                attempt="print([name for name, _ in model.named_parameters()])",
            )
    found: dict[tuple[str, bool], Group] = {}
    for name, parameter in named:
        start = max((one for one in factors if _within(name, one)), key=len)
        decays = parameter.ndim > 1
        group = found.setdefault(
            (start, decays), {"name": start, "params": [], "factor": factors[start]}
        )
        if not decays or weight_decay is not None:
            group["weight_decay"] = weight_decay if decays else 0.0
        group["params"].append(parameter)
    return list(found.values())


def by_depth(parts: Mapping[str, nn.Module], *, decay: float) -> dict[str, float]:
    """Discriminative rates: the last part has factor 1, each one before it `decay` of the next.

    Source:
        Howard & Ruder, arXiv:1801.06146, who take 1 / 2.6.
    """
    return {name: decay**back for back, name in enumerate(reversed(list(parts)))}


def freeze(model: nn.Module, *starts: str) -> int:
    """Stops the gradients of every parameter whose name begins so; returns how many."""
    return _set(model, starts, learns=False)


def unfreeze(model: nn.Module, *starts: str) -> int:
    """Lets them learn (again); returns how many."""
    return _set(model, starts, learns=True)


def _set(model: nn.Module, starts: tuple[str, ...], *, learns: bool) -> int:
    chosen = [
        one
        for name, one in model.named_parameters()
        if any(_within(name, start) for start in starts)
    ]
    if not chosen:
        raise SettingError(
            "No parameter has such a name.",
            found=", ".join(map(repr, starts)),
            expected="the start of a parameter's dotted name",
            attempt="print([name for name, _ in model.named_parameters()])",
        )
    for parameter in chosen:
        parameter.requires_grad_(learns)
    return len(chosen)


def _within(name: str, start: str) -> bool:
    return not start or name == start or name.startswith(start + ".")


def _root(name: str) -> str:
    return name.partition(".")[0]
