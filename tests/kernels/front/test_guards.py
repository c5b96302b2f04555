"""What a condition lets a read reach, against all places tried one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handful.errors import KernelError
from handful.kernels import F, axes, kernel, size, where
from handful.kernels.front.arguments import Arguments
from handful.kernels.front.trace import trace

m, n = axes("m n")
SCOPE = {"F": F, "m": m, "n": n}

CONDITIONS = {
    "below": lambda i, end: i < end,
    "at most": lambda i, end: i <= end,
    "both ends": lambda i, end: (i >= 0) & (i < end),
    "either": lambda i, end: (i < 1) | (i < end),
    "not": lambda i, end: ~(i < 0 * end),
    "even": lambda i, end: i % 2 == 0 * end,
}


@pytest.mark.parametrize("name", list(CONDITIONS))
@given(at=st.integers(-2, 2), rows=st.integers(1, 5), count=st.integers(1, 5))
def test_a_read_is_refused_if_some_place_is_outside(name, at, rows, count):
    """The check and a loop over all places agree."""
    condition = CONDITIONS[name]

    def read(x: F[n], y: F[m]) -> F[m]:
        return where(condition(m + at, size(n)), x[m + at], 0) + y[m]

    arguments = Arguments(trace(read, SCOPE))
    places = np.arange(rows) + at
    wrong = [i for i in places[condition(places, count)] if not 0 <= i < count]
    found = [r.outside({"m": rows, "n": count}) for r in arguments.guarded]
    assert bool(wrong) == any(place is not None for place in found)


def test_the_other_branch_is_read_where_the_condition_does_not_hold():
    """where(m < 1, 0, x[m - 1]) reads x[0] first."""

    def read(x: F[n], y: F[m]) -> F[m]:
        return where(m < 1, 0, x[m - 1]) + y[m]

    guarded = Arguments(trace(read, SCOPE)).guarded
    seen = {rows: [r.outside({"m": rows, "n": 3}) for r in guarded] for rows in (1, 4, 5)}
    assert seen == {1: [None], 4: [None], 5: [3]}


def test_both_ends_of_a_long_axis_are_tried():
    """An axis of a hundred million, one place too long, is refused without trying all of it."""
    many = 10**8

    @kernel
    def read(x: F[n], y: F[m]) -> F[m]:
        return y[m] + where(m <= size(n), x[m], 0)

    read.arguments.sizes([_Shaped(many), _Shaped(many)], {})
    with pytest.raises(KernelError, match="reads 100000000 in dimension 0"):
        read.arguments.sizes([_Shaped(many), _Shaped(many + 1)], {})


def test_a_place_without_axes_is_tried_too():
    """where(size(n) > 3, x[3], 0) is right, and x[4] is not, of four values."""

    def read(x: F[n]) -> F[()]:
        return where(size(n) > 3, x[3], 0) + where(size(n) > 3, x[4], 0)

    guarded = Arguments(trace(read, SCOPE)).guarded
    found = {n: sorted(filter(None, (r.outside({"n": n}) for r in guarded))) for n in (3, 4, 5)}
    assert found == {3: [], 4: [4], 5: []}


class _Shaped:
    """Something that has a shape and no data."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape


def test_several_axes_are_tried_together():
    """x[m + n] of a condition on both, against all pairs."""
    (k,) = axes("k")

    def read(x: F[k], y: F[m, n]) -> F[m, n]:
        return where(m + 2 * n < size(k), x[m + n], 0) + y[m, n]

    (guarded,) = Arguments(trace(read, {**SCOPE, "k": k})).guarded
    for rows, cols, count in itertools.product(range(1, 5), repeat=3):
        places = itertools.product(range(rows), range(cols))
        wrong = [(i, j) for i, j in places if i + 2 * j < count and i + j >= count]
        found = guarded.outside({"m": rows, "n": cols, "k": count})
        assert bool(wrong) == (found is not None)
