"""Neighbours are those that a brute force finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.features import neighbours as module
from handful.features.neighbours import neighbours


def brute_force(X: np.ndarray, k: int) -> np.ndarray:
    """The k largest cosines of each row, one pair at a time."""
    found = []
    for i, a in enumerate(X):
        others = [
            a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) for j, b in enumerate(X) if j != i
        ]
        found.append(sorted(others, reverse=True)[:k])
    return np.array(found)


@pytest.mark.parametrize("block_bytes", [1, 1500, 2**25])
def test_neighbours_equal_brute_force(monkeypatch: pytest.MonkeyPatch, block_bytes: int) -> None:
    """Cosines, nearest first, are those of all pairs, in blocks of any size."""
    monkeypatch.setattr(module, "BLOCK_BYTES", block_bytes)
    X = np.random.default_rng(0).standard_normal((53, 7)).astype(np.float32)
    indices, cosines = neighbours(X, 5)
    np.testing.assert_allclose(cosines, brute_force(X, 5), atol=1e-6)
    assert not (indices == np.arange(53)[:, None]).any()
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    np.testing.assert_allclose(np.einsum("nd,nkd->nk", unit, unit[indices]), cosines, atol=1e-6)


@pytest.mark.parametrize("n", [200, 671])
def test_neighbours_of_many_equal_brute_force(n: int) -> None:
    """Where only the likeliest groups are looked into, none of the nearest is missed."""
    random = np.random.default_rng(n)
    X = random.standard_normal((n, 3)).astype(np.float32)
    X[random.integers(0, n, n // 4)] = X[0]  # many equal cosines, too
    _, cosines = neighbours(X, 5)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    right = unit @ unit.T
    np.fill_diagonal(right, -2)
    np.testing.assert_allclose(cosines, -np.sort(-right, axis=1)[:, :5], atol=1e-6)


@given(n=st.integers(0, 6), k=st.integers(0, 8))
def test_few_items_have_few_neighbours(n: int, k: int) -> None:
    """There are never more neighbours than other items, and each is named once."""
    indices, cosines = neighbours(np.eye(n, 3, dtype=np.float32), k)
    assert (n, min(k, max(n - 1, 0))) == indices.shape == cosines.shape
    assert all(len(set(row)) == len(row) for row in indices.tolist())


def test_empty_vectors_are_near_to_nothing() -> None:
    """A row of zeros has cosine 0 with every other, not NaN; copies have 1."""
    X = np.float32([[0, 0], [3, 4], [3, 4], [-3, -4]])
    indices, cosines = neighbours(X, 3)
    np.testing.assert_array_equal(cosines[0], [0, 0, 0])
    np.testing.assert_allclose(cosines[1], [1, 0, -1], atol=1e-6)
    assert [2, 0, 3] == indices[1].tolist()
