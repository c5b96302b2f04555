"""The smallest of sums, chosen while they are in registers, or from a slab of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from handful.kernels import F, I, Kernel, axes, kernel, size, smallest, sum
from handful.kernels.c.printer import CHOSEN
from handful.kernels.gallery import nearest
from handful.kernels.gallery.nearest import nearest_kernel
from handful.kernels.run.execute import backend

b, d, i, j, r = axes("b d i j r")


@kernel
def likest(x: F[i, d], y: F[j, d], w: F[j]) -> (F[i, r], I[i, r].into(j)):
    """By a matrix product and what is added to it: no squared distance, so no bound."""
    return smallest(j, w[j] - sum(d, x[i, d] * y[j, d]), r, count=5)


@kernel
def in_batches(x: F[b, i, d], y: F[b, j, d]) -> I[b, i, r].into(j):
    """Neighbours within each batch."""
    return smallest(j, sum(d, (x[b, i, d] - y[b, j, d]) ** 2), r, count=3)[1]


@kernel
def also_summed(x: F[i, d], y: F[j, d]) -> (I[i, r].into(j), F[i]):
    """What is chosen from is read elsewhere, too."""
    squares = sum(d, (x[i, d] - y[j, d]) ** 2)
    return smallest(j, squares, r, count=2)[1], sum(j, squares)


@kernel
def near_and_far(x: F[i, d], y: F[j, d]) -> (I[i, r].into(j), F[i, b]):
    """Two choices from the same sums."""
    squares = sum(d, (x[i, d] - y[j, d]) ** 2)
    return smallest(j, squares, r, count=2)[1], smallest(j, -squares, b, count=3)[0]


@kernel
def folded(x: F[i, d], y: F[j, d]) -> I[i, r].into(j):
    """Each is judged with the one at the other end."""
    squares = sum(d, (x[i, d] - y[j, d]) ** 2)
    return smallest(j, squares + 2 * squares.at(j=size(j) - 1 - j), r, count=4)[1]


def whole(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    """Small whole numbers: all sums are exact, and many are equal."""
    random = np.random.default_rng(seed)
    return random.integers(-4, 5, shape).astype(np.float32)


def squares_of(x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float64]:
    """Squared distances of all pairs."""
    out: NDArray[np.float64] = ((x[..., :, None, :] - y[..., None, :, :]) ** 2.0).sum(-1)
    return out


def first(values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Places of the smallest, those that are equal in their order."""
    return np.argsort(values, axis=-1, kind="stable")[..., :count]


@pytest.mark.parametrize("many", [9, 63, 64, 65, CHOSEN - 1, CHOSEN, CHOSEN + 1, 2 * CHOSEN + 9])
@pytest.mark.parametrize("rows", [1, 4, 67])
def test_nearest_whatever_the_sizes(rows: int, many: int):
    """Strips and slabs that are whole, and those that are not."""
    x, y = whole(rows, 3), whole(many, 3, seed=1)
    squares, places = nearest(x, y, count=8)
    wanted = first(squares_of(x, y), 8)
    np.testing.assert_array_equal(places, wanted)
    np.testing.assert_array_equal(squares, np.take_along_axis(squares_of(x, y), wanted, 1))


@pytest.mark.parametrize("many", [70, CHOSEN, 2 * CHOSEN + 33])
def test_from_a_matrix_product_by_slabs(many: int):
    """Panels and rows of a slab, and what is added."""
    x, y, w = whole(150, 7), whole(many, 7, seed=1), whole(many, seed=2)
    values = w - x.astype(float) @ y.T.astype(float)
    found, places = likest(x, y, w)
    np.testing.assert_array_equal(places, first(values, 5))
    np.testing.assert_array_equal(found, np.take_along_axis(values, places, 1))


def test_more_than_a_slab_is_chosen():
    """What is kept grows over the first slabs."""
    x, y = whole(9, 2), whole(2 * CHOSEN + 50, 2, seed=1)
    _, places = nearest(x, y, count=CHOSEN + 70)
    np.testing.assert_array_equal(places, first(squares_of(x, y), CHOSEN + 70))


@pytest.mark.parametrize(
    ("run", "x", "y", "count"),
    [(in_batches, (3, 20, 5), (3, 1500, 5), 3), (folded, (30, 4), (1500, 4), 4)],
    ids=["in batches", "folded"],
)
def test_others_by_the_interpreter(run: Kernel, x, y, count: int):
    """Batches, and a choice that reads two places of a row at a time, which no slab holds."""
    arrays = whole(*x), whole(*y, seed=1)
    found = run(*arrays)
    assert found.shape[-1] == count
    np.testing.assert_array_equal(found, run.reference(*arrays))


def test_what_is_read_elsewhere_is_written():
    """Both are right, and the sums are there."""
    x, y = whole(40, 3), whole(1300, 3, seed=1)
    places, total = also_summed(x, y)
    every = squares_of(x, y)
    np.testing.assert_array_equal(places, first(every, 2))
    np.testing.assert_allclose(total, every.sum(1), rtol=1e-5)
    assert "a_sum" in also_summed.source()


def test_two_choices_from_the_same():
    """The nearest and the farthest."""
    x, y = whole(40, 3), whole(1300, 3, seed=1)
    near, far = near_and_far(x, y)
    every = squares_of(x, y)
    np.testing.assert_array_equal(near, first(every, 2))
    np.testing.assert_array_equal(far, np.sort(-every)[:, :3])


def test_what_is_no_number_comes_last():
    """As the fallback has it: among numbers, and where there are fewer numbers than are wanted."""
    x, y = whole(12, 3), whole(1400, 3, seed=1)
    y[:40], y[100:1300:3], y[1350:] = np.nan, np.nan, np.inf
    x[3], x[5] = np.nan, np.inf
    for count in (4, 1200):
        found = nearest(x, y, count=count)
        with backend("torch"):
            wanted = nearest(x, y, count=count)
        np.testing.assert_array_equal(found[0], wanted[0])


def test_sums_are_chosen_from_in_registers():
    """Nothing of the size of all pairs, nor of a row of them, is written."""
    assert "a_sum" not in nearest_kernel(8).source()
    assert "* wide * slab" in likest.source()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_and_two_threads_choose_the_same(dtype):
    """To the bit."""
    random = torch.Generator().manual_seed(0)
    x, y = (torch.randn(n, 5, generator=random, dtype=dtype) for n in (700, 3000))
    threads = torch.get_num_threads()
    found = []
    for count in (1, 2):
        torch.set_num_threads(count)
        found.append(nearest(x, y, count=6))
    torch.set_num_threads(threads)
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])
