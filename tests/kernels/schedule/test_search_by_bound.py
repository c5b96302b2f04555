"""What is nearest, looked for by a bound: the same choice as from all distances."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.kernels import F, I, Kernel, axes, kernel, smallest, sum
from handful.kernels.gallery import nearest
from handful.kernels.gallery.nearest import nearest_kernel
from handful.kernels.ir.program import show_program
from handful.kernels.run.execute import backend
from handful.kernels.schedule.search_by_bound import LEAST, bounded

b, d, e, i, j, r = axes("b d e i j r")


@kernel
def in_batches(x: F[b, i, d], y: F[b, j, d]) -> I[b, i, r].into(j):
    """Neighbours within each batch."""
    return smallest(j, sum(d, (x[b, i, d] - y[b, j, d]) ** 2), r, count=3)[1]


@kernel
def of_patches(x: F[i, d, e], y: F[d, e, j]) -> I[i, r].into(j):
    """Points of two axes, and those that are looked among lie the other way."""
    return smallest(j, sum((d, e), (x[i, d, e] - y[d, e, j]) ** 2), r, count=2)[1]


@kernel
def with_farthest(x: F[i, d], y: F[j, d]) -> (I[i, r].into(j), F[i]):
    """All distances are wanted anyway."""
    squares = sum(d, (x[i, d] - y[j, d]) ** 2)
    return smallest(j, squares, r, count=2)[1], sum(j, squares)


def distances(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Squared, of all pairs, in float64."""
    return ((x[:, None].double() - y[None].double()) ** 2).sum(-1)


def test_the_program_before_and_after():
    """Three sums and a choice take the place of all distances."""
    found = bounded(nearest_kernel(8).wide)
    assert found is not None
    assert show_program(found.program).splitlines()[1:] == [
        "square#1[i] += x[i, d]*x[i, d]    over d",
        "square#2[j] += y[j, d]*y[j, d]    over d",
        "product#1[i, j] += x[i, d]*y[j, d]    over d",
        "out2[i, :] = smallest 8 over j of (x[i, d] - y[j, d])*(x[i, d] - y[j, d]) summed over d, "
        "where (square#1[i] + square#2[j])*(1 - (5*float(size(d)) + 20)*5.96046448e-08) "
        "- 2*product#1[i, j] - float(size(d))*1e-37 leaves a chance",
        "out1[i, r] += (x[i, d] - y[out2[i, r], d])*(x[i, d] - y[out2[i, r], d])    over d",
    ]


def test_what_is_wanted_whole_is_not_bounded():
    """Distances that are read elsewhere are computed, so nothing is gained."""
    assert bounded(with_farthest.wide) is None


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 70), st.integers(4, 300), st.integers(LEAST, 150)),
    away=st.sampled_from([0.0, 3.0, 1000.0]),
    scale=st.sampled_from([1e-25, 1e-3, 1.0, 1e17]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
    seed=st.integers(0, 2**16),
)
def test_the_nearest_are_those_of_all_distances(shape, away, scale, dtype, seed):
    """Near and far from zero, tiny and huge, in both precisions, with points that are equal."""
    rows, many, width = shape
    random = torch.Generator().manual_seed(seed)
    x = (torch.randn(rows, width, generator=random, dtype=dtype) + away) * scale
    y = (torch.randn(many, width, generator=random, dtype=dtype) + away) * scale
    y[many // 2] = y[0]
    _, places = nearest(x, y, count=4)
    every = distances(x, y)
    wanted = every.topk(4, largest=False).values
    # points that are equally far may trade places, within what adding up rounds away
    rounding = 2 * width * torch.finfo(dtype).eps * wanted + width * 1e-37
    assert ((every.gather(1, places) - wanted).abs() <= rounding).all()
    assert all(len(set(row)) == 4 for row in places.tolist())


def test_what_is_no_number_or_too_large_is_as_the_fallback_has_it():
    """Where a bound overflows or is no number, the distance itself is compared."""
    torch.manual_seed(0)
    x, y = torch.randn(40, 64), torch.randn(130, 64)
    x[5], x[6], x[7] = torch.nan, 1e30, 1.8e19
    y[3], y[7], y[9], y[11] = torch.nan, torch.inf, 1e30, 1.8e19
    x[9], y[13:20] = x[9] * 1e-30, y[13:20] * 1e-30
    found = nearest(x, y, count=128)
    with backend("torch"):
        wanted = nearest(x, y, count=128)
    torch.testing.assert_close(found[0], wanted[0], equal_nan=True)
    assert (found[1][:, :120] == wanted[1][:, :120]).float().mean() > 0.999


@pytest.mark.parametrize("width", [64, 51])
def test_equal_points_in_their_order(width):
    """Which are equally far come in the order of their places."""
    y = torch.randn(5, width).repeat(40, 1)
    _, places = nearest(y[:5], y, count=7)
    assert places.tolist() == [[n + 5 * k for k in range(7)] for n in range(5)]


@pytest.mark.parametrize(
    ("run", "x", "y"),
    [(in_batches, (3, 20, 50), (3, 90, 50)), (of_patches, (20, 8, 7), (8, 7, 90))],
    ids=["in batches", "of patches"],
)
def test_interpreter_and_native_code_agree_on_other_shapes(run: Kernel, x, y):
    """Batches, points of two axes, and a matrix that lies the other way."""
    assert bounded(run.wide) is not None
    random = np.random.default_rng(0)
    arrays = [random.standard_normal(shape) for shape in (x, y)]
    found = run(*[torch.from_numpy(a) for a in arrays])
    np.testing.assert_array_equal(found, run.reference(*arrays))


def test_it_is_told_by_explain_and_begins_at_its_width():
    """Narrow points are looked for by their distances."""

    def said(width: int) -> str:
        return nearest_kernel(4).explain(torch.randn(30, width), torch.randn(200, width))

    assert "matrix product" not in said(LEAST - 1)
    assert "matrix product, rows i, columns j, summed over d" in said(LEAST)
    assert "the 4 smallest over j, computed where a bound leaves them a chance" in said(LEAST)
    assert "inverse" not in said(LEAST)


def test_gradients():
    """The distances of those that were chosen have their derivatives."""
    random = torch.Generator().manual_seed(1)
    x, y = (
        torch.randn(n, 50, generator=random, dtype=torch.float64, requires_grad=True)
        for n in (9, 70)
    )
    assert torch.autograd.gradcheck(lambda x, y: nearest(x, y, count=3)[0], (x, y))
