"""Units: groups and duplicates joined, so that nothing that belongs together is parted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from handful.items.units import units

some_groups = st.sampled_from([None, None, "a", "b", "c", "d"])
some_items = st.lists(st.tuples(some_groups, st.integers(0, 12)), min_size=1, max_size=30)


@settings(deadline=None)
@given(some_items)
def test_units_are_connected_components(items: list[tuple[str | None, int]]) -> None:
    """Units equal the components of the graph of shared groups and clusters, by SciPy."""
    groups = [group for group, _ in items]
    clusters = np.array([cluster for _, cluster in items])
    pairs = [
        (i, j)
        for i in range(len(items))
        for j in range(i)
        if clusters[i] == clusters[j] or (groups[i] is not None and groups[i] == groups[j])
    ]
    rows, columns = np.array(pairs, dtype=int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(items), len(items)))
    expected = connected_components(graph, directed=False)[1]
    found = units(groups, clusters)
    assert len(set(zip(expected.tolist(), found.tolist(), strict=True))) == len(set(found.tolist()))
    assert len(set(expected.tolist())) == len(set(found.tolist()))


def test_a_duplicate_joins_two_patients() -> None:
    """Where one picture lies in two groups, both groups are one unit."""
    groups = ["p1", "p1", "p2", "p2", None, "p3"]
    clusters = np.array([0, 1, 1, 2, 3, 4])
    assert [0, 0, 0, 0, 1, 2] == units(groups, clusters).tolist()


def test_items_without_a_group_stand_alone() -> None:
    """None is no group's name."""
    assert [0, 1, 2] == units([None, None, None], np.arange(3)).tolist()


def test_a_group_may_have_any_name() -> None:
    """A group whose name looks like an item's number joins nothing else."""
    assert [0, 1] == units(["1", None], np.arange(2)).tolist()
