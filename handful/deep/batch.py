"""What a model is given: a batch, and where batches come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """What a model is given and should say.

    Args:
        inputs: the arguments of the model, items in rows.
        targets: (b, k) soft targets; each row sums to 1.
    """

    inputs: tuple[Tensor, ...]
    targets: Tensor


@runtime_checkable
class Data(Protocol):
    """Where batches come from. `random` is the step's own generator."""

    def __len__(self) -> int:
        """Items to learn from."""
        ...

    def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
        """These items, changed at random as the data allows."""
        ...


def sound(batch: Batch) -> Batch:
    """Without the items that hold a number that is not finite."""
    good = torch.ones(len(batch.targets), dtype=torch.bool)
    for one in batch.inputs:
        if one.is_floating_point() and not math.isfinite(float(one.sum())):
            good &= torch.isfinite(one).flatten(1).all(1)
    if bool(good.all()):
        return batch
    return Batch(tuple(one[good] for one in batch.inputs), batch.targets[good])
