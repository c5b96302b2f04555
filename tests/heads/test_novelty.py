"""The distance to what was learned from, and its limit."""

import numpy as np
import pytest

from handful.encoders.encoder import Block
from handful.heads.novelty import FEWEST_UNITS, OFFSET, RUNS, _runs, novelty

BLOCKS = (Block("early", 0, 30), Block("late", 30, 50))


def items(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of one source, whose columns move by very different amounts, and two classes."""
    random = np.random.default_rng(seed)
    common = random.normal(size=(n, 5)) @ np.random.default_rng(99).normal(size=(5, 50))
    scale = np.random.default_rng(98).lognormal(0, 2, 50)
    X = (3 + common + random.normal(size=(n, 50))) * scale
    return X.astype(np.float32), np.arange(n) % 2


def test_the_score_is_the_formula() -> None:
    """Weighted logarithms of the mean square per stage, written out once more by hand."""
    X, y = items(60)
    found = novelty(X, y, blocks=BLOCKS)
    assert found is not None
    total = found.distance.level
    mean = X.astype(np.float64).mean(axis=0)
    deviation = X.astype(np.float64).std(axis=0)
    for block, weight in zip(BLOCKS, found.distance.weight, strict=True):
        own = slice(block.start, block.stop)
        scale = np.maximum(deviation[own], 0.1 * np.median(deviation[own]))
        z = (X[:, own] - mean[own]) / scale
        total = total + weight * np.log(OFFSET + (z**2).mean(axis=1))
    np.testing.assert_allclose(found.distance.scores(X), total, atol=1e-4)


@pytest.mark.parametrize(("n", "most"), [(16, 0.03), (60, 0.02), (500, 0.02)])
def test_few_of_the_same_source_are_lost(n: int, most: float) -> None:
    """Averaged over 30 draws, at most 2 % of new items pass the limit (3 % from 16 items)."""
    lost = []
    for seed in range(30):
        found = novelty(*items(n, seed), blocks=BLOCKS)
        assert found is not None
        lost.append(float((found.distance.scores(items(400, 1000 + seed)[0]) > found.limit).mean()))
    assert 0 < np.mean(lost) <= most


def test_what_varies_as_nothing_learned_is_above_the_limit() -> None:
    """Of twice the spread in every column: passed; of the same mean and spread: not."""
    X, y = items(200)
    found = novelty(X, y, blocks=BLOCKS)
    assert found is not None
    wide = X.mean(axis=0) + 2 * (items(200, 5)[0] - X.mean(axis=0))
    assert (found.distance.scores(wide) > found.limit).mean() > 0.5


def test_a_unit_has_one_vote() -> None:
    """A hundred copies of one strange item, as one unit, move the limit like that item once."""
    X, y = items(60)
    X[0] *= 3
    copies = np.concatenate([np.zeros(100, np.int64), np.arange(60)])
    alone = novelty(X, y, blocks=BLOCKS)
    often = novelty(X[copies], y[copies], blocks=BLOCKS, units=copies)
    apart = novelty(X[copies], y[copies], blocks=BLOCKS)
    assert alone is not None
    assert often is not None
    assert apart is not None
    assert (alone.units, often.units, apart.units) == (60, 60, 160)
    assert often.lost <= 1 / 60 < apart.lost or apart.limit > often.limit


def test_units_stay_whole_and_classes_are_cut_alike() -> None:
    """No unit is in two runs; each class of many items is in every run about equally often."""
    y = np.arange(120) % 2
    unit = np.arange(120) // 3
    run = _runs(y, unit)
    assert all(len(set(run[unit == one])) == 1 for one in range(40))
    plain = _runs(y, np.arange(120))
    counts = np.array([np.bincount(plain[y == c], minlength=RUNS) for c in (0, 1)])
    assert (counts == 5).all()
    assert (np.diff(plain[y == 0]) >= 0).all()


def test_below_so_many_units_there_is_none() -> None:
    """A spread of a few items is a guess, and their mean says too much of each."""
    X, y = items(40)
    units = np.arange(40) % FEWEST_UNITS
    assert novelty(X, y, blocks=BLOCKS, units=units) is not None
    assert novelty(X, y, blocks=BLOCKS, units=units % (FEWEST_UNITS - 1)) is None


def test_a_column_that_never_moves_is_left_alone() -> None:
    """A stage that is constant gives a finite score, and none to what differs there."""
    X, y = items(40)
    X[:, 30:] = 2.0
    found = novelty(X, y, blocks=BLOCKS)
    assert found is not None
    assert np.isfinite(found.distance.scores(X)).all()
    assert (found.distance.factor[30:] == 0).all()
