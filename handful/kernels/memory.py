"""Memory for a call: what is kept from call to call, and pages for what is large."""

from __future__ import annotations

import ctypes
import sys
import threading
from functools import cache

import torch

LINE = 64
"""Bytes of a cache line; torch's own arrays begin at one too."""

MOST_KEPT = 256 << 20
"""Bytes of temporaries that a thread keeps for its next call: fresh memory costs as much as the
arithmetic that it is for, page by page."""

LARGE = 32 << 20
"""Bytes from which on glibc takes fresh pages for each allocation, and gives them back (mallopt(3),
DEFAULT_MMAP_THRESHOLD_MAX)."""

PAGE, HUGE_PAGES = 4096, 14
"""Bytes of a page, and Linux's advice to take larger ones (madvise(2), MADV_HUGEPAGE)."""

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


def in_huge_pages(tensor: torch.Tensor) -> None:
    """Ask for pages of 2 MB under a fresh tensor: 64 MB in pages of 4 KB take 27 ms to touch, in
    large ones 7. An advice: where it cannot be followed, nothing changes."""
    advise = _madvise()
    if advise is not None:
        first = -(-tensor.data_ptr() // PAGE) * PAGE
        size = (tensor.data_ptr() + tensor.nbytes - first) // PAGE * PAGE
        advise(first, size, HUGE_PAGES)


@cache
def _madvise() -> ctypes._FuncPointer | None:
    if sys.platform != "linux":
        return None
    found = ctypes.CDLL(None).madvise
    found.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return found
