"""What a model is given: a batch, and where batches come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from handful.errors import DataError


@final
@dataclass(frozen=True, slots=True, init=False)
class Batch:
    """What a model is given and what its outputs are compared with.

    Args:
        inputs: the arguments of the model, items in rows; one tensor alone is one argument.
        targets: what the loss compares the outputs with, items in rows: a tensor of any type and
            shape, or a tuple, list or dict of tensors.
    """

    inputs: tuple[Tensor, ...]
    targets: Any

    def __init__(self, inputs: Tensor | Sequence[Tensor], targets: Any) -> None:
        # a tensor alone, unpacked into arguments, would be its rows
        parts = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        object.__setattr__(self, "inputs", parts)
        object.__setattr__(self, "targets", targets)

    def __len__(self) -> int:
        """Items in the batch."""
        return len(self.inputs[0])

    def each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with every tensor in it changed so."""
        return Batch(tuple(map(change, self.inputs)), each(self.targets, change))


@runtime_checkable
class Data(Protocol):
    """Where batches come from. `random` is the step's own generator."""

    def __len__(self) -> int:
        """Items to learn from."""
        ...

    def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
        """These items, changed at random as the data allows."""
        ...


@runtime_checkable
class Changed(Protocol):
    """Data whose batches are changed at random, and that can also give them as they are."""

    def plain(self) -> Data:
        """The same items without the changes: what predictions are made of."""
        ...


def each(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """A tensor changed, or every tensor in a tuple, list or mapping; all else is left as it is."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple | list):
        parts = [each(one, change) for one in value]
        if hasattr(value, "_fields"):  # a named tuple
            return type(value)(*parts)
        return type(value)(parts)
    if isinstance(value, Mapping):
        return {name: each(one, change) for name, one in value.items()}
    return value


def tensors(value: Any) -> Iterator[Tensor]:
    """Every tensor in a value, in order."""
    found: list[Tensor] = []
    each(value, found.append)
    return iter(found)


def sound(batch: Batch) -> Batch:
    """The batch without the items that hold a number that is not finite.

    Raises:
        DataError: inputs and targets are not of the same number of items.
    """
    found = [*batch.inputs, *tensors(batch.targets)]
    rows = [len(one) if one.ndim else 0 for one in found]
    if len(set(rows)) > 1:
        raise DataError(
            "A batch has not one target for each item.",
            found=f"shapes {', '.join(str(tuple(one.shape)) for one in found)}",
            expected="inputs and targets with the same number of rows",
            attempt="return Batch((inputs, ...), targets) with items in rows",
        )
    good = torch.ones(len(batch), dtype=torch.bool, device=found[0].device)
    for one in found:
        if one.is_floating_point() and not math.isfinite(float(one.sum())):
            good &= torch.isfinite(one).flatten(1).all(1) if one.ndim > 1 else torch.isfinite(one)
    return batch if bool(good.all()) else batch.each(lambda one: one[good])
