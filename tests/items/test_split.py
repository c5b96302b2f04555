"""A split is stratified, parts no unit, keeps every class to learn from, and stays put."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.errors import DataError, SettingError
from handful.items.split import split

# A class for each unit and one more for some of its items: units of one class and of several.
some_units = st.lists(
    st.tuples(st.sampled_from("abc"), st.lists(st.sampled_from("abcd"), max_size=4)),
    min_size=2,
    max_size=40,
)


def items_of(contents: list[tuple[str, list[str]]]) -> tuple[list[str], np.ndarray, list[str]]:
    """Labels, units and keys of items; each unit holds its class once and the further ones."""
    labels = [label for first, more in contents for label in (first, *more)]
    sizes = [1 + len(more) for _, more in contents]
    units = np.repeat(np.arange(len(contents)), sizes)
    keys = [f"{unit}/{i}.png" for i, unit in enumerate(units.tolist())]
    return labels, units, keys


def halved(
    labels: list[str], units: np.ndarray, keys: list[str], fraction: float = 0.3, seed: int = 0
) -> np.ndarray | None:
    """The split, or None where nothing can be kept aside."""
    try:
        return split(labels, units, test_fraction=fraction, seed=seed, keys=keys)
    except DataError:
        return None


@settings(deadline=None)
@given(some_units, st.floats(0.05, 0.95), st.integers(0, 5))
def test_nothing_is_parted_and_no_class_is_lost(
    contents: list[tuple[str, list[str]]], fraction: float, seed: int
) -> None:
    """Whatever the units: none is parted, every class stays in learning, something is tested."""
    labels, units, keys = items_of(contents)
    test = halved(labels, units, keys, fraction, seed)
    of_class = {label: set(units[np.array(labels) == label].tolist()) for label in set(labels)}
    if test is None:  # allowed only where each unit is the last to hold some class
        last = {next(iter(held)) for held in of_class.values() if len(held) == 1}
        assert set(units.tolist()) == last
        return
    assert test.any()
    assert not set(units[test].tolist()) & set(units[~test].tolist())
    assert set(labels) == {label for label, kept in zip(labels, ~test, strict=True) if kept}


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(4, 60), min_size=1),
    st.sampled_from([0.2, 0.25, 0.5]),
    st.integers(0, 3),
)
def test_single_items_are_stratified_exactly(
    sizes: dict[str, int], fraction: float, seed: int
) -> None:
    """Where every item is its own unit, each class gives its share to within half an item."""
    labels = [label for label, size in sizes.items() for _ in range(size)]
    keys = [str(i) for i in range(len(labels))]
    test = halved(labels, np.arange(len(labels)), keys, fraction, seed)
    assert test is not None
    taken = Counter(label for label, aside in zip(labels, test, strict=True) if aside)
    assert all(abs(taken[label] - fraction * size) <= 0.5 for label, size in sizes.items())


@settings(deadline=None)
@given(st.lists(st.sampled_from("ab"), min_size=6, max_size=60), st.integers(0, 200))
def test_adding_one_item_moves_at_most_one(labels: list[str], place: int) -> None:
    """With items as units, one more item changes the side of one of the others at most."""
    keys = [f"{i}.png" for i in range(len(labels))]
    before = halved(labels, np.arange(len(labels)), keys)
    after = halved([*labels, "a"], np.arange(len(labels) + 1), [*keys, f"new {place}.png"])
    if before is not None and after is not None:
        assert (before != after[:-1]).sum() <= 1


def test_adding_a_tenth_of_groups_moves_few() -> None:
    """With groups of mixed classes, a tenth more of them moves under 3 % of the others."""
    moved = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, 8, 220)
        units = np.repeat(np.arange(220), sizes)
        labels = rng.choice(list("abc"), len(units), p=[0.6, 0.3, 0.1]).tolist()
        keys = [f"p{unit:03}/{i}.png" for i, unit in enumerate(units.tolist())]
        old = int((units < 200).sum())
        before = halved(labels[:old], units[:old], keys[:old], 0.25, seed)
        after = halved(labels, units, keys, 0.25, seed)
        assert before is not None
        assert after is not None
        moved.append((before != after[:old]).mean())
    assert np.mean(moved) < 0.03


def test_order_of_items_does_not_matter() -> None:
    """The split depends on keys, not on the order in which items come."""
    rng = np.random.default_rng(0)
    labels, units, keys = items_of([(label, ["a"]) for label in "abcabcabcaabbc"])
    test = halved(labels, units, keys)
    order = rng.permutation(len(labels))
    mixed = halved([labels[i] for i in order], units[order], [keys[i] for i in order])
    assert test is not None
    assert mixed is not None
    assert test[order].tolist() == mixed.tolist()


def test_seeds_differ() -> None:
    """One seed gives one split, another seed another."""
    labels, keys = ["a", "b"] * 50, [str(i) for i in range(100)]
    splits = [
        tuple(split(labels, np.arange(100), test_fraction=0.25, seed=seed, keys=keys).tolist())
        for seed in (0, 0, 1, -1, 10**30)
    ]
    assert splits[0] == splits[1]
    assert 4 == len(set(splits))


def test_large_units_are_tested_as_often_as_small_ones() -> None:
    """A unit's place in line does not depend on its size: both kinds come to the test alike."""
    labels, units, keys = items_of([("a", []), ("a", ["a", "a", "a"])] * 100)
    shares = np.mean(
        [
            [test[np.bincount(units)[units] == size].mean() for size in (1, 4)]
            for seed in range(20)
            if (test := halved(labels, units, keys, 0.25, seed)) is not None
        ],
        axis=0,
    )
    assert np.abs(shares - 0.25).max() < 0.04


def test_groups_are_stratified_nearly() -> None:
    """With 60 groups of mixed classes, each class is within five points of its share."""
    rng = np.random.default_rng(0)
    units = np.repeat(np.arange(60), 10)
    labels = rng.choice(["common", "rare"], 600, p=[0.85, 0.15])
    test = halved(labels.tolist(), units, [str(i) for i in range(600)], 0.25)
    assert test is not None
    for label in ("common", "rare"):
        assert abs(test[labels == label].mean() - 0.25) < 0.05


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 25.0, float("nan")])
def test_fraction_out_of_range(fraction: float) -> None:
    """A share that is none is a four-line error."""
    with pytest.raises(SettingError, match="out of range"):
        split(["a", "b"], np.arange(2), test_fraction=fraction, seed=0, keys=["1", "2"])


def test_nothing_to_keep_aside() -> None:
    """One item a class: none can be spared, and the error says which class is short."""
    with pytest.raises(DataError, match="Nothing can be kept aside") as caught:
        split(["a", "b"], np.arange(2), test_fraction=0.5, seed=0, keys=["1", "2"])
    assert "class 'a' has 1 items" in caught.value.found


def test_few_items_still_give_a_test() -> None:
    """Where each class's share is under half an item, one item is kept aside all the same."""
    labels = ["a", "a", "b", "b"]
    test = split(labels, np.arange(4), test_fraction=0.2, seed=0, keys=list("wxyz"))
    assert 1 == test.sum()
