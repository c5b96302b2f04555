"""Changes to a batch of activations that leave the class alone, or mix it in proportion.

A batch is maps (b, c, h, w), early statistics (b, e) and soft targets (b, k). All take the random
numbers from a NumPy generator, so that a step's changes are a function of its seed alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Batch = tuple[Float[Tensor, "b c h w"], Float[Tensor, "b e"], Float[Tensor, "b k"]]
Change = Callable[[Batch, np.random.Generator], Batch]


def mirror(batch: Batch, random: np.random.Generator) -> Batch:
    """Half of the maps, left for right: nearly what the mirrored picture would have given.

    Only where the data allows it. The statistics do not change.
    """
    x, early, targets = batch
    turned = torch.from_numpy(random.random(len(x)) < 0.5).to(x.device)
    return torch.where(turned[:, None, None, None], x.flip(3), x), early, targets


def mixup(strength: float) -> Change:
    """Each item mixed with another, in a proportion drawn from Beta(strength, strength).

    Source:
        Zhang et al., arXiv:1710.09412; on hidden layers: Verma et al., arXiv:1806.05236.
    """

    def change(batch: Batch, random: np.random.Generator) -> Batch:
        share = float(random.beta(strength, strength))
        other = torch.from_numpy(random.permutation(len(batch[0]))).to(batch[0].device)
        x, early, targets = (one.lerp(one[other], 1 - share) for one in batch)
        return x, early, targets

    return change


def cutmix(strength: float) -> Change:
    """A box of each map is another item's; the targets mix by area, the statistics too.

    Source:
        Yun et al., arXiv:1905.04899.
    """

    def change(batch: Batch, random: np.random.Generator) -> Batch:
        x, early, targets = batch
        rows, columns, area = _box(x.shape[2:], 1 - float(random.beta(strength, strength)), random)
        other = torch.from_numpy(random.permutation(len(x))).to(x.device)
        mixed = x.clone()
        mixed[:, :, rows, columns] = x[other][:, :, rows, columns]
        return mixed, early.lerp(early[other], area), targets.lerp(targets[other], area)

    return change


def erase(share: float) -> Change:
    """A box of at most this share of each map becomes 0.

    Source:
        Zhong et al., arXiv:1708.04896.
    """

    def change(batch: Batch, random: np.random.Generator) -> Batch:
        x, early, targets = batch
        rows, columns, _ = _box(x.shape[2:], share * float(random.random()), random)
        erased = x.clone()
        erased[:, :, rows, columns] = 0
        return erased, early, targets

    return change


def _box(
    sides: torch.Size, share: float, random: np.random.Generator
) -> tuple[slice, slice, float]:
    """A box of about this share of the area, inside; and its true share."""
    height, width = (min(side, round(side * share**0.5)) for side in sides)
    top = int(random.integers(0, sides[0] - height + 1))
    left = int(random.integers(0, sides[1] - width + 1))
    area = height * width / (sides[0] * sides[1])
    return slice(top, top + height), slice(left, left + width), area
