"""A small pool that every query can choose from."""

from collections.abc import Callable

import numpy as np
import pytest

from handful.queries.query import Pool


@pytest.fixture
def make_pool() -> Callable[..., Pool]:
    """Pools of points on a sphere, with duplicates, a reserve and a few labels."""

    def make(n: int = 120, *, num_labelled: int = 6, model: bool = True, seed: int = 0) -> Pool:
        rng = np.random.default_rng(seed)
        vectors = (
            rng.standard_normal((n, 8)).astype(np.float32)
            + 2 * np.eye(8, dtype=np.float32)[rng.integers(0, 3, n)]
        )
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        clusters = np.arange(n)
        clusters[n // 2 :: 4] -= 1  # pairs of near-duplicates
        labelled, closed = np.zeros(n, bool), np.zeros(n, bool)
        labelled[rng.choice(n, num_labelled, replace=False)] = True
        closed[rng.choice(np.flatnonzero(~labelled), n // 5, replace=False)] = True
        probabilities = rng.dirichlet(np.ones(3), n) if model else None
        return Pool(vectors, clusters, labelled, closed, probabilities)

    return make
