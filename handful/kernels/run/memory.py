"""Memory for a call: what is kept from call to call, so that it is not taken page by page again."""

from __future__ import annotations

import math
import threading
import weakref

import numpy as np
import torch

from handful.system.machine import memory_gib

LINE = 64
"""Bytes of a cache line; torch's own arrays begin at one too."""

MOST_KEPT = max(256 << 20, int(memory_gib() * 2**26))
"""Bytes of temporaries that a thread keeps for its next call, and of large results that are gone, a
sixteenth of the machine's memory: page by page, fresh memory costs as much as the arithmetic that
it is for. An LSTM of 512 over 512 steps of 64 items works with arrays of 256 MB."""

LARGE = 32 << 20
"""Bytes from which on glibc takes fresh pages for each allocation, and gives them back (mallopt(3),
DEFAULT_MMAP_THRESHOLD_MAX): 64 MB take 27 ms to touch the first time, and 7 from then on."""

_kept = threading.local()


def workspace(size: int) -> torch.Tensor:
    """At least so many bytes, which are this thread's until its next call."""
    have, kept = getattr(_kept, "buffer", (-1, None))
    if kept is None or have < size:  # a tensor's own len() costs a tenth of a small call
        kept = torch.empty(size, dtype=torch.uint8)
        if size <= MOST_KEPT:
            _kept.buffer = size, kept
    found: torch.Tensor = kept
    return found


_lock = threading.Lock()
_free: list[np.ndarray] = []


def lasting(shape: list[int], dtype: torch.dtype) -> torch.Tensor:
    """A large tensor, in memory that an earlier one has left, if it was of this size."""
    size = math.prod(shape) * dtype.itemsize
    with _lock:
        at = next((at for at, block in enumerate(_free) if block.nbytes == size + LINE), None)
        block = np.empty(size + LINE, np.uint8) if at is None else _free.pop(at)
    start = -block.ctypes.data % LINE
    lent = block[start : start + size].view(str(dtype).removeprefix("torch.")).reshape(shape)
    weakref.finalize(lent, _give_back, block).atexit = False
    return torch.from_numpy(lent)  # which holds `lent` for as long as any tensor lies in it


def _give_back(block: np.ndarray) -> None:
    with _lock:
        _free.append(block)
        while sum(b.nbytes for b in _free) > MOST_KEPT:
            del _free[0]
