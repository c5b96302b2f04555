"""Changes to a batch that leave the targets alone, or mix them in proportion.

All take the random numbers from a NumPy generator, so that a step's changes are a function of its
seed alone. A map is an input of four dimensions (b, c, h, w); other inputs, such as statistics of a
frozen part, have none of a picture's places.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from handful.deep.batch import Batch, tensors
from handful.errors import SettingError

Change = Callable[[Batch, np.random.Generator], Batch]
SPREAD_TARGETS = 3  # dimensions from which a target may have places of its own, as a mask has


def mirror(batch: Batch, random: np.random.Generator) -> Batch:
    """Half of the maps, left for right: nearly what the mirrored picture would have given.

    Only where the data allows it. Other inputs and the targets do not change.

    Raises:
        SettingError: no input is a map, or the targets have places that would have to turn too.
    """
    turned = torch.from_numpy(random.random(len(batch)) < 0.5).to(_maps(batch, "mirror")[0].device)
    _whole_items(batch, "mirror")

    def change(one: Tensor) -> Tensor:
        return torch.where(turned[:, None, None, None], one.flip(3), one) if one.ndim == 4 else one

    return Batch(tuple(map(change, batch.inputs)), batch.targets)


def mixup(strength: float) -> Change:
    """Each item mixed with another, in a proportion drawn from Beta(strength, strength).

    Inputs and targets of any shape, as long as both are numbers that can be mixed.

    Raises:
        SettingError: strength is not above 0. While training: inputs or targets are integers.
    Source:
        Zhang et al., arXiv:1710.09412; on hidden layers: Verma et al., arXiv:1806.05236.
    """
    _positive("strength", strength)

    def change(batch: Batch, random: np.random.Generator) -> Batch:
        _mixable(batch, "mixup")
        share = float(random.beta(strength, strength))
        other = torch.from_numpy(random.permutation(len(batch)))
        return batch.each(lambda one: one.lerp(one[other.to(one.device)], 1 - share))

    return change


def cutmix(strength: float) -> Change:
    """A box of each map is another item's; targets and other inputs are mixed by its area.

    Raises:
        SettingError: strength is not above 0. While training: no input is a map, two are of
            different sizes, or the targets are integers or have places of their own.
    Source:
        Yun et al., arXiv:1905.04899.
    """
    _positive("strength", strength)

    def change(batch: Batch, random: np.random.Generator) -> Batch:
        sides = _maps(batch, "cutmix")[0].shape[2:]
        _mixable(batch, "cutmix")
        _whole_items(batch, "cutmix")
        rows, columns, area = _box(sides, 1 - float(random.beta(strength, strength)), random)
        order = torch.from_numpy(random.permutation(len(batch)))

        def mixed(one: Tensor) -> Tensor:
            other = one[order.to(one.device)]
            if one.ndim != 4:
                return one.lerp(other, area)
            one = one.clone()
            one[:, :, rows, columns] = other[:, :, rows, columns]
            return one

        return batch.each(mixed)

    return change


def erase(share: float) -> Change:
    """A box of at most this share of each map becomes 0.

    Raises:
        SettingError: the share is not within (0, 1]. While training: no input is a map, or two are
            of different sizes.
    Source:
        Zhong et al., arXiv:1708.04896.
    """
    _positive("share", share, most=1.0)

    def change(batch: Batch, random: np.random.Generator) -> Batch:
        sides = _maps(batch, "erase")[0].shape[2:]
        rows, columns, _ = _box(sides, share * float(random.random()), random)

        def erased(one: Tensor) -> Tensor:
            if one.ndim != 4:
                return one
            one = one.clone()
            one[:, :, rows, columns] = 0
            return one

        return Batch(tuple(map(erased, batch.inputs)), batch.targets)

    return change


def _positive(name: str, value: float, *, most: float = float("inf")) -> None:
    if not 0 < value <= most:
        raise SettingError(
            "A batch cannot be changed like this.",
            found=f"{name} = {value}",
            expected="above 0" if most > 1 else "above 0, at most 1",
            attempt=f"{name}=0.4",
        )


def _maps(batch: Batch, name: str) -> list[Tensor]:
    """The inputs that are maps, one or more, all of one height and width."""
    found = [one for one in batch.inputs if one.ndim == 4]
    if len({one.shape[2:] for one in found}) != 1:
        raise _unsuited(
            name,
            f"inputs {', '.join(str(tuple(one.shape)) for one in batch.inputs)}",
            "inputs (b, c, h, w), all of one height and width",
        )
    return found


def _mixable(batch: Batch, name: str) -> None:
    for one in (*batch.inputs, *tensors(batch.targets)):
        if not one.is_floating_point():
            raise _unsuited(
                name,
                f"{tuple(one.shape)} of {str(one.dtype).removeprefix('torch.')}",
                "numbers that can be mixed; for classes one row of shares, np.eye(k)[classes]",
            )


def _whole_items(batch: Batch, name: str) -> None:
    for one in tensors(batch.targets):
        if one.ndim >= SPREAD_TARGETS:
            raise _unsuited(
                name,
                f"targets {tuple(one.shape)}",
                "targets of whole items: places in them would have to move too",
            )


def _unsuited(name: str, found: str, expected: str) -> SettingError:
    return SettingError(
        f"{name} does not suit this data.",
        found=found,
        expected=expected,
        attempt=f"leave {name} out, or change the batch in a function of your own",
    )


def _box(
    sides: torch.Size, share: float, random: np.random.Generator
) -> tuple[slice, slice, float]:
    """A box of about this share of the area, inside; and its true share."""
    height, width = (min(side, round(side * share**0.5)) for side in sides)
    top = int(random.integers(0, sides[0] - height + 1))
    left = int(random.integers(0, sides[1] - width + 1))
    area = height * width / (sides[0] * sides[1])
    return slice(top, top + height), slice(left, left + width), area
