"""The sample that settings are searched on."""

from __future__ import annotations

import numpy as np
import pytest

from handful.heads.space import SEARCH_ITEMS, Space


def space(y: np.ndarray, units: np.ndarray | None) -> Space:
    """A space of random vectors of four numbers."""
    X = np.random.default_rng(0).standard_normal((len(y), 4), dtype=np.float32)
    return Space(X, [slice(0, 4)], y, units, seed=0)


@pytest.mark.parametrize("k", [2, 200])
def test_the_sample_has_every_class(k: int) -> None:
    """One item of a class is enough to be in it, whatever the others' number."""
    y = np.concatenate([np.zeros(5_000, int), np.arange(k)])
    sample = space(y, None).sample
    assert set(range(k)) == set(y[sample])
    assert SEARCH_ITEMS == len(sample)


@pytest.mark.parametrize(("num_units", "k"), [(4, 2), (10, 2), (40, 10), (400, 200)])
def test_large_units_do_not_swell_the_sample(num_units: int, k: int) -> None:
    """Films of a thousand frames each, of one class: the sample stays about as large as wanted."""
    units = np.repeat(np.arange(num_units), 1_000)
    y = units % k
    sample = space(y, units).sample
    assert set(range(k)) == set(y[sample])
    assert 0.8 * SEARCH_ITEMS <= len(sample) <= 1.3 * SEARCH_ITEMS
    assert len(np.unique(units[sample])) >= min(num_units, 12)


def test_small_units_come_whole() -> None:
    """Of a pair, both are in the sample or neither."""
    units = np.repeat(np.arange(2_000), 2)
    sample = space(units % 2, units).sample
    assert {2} == set(np.bincount(units[sample])[units[sample]])
