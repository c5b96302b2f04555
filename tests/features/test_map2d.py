"""The map lays like beside like."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from handful.features.map2d import map2d
from handful.features.neighbours import neighbours
from handful.features.reduce import principal_directions


def same_class_nearby(places: np.ndarray, labels: np.ndarray) -> float:
    """Share of the ten nearest places that carry the item's own label."""
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argpartition(apart, 10, axis=1)[:, :10]
    return float((labels[nearest] == labels[:, None]).mean())


def test_digits_lie_among_their_own() -> None:
    """On scikit-learn's digits nine in ten neighbours on the map are the same digit.

    On the plane of the two widest directions it is barely more than half.
    """
    digits = load_digits()
    X = digits.data[:900].astype(np.float32)
    X -= X.mean(axis=0)
    places = map2d(X)
    flat = X @ principal_directions(X, 2)
    assert same_class_nearby(flat, digits.target[:900]) < 0.6
    assert same_class_nearby(places, digits.target[:900]) > 0.88


def test_map_is_repeatable_and_takes_known_neighbours() -> None:
    """The same vectors give the same map, whether neighbours are given or found."""
    X = np.random.default_rng(0).standard_normal((60, 9)).astype(np.float32)
    first = map2d(X)
    assert ((60, 2), np.float32) == (first.shape, first.dtype)
    np.testing.assert_array_equal(first, map2d(X, neighbours(X, 12)[0]))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 20])
@pytest.mark.parametrize("equal", [False, True])
def test_few_or_equal_items_have_finite_places(n: int, equal: bool) -> None:
    """No item, one, a few, and copies of one: places are finite, and no two coincide."""
    X = np.random.default_rng(0).standard_normal((n, 5)).astype(np.float32)
    if equal:
        X[:] = X[:1]
    places = map2d(X)
    assert (n, 2) == places.shape
    assert np.isfinite(places).all()
    assert n == len(np.unique(places, axis=0))
