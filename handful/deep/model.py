"""A cut encoder with a head, trainable: it begins as the frozen model that it is to beat.

**The probe comes first**: the head is not fresh but the one that was fitted on frozen features, so
the first step starts from a model that is already good, and no wrong gradient of a random head
goes through the pretrained tail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from handful.deep.augment import Change
from handful.deep.batch import Batch
from handful.deep.cut import Activations
from handful.deep.data import changed
from handful.deep.net import Norm, Tail
from handful.heads.linear import LinearHead
from handful.heads.standardise import standardise

PREDICTED_AT_ONCE = 64
LEAST_SHARE = 0.5  # of an item, for a class that the probe did not see


@final
class Head(nn.Module):
    """A linear map on standardised columns: one rate suits all of its weights.

    Args:
        X: (n, d) vectors that say how wide each column is.
        start: the fitted head.
        classes: all class names, sorted; one that `start` lacks begins as rare.
        stages: runs of columns of one kind.
    """

    shift: Tensor
    factor: Tensor

    def __init__(
        self,
        X: Float[np.ndarray, "n d"],
        start: LinearHead,
        classes: Sequence[str],
        stages: Sequence[slice] = (),
    ) -> None:
        super().__init__()
        columns = standardise(X, stages)
        self.register_buffer("shift", torch.from_numpy(columns.shift.copy()))
        self.register_buffer("factor", torch.from_numpy(columns.factor.copy()))
        weight = np.zeros((X.shape[1], len(classes)), np.float64)
        rare = float(np.log(LEAST_SHARE / len(X)))
        bias = np.full(len(classes), start.bias.mean() + rare, np.float64)
        at = [list(classes).index(name) for name in start.classes]
        moves = columns.factor > 0
        weight[:, at], bias[at] = np.where(moves[:, None], start.weight, 0.0), start.bias
        bias += columns.shift @ weight
        weight[moves] /= columns.factor[moves, None]
        self.weight = nn.Parameter(torch.from_numpy(weight.T.astype(np.float32)))
        self.bias = nn.Parameter(torch.from_numpy(bias.astype(np.float32)))

    def forward(self, vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n k"]:
        """Logits."""
        return F.linear((vectors - self.shift) * self.factor, self.weight, self.bias)

    def plain(self) -> tuple[Float[np.ndarray, "d k"], Float[np.ndarray, " k"]]:
        """Weight and bias for vectors that are not standardised."""
        shift, factor = (getattr(self, name).double().cpu() for name in ("shift", "factor"))
        weight = self.weight.detach().double().cpu() * factor
        bias = self.bias.detach().double().cpu() - weight @ shift
        return weight.T.numpy().copy(), bias.numpy().copy()


@final
class Deepened(nn.Module):
    """From the map at a cut, and the frozen statistics before it, to logits."""

    def __init__(
        self, weights: Mapping[str, np.ndarray], head: Head, *, cut: str, norm: Norm = "folded"
    ) -> None:
        super().__init__()
        self.tail = Tail(weights, cut=cut, norm=norm)
        self.head = head

    def forward(
        self, maps: Float[Tensor, "n c h w"], early: Float[Tensor, "n e"]
    ) -> Float[Tensor, "n k"]:
        """Logits."""
        result: Tensor = self.head(self.tail(maps, early))
        return result


@final
class Cached:
    """Batches of kept activations: each item in a view drawn at random, then changed.

    Args:
        activations: of the n items.
        targets: (n,) class of each.
        classes: how many there are.
        changes: from `augment.py`, in this order.
    """

    def __init__(
        self,
        activations: Activations,
        targets: Int[np.ndarray, " n"],
        classes: int,
        changes: Sequence[Change] = (),
    ) -> None:
        self.activations, self.changes = activations, tuple(changes)
        self._targets = np.eye(classes, dtype=np.float32)[targets]

    def __len__(self) -> int:
        return len(self.activations)

    def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
        """These items."""
        views = random.integers(0, self.activations.num_views, len(items))
        maps, early = self.activations.read(items, views)
        x, e, t = (torch.from_numpy(one) for one in (maps, early, self._targets[items]))
        return changed(Batch((x, e), t), self.changes, random)


def predict(model: nn.Module, activations: Activations) -> Float[np.ndarray, "n k"]:
    """What the model says of each item as it is, logits for one."""
    device = next(model.parameters()).device
    model.eval()
    total = []
    with torch.inference_mode():
        for start in range(0, len(activations), PREDICTED_AT_ONCE):
            items = np.arange(start, min(start + PREDICTED_AT_ONCE, len(activations)))
            maps, early = activations.read(items, np.zeros(len(items), np.int64))
            numbers = (torch.from_numpy(one).to(device) for one in (maps, early))
            total.append(model(*numbers).float().cpu().numpy())
    return np.concatenate(total)


def trained_vectors(
    weights: Mapping[str, np.ndarray],
    arrays: Mapping[str, np.ndarray],
    activations: Activations,
) -> Float[np.ndarray, "n d"]:
    """What a tail with these arrays gives for each item."""
    tail = Tail(weights, cut=activations.cut)
    tail.put(arrays)
    return predict(tail, activations)
