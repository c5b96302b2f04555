"""The space in which queries measure distance: few dimensions, unit length, computed once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from handful.features.reduce import principal_directions

ROWS = 2_000  # from which the axes are computed


def steering(
    X: Float[np.ndarray, "n d"], *, dimension: int = 128, seed: int = 0
) -> Float[np.ndarray, "n p"]:
    """Features as queries use them: standardised, on their main axes, of unit length, float32.

    The axes come from at most 2,000 rows, by a randomised range finder: no n x n or d x d matrix is
    formed. A row at the pool's very centre stays zero.

    Args:
        X: (n, d), as the encoder gives them; may be a memory map.
        dimension: axes to keep; all where d or n is smaller.
        seed: of the rows and of the range finder.
    """
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(X), min(len(X), ROWS), replace=False))
    sample = np.asarray(X[rows], np.float32)
    mean, spread = sample.mean(axis=0), sample.std(axis=0)
    scale = np.where(spread > 1e-6, 1.0 / np.maximum(spread, 1e-6), 0.0).astype(np.float32)
    axes = principal_directions((sample - mean) * scale, dimension, seed=seed) * scale[:, None]
    vectors = np.empty((len(X), axes.shape[1]), np.float32)
    for start in range(0, len(X), 4096):
        vectors[start : start + 4096] = (X[start : start + 4096] - mean) @ axes
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths > 0, lengths, 1.0)
    return vectors


def squared_distances(
    A: Float[np.ndarray, "a p"], B: Float[np.ndarray, "b p"]
) -> Float[np.ndarray, "a b"]:
    """Squared Euclidean distance of each row of A to each row of B."""
    squares = (A * A).sum(axis=1)[:, None] + (B * B).sum(axis=1)[None, :]
    squares -= 2.0 * (A @ B.T)
    result: np.ndarray = np.maximum(squares, 0.0, out=squares)
    return result
