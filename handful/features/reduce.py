"""Vectors reduced to the few directions in which they differ most: for neighbours and the map.

Heads learn from whole vectors; looking for what lies near does not need them. On the 2,624 solar
cells, the ten nearest by cosine over 64 directions named the right class for 83.6 %, over all 6,192
numbers for 82.8 % (standardised) and 83.0 % (as they are), at a hundredth of the work.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from handful.features.store import Store
from handful.system.cores import own_products

NUM_DIRECTIONS = 64
SAMPLE_ROWS = 4096  # 100 MB of float32 at 6,192 numbers
EXTRA, ROUNDS = 8, 1  # a second round changed no neighbour score above


@own_products()
def reduced(
    store: Store,
    rows: Int[np.ndarray, " n"],
    *,
    num: int = NUM_DIRECTIONS,
    seed: int = 0,
) -> Float[np.ndarray, "n m"]:
    """Coordinates of each row along the `num` widest directions, the widest first.

    Columns are scaled to unit spread before. Directions are learned from at most `SAMPLE_ROWS` rows
    drawn at random, all rows are then laid along them in one pass: memory does not grow with n.

    Args:
        store: where the vectors lie.
        rows: of the store.
        num: directions; fewer come back where the rows do not spread in so many.
        seed: of the draw and of the random start.
    """
    random = np.random.default_rng(seed)
    chosen = rows
    if len(rows) > SAMPLE_ROWS:
        chosen = rows[np.sort(random.choice(len(rows), SAMPLE_ROWS, replace=False))]
    sample = store.read(chosen)
    mean = sample.mean(axis=0)
    sample -= mean
    spread = np.sqrt(np.einsum("nd,nd->d", sample, sample) / max(len(sample), 1))
    scale = np.divide(1, spread, out=np.zeros_like(spread), where=spread > 0)
    sample *= scale
    directions = principal_directions(sample, num, seed=seed)
    if chosen is rows:
        places: np.ndarray = sample @ directions
        return places
    steps = scale[:, None] * directions
    places = np.concatenate([part @ steps for part in store.chunks(rows)])
    places -= mean @ steps
    return places


def principal_directions(
    X: Float[np.ndarray, "n d"], num: int, *, seed: int = 0
) -> Float[np.ndarray, "d m"]:
    """The `num` orthonormal directions in which centred rows spread widest, the widest first.

    Of a direction and its opposite, the one whose largest step is upward.

    Source:
        Halko, Martinsson & Tropp, arXiv:0909.4061, algorithms 4.4 and 5.1.
    """
    width = min(num + EXTRA, *X.shape)
    start = np.random.default_rng(seed).standard_normal((X.shape[1], width), dtype=np.float32)
    basis = _orthonormal(X @ start)
    for _ in range(ROUNDS):
        basis = _orthonormal(X @ _orthonormal(X.T @ basis))
    right = _orthonormal(X.T @ basis)[:, :num]
    upward = np.sign(np.take_along_axis(right, np.abs(right).argmax(axis=0)[None], axis=0))
    directions: np.ndarray = right * upward
    return directions


def _orthonormal(A: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "n r"]:
    """An orthonormal basis of what the columns span, along their own widest directions first.

    By the eigenvectors of the Gram matrix in float64: on cores that are busy with something else,
    `qr` and `svd` of so narrow a matrix took three times as long on two threads as on one.
    """
    wide = A.astype(np.float64)
    squares, turn = np.linalg.eigh(wide.T @ wide)
    kept = squares > 1e-10 * squares.max(initial=0)
    basis = wide @ (turn[:, kept] / np.sqrt(squares[kept]))
    widest_first: np.ndarray = basis[:, ::-1].astype(np.float32)
    return widest_first
