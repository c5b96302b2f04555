"""Parts of the data are named only where they fail beyond chance."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from handful.review.slices import MIN_UNITS, fisher, slices


def test_a_bad_part_is_named() -> None:
    """A site where 40 % fail among sites where 10 % do stands out, with its figures."""
    rng = np.random.default_rng(0)
    site = np.repeat(["a", "b", "c", "d"], 100)
    right = rng.random(400) > np.where(site == "c", 0.4, 0.1)
    alone = np.arange(400)
    sliced = slices({"site": list(site)}, rng.integers(2, size=400), right, alone, alone)
    worst = sliced.found[0]
    assert sliced.looked_at == {"site": 4}
    assert (worst.attribute, worst.value, worst.n, worst.looked_at) == ("site", "c", 100, 4)
    assert worst.error == (~right[site == "c"]).mean()
    assert worst.rest == (~right[site != "c"]).mean()
    assert worst.low < worst.error < worst.high


def test_chance_alone_names_a_part_in_one_of_twenty_sets_at_most() -> None:
    """Without a bad part, data looked at in 24 parts names one in 5 % of 400 runs at most.

    28 is 5 % of 400 and two standard deviations; Newcombe's interval of the difference, tried
    first, named one in 9 %.
    """
    rng = np.random.default_rng(0)
    alone = np.arange(400)
    named = 0
    for _ in range(400):
        facts = {f"fact {j}": list(rng.integers(8, size=400).astype(str)) for j in range(3)}
        right = rng.random(400) > 0.2
        named += bool(slices(facts, rng.integers(2, size=400), right, alone, alone).found)
    assert named <= 28


def test_items_of_one_unit_count_once() -> None:
    """Hundred photographs of one patient do not make a slice."""
    site = ["a"] * 100 + ["b"] * 100
    right = np.array([False] * 100 + [True] * 100)
    units = np.array([0] * 100 + list(range(1, 101)))
    labels = np.arange(200) % 2
    assert slices({"site": site}, labels, right, units, np.arange(200)).found == []
    assert slices({"site": site}, labels, right, np.arange(200), np.arange(200)).found != []


def test_groups_are_judged_by_their_own_items() -> None:
    """A group is one unit, yet as a slice of its own its items count."""
    group = ["a"] * 100 + ["b"] * 100
    right = np.array([False] * 60 + [True] * 140)
    units = np.array([0] * 100 + [1] * 100)
    labels = np.arange(200) % 2
    found = slices({"group": group}, labels, right, units, np.arange(200))
    assert [s.value for s in found.found] == ["a"]


def test_a_folder_that_is_a_class_is_left_out() -> None:
    """Class folders are not slices, however badly a class does."""
    labels = np.repeat([0, 1], 100)
    facts = {"folder": ["a"] * 100 + ["b"] * 100}
    alone = np.arange(200)
    assert slices(facts, labels, labels == 0, alone, alone).found == []


def test_what_was_not_looked_at_is_said() -> None:
    """Columns with one value, with a value for each item, or with rare values alone are named."""
    n = 400
    facts = {
        "constant": ["x"] * n,
        "identifier": [f"id{i}" for i in range(n)],
        "rare": ["usual"] * (n - MIN_UNITS + 1) + ["rare"] * (MIN_UNITS - 1),
        "site": ["a", "b"] * (n // 2),
        "twin": ["c", "d"] * (n // 2),
    }
    alone = np.arange(n)
    labels = np.arange(n) // 2 % 2
    sliced = slices(facts, labels, np.ones(n, dtype=bool), alone, alone)
    assert sliced.looked_at == {"site": 1}
    assert sliced.passed_over == {
        "constant": "one value only",
        "identifier": "400 different values",
        "rare": "no part with 8 independent items",
        "twin": "the same parts as the classes or another fact",
    }


@given(st.data())
def test_units_on_both_sides_are_counted_as_by_hand(data: st.DataObject) -> None:
    """A value needs eight units with it and eight units without it, by the plain count of sets."""
    n = 40
    units = np.array(data.draw(st.lists(st.integers(0, 20), min_size=n, max_size=n)))
    values = data.draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n))
    labels = np.arange(n) % 5
    sliced = slices({"f": values}, labels, labels > 0, units, units)
    enough = 0
    for value in set(values):
        own = {u for u, v in zip(units, values, strict=True) if v == value}
        rest = {u for u, v in zip(units, values, strict=True) if v != value}
        enough += min(len(own), len(rest)) >= MIN_UNITS
    if len(set(values)) == 3:  # of two values one stands for both
        assert sliced.looked_at.get("f", 0) == enough


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_exact_test_equals_scipys(n_in: int, n_out: int, data: st.DataObject) -> None:
    """Fisher's test agrees with scipy's on every table."""
    wrong_in, wrong_out = data.draw(st.integers(0, n_in)), data.draw(st.integers(0, n_out))
    table = [[wrong_in, n_in - wrong_in], [wrong_out, n_out - wrong_out]]
    expected = fisher_exact(table).pvalue
    assert abs(expected - fisher(wrong_in, n_in, wrong_out, n_out)) <= 1e-6
