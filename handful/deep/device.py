"""Where a run computes: the CPU, a GPU where there is one, or one of several under `torchrun`.

Nothing here could be tested on a GPU where it was written; it is kept small and plain for that.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from handful.deep.batch import Batch, each

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Place:
    """A device, how it computes, and which share of each batch is its own.

    Args:
        device: of the model.
        dtype: of most of the computation.
        rank, world: this process's number and how many there are.
    """

    device: torch.device
    dtype: torch.dtype = torch.float32
    rank: int = 0
    world: int = 1

    def share(self, items: np.ndarray) -> np.ndarray:
        """This process's items of a batch."""
        return items[self.rank :: self.world]

    def take(self, batch: Batch) -> Batch:
        """The batch on the device; to a GPU from pinned memory, while it still computes."""
        if self.device.type == "cpu":
            return batch

        def moved(one: Tensor) -> Tensor:
            pinned = one.pin_memory() if self.device.type == "cuda" else one
            return pinned.to(self.device, non_blocking=True)

        return batch.each(moved)

    def autocast(self) -> AbstractContextManager[object]:
        """Computes in `dtype` what may be."""
        enabled = self.dtype is not torch.float32
        return torch.autocast(self.device.type, self.dtype, enabled=enabled)

    def in_float32(self, outputs: Any) -> Any:
        """A model's outputs for a loss, which would round too much in `dtype`."""
        if self.dtype is torch.float32:
            return outputs
        return each(outputs, lambda one: one.float() if one.is_floating_point() else one)

    def spread(self, model: nn.Module) -> nn.Module:
        """The model with gradients averaged over processes, where there are several."""
        if self.world == 1:
            return model
        return nn.parallel.DistributedDataParallel(model)


def bfloat16_pays() -> bool:
    """Whether the device here multiplies bfloat16 itself; a processor that does not is far slower
    in it than in float32."""
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


def place_for(precision: str = "float32") -> Place:
    """The best device here; under `torchrun`, this process's own."""
    world, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    elif torch.backends.mps.is_available():
        device = torch.device("mps")
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Place(device, DTYPES[precision], rank, world)
