"""Data in a line: arrays in memory or on disk, and the data sets of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from handful.deep.augment import Change
from handful.deep.batch import Batch
from handful.errors import DataError


@final
class Arrays:
    """Items that lie in arrays, one row each; memory-mapped ones are read batch by batch.

    Numbers take the types that networks and losses ask for: fractions and truth values become
    float32, whole numbers int64 (classes, tokens). Bytes of three dimensions or more are pictures:
    as inputs they become float32, from 0 to 255.

    Args:
        inputs: the arguments of the model, each of n rows.
        targets: n rows of any shape; None: the first input, as an autoencoder is asked for.
        changes: from `augment.py`, in this order, each time an item is seen.
    Raises:
        DataError: there is no input, an array is not of numbers, or the rows are not as many.
    """

    def __init__(self, *inputs: Any, targets: Any = None, changes: Sequence[Change] = ()) -> None:
        named = {f"input {place + 1}": one for place, one in enumerate(inputs)}
        if targets is not None:
            named["targets"] = targets
        arrays = {name: _array(name, one) for name, one in named.items()}
        if not inputs or len({len(one) for one in arrays.values()}) != 1:
            raise DataError(
                "The arrays are not of the same number of rows.",
                found=", ".join(f"{name}: {one.shape}" for name, one in arrays.items()) or "none",
                expected="one input or more, and targets, with one row for each item",
                attempt="Arrays(X, targets=y)",
            )
        found = list(arrays.values())
        self._inputs, self.changes = found[: len(inputs)], tuple(changes)
        self._targets = found[-1] if targets is not None else found[0]

    def __len__(self) -> int:
        return len(self._targets)

    def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
        """These items, changed."""
        rows = tuple(_tensor(one[items], pictures=True) for one in self._inputs)
        return changed(Batch(rows, _tensor(self._targets[items])), self.changes, random)

    def plain(self) -> Arrays:
        """The same items without the changes."""
        return Arrays(*self._inputs, targets=self._targets)


@final
class Samples:
    """Any data set of PyTorch: `dataset[i]` gives (input, ..., target).

    What its transforms draw from the global generators is seeded at each step. With `read_ahead`
    such draws depend on which thread comes first, so a run is then not the same twice.

    Args:
        dataset: with a length and items by number.
        collate: makes a `Batch` of a list of samples; None: PyTorch's own, the last part of a
            sample being the target.
        changes: from `augment.py`, in this order, each time an item is seen.
    Raises:
        DataError: the data set has no length or no items by number. While training: a sample is
            not a tuple of two parts or more, and there is no `collate`.
    """

    def __init__(
        self,
        dataset: Any,
        *,
        collate: Callable[[list[Any]], Batch] | None = None,
        changes: Sequence[Change] = (),
    ) -> None:
        if not hasattr(type(dataset), "__len__") or not hasattr(type(dataset), "__getitem__"):
            raise DataError(
                "The data set cannot be asked for an item by its number.",
                found=f"{type(dataset).__name__}, without a length or without items",
                expected="__len__ and __getitem__, as torch.utils.data.Dataset has them",
                attempt="read the stream into a list: Samples(list(dataset))",
            )
        self.dataset, self.collate, self.changes = dataset, collate, tuple(changes)

    def __len__(self) -> int:
        return len(self.dataset)

    def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
        """These items, changed."""
        samples = [self.dataset[int(item)] for item in items]
        batch = (self.collate or _collated)(samples)
        return changed(batch, self.changes, random)

    def plain(self) -> Samples:
        """The same items without the changes; the data set's own transforms stay."""
        return Samples(self.dataset, collate=self.collate)


def changed(batch: Batch, changes: Sequence[Change], random: np.random.Generator) -> Batch:
    """The batch after every change, in order."""
    for change in changes:
        batch = change(batch, random)
    return batch


def _collated(samples: list[Any]) -> Batch:
    from torch.utils.data import default_collate

    if not isinstance(samples[0], tuple | list) or len(samples[0]) < 2:
        raise DataError(
            "A sample is not made of inputs and a target.",
            found=f"a {type(samples[0]).__name__}",
            expected="a tuple (input, ..., target)",
            attempt="Samples(dataset, collate=a function from a list of samples to a Batch)",
        )
    *inputs, targets = default_collate(samples)
    return Batch(tuple(map(_usual, inputs)), _usual(targets))


def _usual(one: Any) -> Any:
    """Fractions as float32: a float in a sample is a float64 of Python."""
    return one.float() if isinstance(one, Tensor) and one.dtype is torch.float64 else one


def _array(name: str, one: Any) -> np.ndarray:
    """An array of numbers with rows; what is an array already is not copied."""
    array = one.detach().cpu().numpy() if isinstance(one, Tensor) else np.asarray(one)
    if array.dtype.kind not in "biuf" or not array.ndim:
        raise DataError(
            "An array is not of numbers, one row for each item.",
            found=f"{name}: {array.dtype} of shape {array.shape}",
            expected="numbers or truth values",
            attempt="for names of classes: classes, y = np.unique(names, return_inverse=True)",
        )
    return array


def _tensor(rows: np.ndarray, *, pictures: bool = False) -> Tensor:
    whole = rows.dtype.kind in "iu" and not (pictures and rows.dtype == np.uint8 and rows.ndim > 2)
    return torch.from_numpy(np.ascontiguousarray(rows, np.int64 if whole else np.float32))
