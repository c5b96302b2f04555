"""Reduced vectors keep what spreads widest."""

from pathlib import Path

import numpy as np
import pytest

from handful.features import reduce
from handful.features.reduce import principal_directions, reduced
from handful.features.store import Store
from tests.features.light import Light
from tests.features.test_store import content


@pytest.fixture
def filled(tmp_path: Path) -> tuple[Store, np.ndarray]:
    """A store of 300 rows of 12 numbers that lie close to a plane, and the numbers."""
    random = np.random.default_rng(0)
    plane = random.standard_normal((300, 2)) * [9, 4] @ random.standard_normal((2, 12))
    sent = (plane + 0.1 * random.standard_normal((300, 12)) + 5).astype(np.float16)
    store = Store(tmp_path, Light())
    store.append([content(one) for one in range(300)], sent.astype(np.float32))
    return store, sent.astype(np.float64)


def test_directions_equal_the_full_decomposition(filled: tuple[Store, np.ndarray]) -> None:
    """Coordinates along the widest directions are those of a full SVD, up to a sign."""
    store, sent = filled
    rows = np.arange(300)[::-1]
    found = reduced(store, rows, num=2)
    scaled = (sent - sent.mean(axis=0)) / sent.std(axis=0)
    left, spread, _ = np.linalg.svd(scaled[rows], full_matrices=False)
    right = left[:, :2] * spread[:2]
    np.testing.assert_allclose(np.abs(found), np.abs(right), atol=2e-3)


def test_sampled_directions_lay_out_every_row(
    filled: tuple[Store, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more rows than are sampled, each row still gets nearly the coordinates it would have."""
    store, _ = filled
    whole = reduced(store, np.arange(300), num=2)
    monkeypatch.setattr(reduce, "SAMPLE_ROWS", 100)
    sampled = reduced(store, np.arange(300), num=2)
    assert (300, 2) == sampled.shape
    assert (np.abs(sampled.mean(axis=0)) < 0.3 * sampled.std(axis=0)).all()
    for axis in (0, 1):
        assert abs(np.corrcoef(whole[:, axis], sampled[:, axis])[0, 1]) > 0.99


def test_directions_are_orthonormal_and_repeatable() -> None:
    """Each direction has length 1, none leans on another, and a second call gives the same."""
    X = np.random.default_rng(1).standard_normal((40, 100)).astype(np.float32)
    first = principal_directions(X, 8)
    np.testing.assert_allclose(first.T @ first, np.eye(8), atol=1e-5)
    np.testing.assert_array_equal(first, principal_directions(X, 8))


@pytest.mark.parametrize(("n", "spread"), [(1, 0), (2, 1), (5, 1)])
def test_rows_that_hardly_differ_have_few_directions(tmp_path: Path, n: int, spread: int) -> None:
    """Columns that never change give no direction; what is left is finite."""
    store = Store(tmp_path, Light())
    sent = np.ones((n, 12), np.float32)
    sent[:, 0] = np.arange(n)
    store.append([content(one) for one in range(n)], sent)
    found = reduced(store, np.arange(n))
    assert (n, spread) == found.shape
    assert np.isfinite(found).all()
