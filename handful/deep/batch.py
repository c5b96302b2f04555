"""What a model is given: a batch, and where batches come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
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
