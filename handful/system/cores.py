"""Numerical work on every core: rows are dealt to threads, and each does its own products alone.

NumPy's BLAS parts every single product among its threads and spins where they meet. On cores that
have something else to do (a browser, a second fit) most of the time goes into meeting: a head on
2,624 solar cells took 2.2 s on a quiet machine of two cores and 4 to 18 s beside one busy process.
Threads that each take whole slices of rows meet once: 2.0 s, and about 3.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from jaxtyping import Float

from handful.system.machine import num_cores

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

ROWS_AT_ONCE = 1024  # of 7,824 numbers: 32 MB, and as much again standardised
BAND = 256  # rows of a Gram matrix; so many that two threads end at about the same time
T = TypeVar("T")


def row_slices(n: int, rows: int = ROWS_AT_ONCE) -> Iterator[slice]:
    """Slices of `rows` rows that cover n rows."""
    for start in range(0, n, rows):
        yield slice(start, min(start + rows, n))


def on_every_core(n: int, work: Callable[[list[slice]], T], *, rows: int = ROWS_AT_ONCE) -> list[T]:
    """What `work` returns for its share of the row slices of n rows, one share for each core.

    Args:
        work: called in as many threads as there are shares. It may write to rows of its own slices.
        rows: in a slice.
    """
    slices = list(row_slices(n, rows))
    workers = min(num_cores(), len(slices))
    shares = [slices[worker::workers] for worker in range(workers)]
    if workers < 2:
        return [work(share) for share in shares]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, shares))


def gram(Z: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n n"]:
    """Inner products of all rows with each other, Z Z'."""
    products = np.empty((len(Z), len(Z)), Z.dtype)

    def bands(share: list[slice]) -> None:
        for rows in share:
            np.matmul(Z[rows], Z[: rows.stop].T, out=products[rows, : rows.stop])
            products[: rows.start, rows] = products[rows, : rows.start].T

    on_every_core(len(Z), bands, rows=BAND)
    return products


@contextmanager
def own_products() -> Iterator[None]:
    """Inside, each product of matrices is done by the thread that asks for it, alone.

    As a decorator, too. BLAS has one setting for the whole process: it is put back when the last
    thread has left.
    """
    global _num_inside, _limiter
    with _lock:
        if _num_inside == 0:
            _limiter = _controller().limit(limits=1, user_api="blas")
        _num_inside += 1
    try:
        yield
    finally:
        with _lock:
            _num_inside -= 1
            if _num_inside == 0:
                _limiter.restore_original_limits()


_lock = threading.Lock()
_num_inside = 0
_limiter: Any = None


@cache
def _controller() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  it brings a BLAS of its own, which must be there to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
