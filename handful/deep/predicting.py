"""What a module of one's own says of data, and where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from handful.deep.batch import Batch, Changed, Data, each
from handful.deep.losses import CrossEntropy, Loss, one_number
from handful.deep.randomness import random_state_kept
from handful.errors import DataError, SettingError
from handful.review.confusion import MixUp, confusion_matrix, mix_ups

AT_ONCE = 64


def predict(model: nn.Module, data: Data, *, batch_size: int = AT_ONCE) -> Any:
    """What the model gives for each item, in order: (n, ...) float32, or a tuple or dict of such.

    Items are taken without the changes of `Arrays` and `Samples`. The model answers as in
    evaluation; the mode of its layers and the global random state are left as they were.

    Args:
        model: on its device.
        data: n items, one or more.
        batch_size: items at once.
    Raises:
        DataError: there are no items.
        SettingError: the batch size is below 1.
    """
    found = _answers(model, data, batch_size)
    return each(_joined([outputs for outputs, _ in found]), Tensor.numpy)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """What a model says of n items, and the loss of each.

    Args:
        outputs: (n, ...) what the model gives, or a tuple or dict of such.
        targets: n rows.
        losses: (n,) of each item alone.
    """

    outputs: Any
    targets: Any
    losses: Float[np.ndarray, " n"]

    def worst(self, n: int = 12) -> Int[np.ndarray, " m"]:
        """Places of the items with the highest losses, the highest first; at most n."""
        return np.argsort(-self.losses, kind="stable")[:n]

    @property
    def probabilities(self) -> Float[np.ndarray, "n k"]:
        """Softmax of the outputs.

        Raises:
            SettingError: the outputs are not (n, k) of two classes or more.
        """
        outputs = self.outputs
        if not isinstance(outputs, np.ndarray) or outputs.ndim != 2 or outputs.shape[1] < 2:
            raise SettingError(
                "These outputs do not choose one of several classes.",
                found=f"outputs {getattr(outputs, 'shape', type(outputs).__name__)}",
                expected="one row of k logits for each item",
                attempt="look at `outputs`, `targets` and `losses`",
            )
        raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
        return shares

    @property
    def confusion(self) -> Int[np.ndarray, "k k"]:
        """How many items of each class (row) were given which one (column).

        Targets that are shares count for the class with the largest.

        Raises:
            SettingError: the outputs do not choose one of several classes.
        """
        said = self.probabilities.argmax(axis=1)
        given = np.asarray(self.targets)
        given = given.argmax(axis=1) if given.ndim == 2 else given.astype(np.int64)
        return confusion_matrix(given, said, self.outputs.shape[1])

    @property
    def mix_ups(self) -> list[MixUp]:
        """Every pair of classes that was mixed up, the most frequent first."""
        return mix_ups(self.confusion)


def examine(
    model: nn.Module, data: Data, *, loss: Loss | None = None, batch_size: int = AT_ONCE
) -> Examined:
    """What the model says of each item as it is, and the loss of each.

    Args:
        model: on its device; it answers as in evaluation.
        data: n items with targets.
        loss: of (outputs, targets); None: cross-entropy without smoothing or class weights. It is
            asked of each item alone, so one that compares the items of a batch says little here.
        batch_size: items at once.
    Raises:
        DataError: there are no items.
        SettingError: the loss cannot judge these targets, or the batch size is below 1.
    """
    measure = loss or CrossEntropy(None, 0.0)
    found = _answers(model, data, batch_size)
    with torch.no_grad():
        losses = [
            float(one_number(measure(_row(outputs, at), _row(batch.targets, at))))
            for outputs, batch in found
            for at in range(len(batch))
        ]
    return Examined(
        each(_joined([outputs for outputs, _ in found]), Tensor.numpy),
        each(_joined([batch.targets for _, batch in found]), Tensor.numpy),
        np.array(losses),
    )


@random_state_kept()
def _answers(model: nn.Module, data: Data, batch_size: int) -> list[tuple[Any, Batch]]:
    """Outputs and batch, on the CPU, of all items in order."""
    if batch_size < 1 or not len(data):
        kind = SettingError if batch_size < 1 else DataError
        raise kind(
            "There is nothing to predict.",
            found=f"{len(data)} items, {batch_size} at once",
            expected="one or more of both",
            attempt="Arrays(X, targets=y), and leave batch_size out",
        )
    plain = data.plain() if isinstance(data, Changed) else data
    device = next((one.device for one in model.parameters()), torch.device("cpu"))
    modes = {layer: layer.training for layer in model.modules()}
    random = np.random.default_rng(0)
    found = []
    model.eval()
    try:
        with torch.no_grad():
            for start in range(0, len(plain), batch_size):
                items = np.arange(start, min(start + batch_size, len(plain)))
                batch = plain.batch(items, random)
                outputs = model(*batch.each(lambda one: one.to(device)).inputs)
                found.append((each(outputs, _plain), batch.each(Tensor.cpu)))
    finally:
        for layer, mode in modes.items():
            layer.training = mode
    return found


def _plain(one: Tensor) -> Tensor:
    return (one.float() if one.is_floating_point() else one).cpu()


def _row(value: Any, at: int) -> Any:
    """One item of a batch, still in a row."""
    return each(value, lambda one: one[at : at + 1])


def _joined(parts: Sequence[Any]) -> Any:
    """The same value of several batches, one under the other."""
    first = parts[0]
    if isinstance(first, Tensor):
        return torch.cat(list(parts))
    if isinstance(first, Mapping):
        return {name: _joined([part[name] for part in parts]) for name in first}
    if isinstance(first, tuple | list):
        return tuple(_joined(column) for column in zip(*parts, strict=True))
    raise SettingError(
        "The model's outputs cannot be put together.",
        found=f"a {type(first).__name__}",
        expected="a tensor, or a tuple, list or dict of tensors",
        attempt="return one of those from forward",
    )
