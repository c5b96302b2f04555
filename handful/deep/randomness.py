"""The random numbers of a run: seeded at each step, and given back to the caller as they were.

Dropout, and data or hooks that draw from a global generator, use the generators of PyTorch, NumPy
and Python. A run seeds them by its own seed and step. Without putting them back, two members of an
ensemble that are made one after another would start from the same weights.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

PER_SEED = 1_000_003  # a prime above the steps of nearly every run: seeds do not share streams


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Leaves the global random state as it was, however the block ends; also a decorator."""
    python, arrays, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    apple = torch.mps.get_rng_state() if torch.backends.mps.is_available() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)
        torch.set_rng_state(cpu)
        if gpus:
            torch.cuda.set_rng_state_all(gpus)
        if apple is not None:
            torch.mps.set_rng_state(apple)


def seed_step(device: torch.device, seed: int, step: int) -> None:
    """Seeds the global generators for one step of a run.

    `torch.manual_seed` visits every kind of device, there or not, which takes a hundred times as
    long as the generators in use.

    Args:
        device: that computes; its generator is seeded beside the CPU's.
        seed: of the run.
        step: optimizer steps already taken.
    """
    number = (seed * PER_SEED + step) % 2**63  # the most that PyTorch takes
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)
    random.seed(number)
    np.random.seed(number % 2**32)  # the most that NumPy takes
