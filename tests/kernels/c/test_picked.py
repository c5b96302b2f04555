"""Products of the rows that are present: exact in every shape, and never of a row that is not."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.kernels import F, I, axes, gelu, kernel, sum, where
from handful.kernels.c import build
from handful.kernels.c.prelude import PICKED
from handful.kernels.gallery import sparse_conv
from handful.kernels.run.execute import backend
from tests.kernels.c.test_product import NARROWER

b, c, e, m, n, o = axes("b c e m n o")


@kernel
def in_batches(x: F[b, m, c], at: I[n, o].into(m), w: F[o, c, e]) -> F[b, n, e]:
    """One table for a batch."""
    return sum((o, c), where(at[n, o] >= 0, 2 * x[b, at[n, o], c] * w[o, c, e], 0))


@kernel
def masked(x: F[n, c], keep: F[n], w: F[c, e]) -> F[n, e]:
    """A condition that is no table's."""
    return sum(c, where(keep[n] > 0, x[n, c] * w[c, e], 0))


@kernel
def two_tests(x: F[m, c], at: I[n, o].into(m), keep: F[n, o], v: F[n, c], w: F[o, c, e]) -> F[n, e]:
    """Both must hold; what is multiplied is computed."""
    term = where((at[n, o] >= 0) & (keep[n, o] > 0), x[at[n, o], c] * w[o, c, e], 0)
    return gelu(sum((o, c), term)) + sum(c, where(keep[n, 0] > 0, gelu(v[n, c]) * w[0, c, e], 0))


def table(rng: np.random.Generator, rows: int, taps: int, values: int, *, once: bool) -> np.ndarray:
    """Places in 0 … values - 1, two fifths of them -1; in a column each value at most once."""
    if once:
        columns = [rng.permutation(max(rows, values))[:rows] for _ in range(taps)]
        found = np.stack(columns, 1)
        found[found >= values] = -1
    else:
        found = rng.integers(0, values, (rows, taps))
    found[rng.random((rows, taps)) < 0.4] = -1
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(deadline=None, max_examples=40)
@given(
    sizes=st.tuples(*[st.sampled_from((1, 2, 7, 16, 33))] * 2, st.sampled_from((1, 5, 40, 300))),
    once=st.booleans(),
    seed=st.integers(0, 99),
)
def test_native_code_is_the_definition_and_so_are_its_derivatives(dtype, sizes, once, seed):
    """Forward and every gradient, of every kernel here, in every width."""
    inner, outer, rows = sizes
    rng = np.random.default_rng(seed)
    near = torch.from_numpy(table(rng, rows, 3, 29, once=once))

    def of(*shape: int) -> torch.Tensor:
        return torch.from_numpy(rng.standard_normal(shape)).to(dtype).requires_grad_()

    x, w, keep = of(29, inner), of(3, inner, outer), of(rows, 3).detach()
    cases = [
        (sparse_conv, (x, near, w, of(outer))),
        (in_batches, (of(2, 29, inner), near, w)),
        (masked, (of(rows, inner), keep[:, 0].contiguous(), of(inner, outer))),
        (two_tests, (x, near, keep, of(rows, inner), w)),
    ]
    eps = 300 * torch.finfo(dtype).eps
    for function, arguments in cases:
        both = []
        for name in ("native", "torch"):
            with backend(name):
                y = function(*arguments)
                wanted = [a for a in arguments if a.requires_grad]
                both.append([y, *torch.autograd.grad((y * y.detach().cos()).sum(), wanted)])
        for found, expected in zip(*both, strict=True):
            largest = float(expected.detach().abs().max()) + 1
            torch.testing.assert_close(found, expected, rtol=0, atol=eps * largest)


@pytest.mark.parametrize("kernel", [sparse_conv, in_batches, two_tests])
def test_rows_are_picked_out_in_both_directions(kernel):
    """No row that is absent is gathered or multiplied, forward or backward."""
    assert "picked_rows" in kernel.source()
    assert "picked_sum" in kernel.grad.source()
    assert "pack_" not in kernel.source()


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_what_is_not_finite_counts_only_where_it_is_read(value, each_backend):
    """An infinite weight of an offset at which nothing lies adds nothing, in all three meanings."""
    near = np.array([[0, -1], [1, 0], [-1, -1]])
    x, w, bias = np.ones((2, 3)), np.ones((2, 3, 4)), np.zeros(4)
    w[1, 0, 2] = value
    found = sparse_conv(x, near, w, bias)
    np.testing.assert_array_equal(found, sparse_conv.reference(x, near, w, bias))
    assert np.isfinite(found[[0, 2]]).all()
    assert not np.isfinite(found[1, 2])


def test_the_same_bits_whatever_stands_beside():
    """A row's sum does not depend on how many of its neighbours are present."""
    torch.manual_seed(0)
    x, w = torch.randn(500, 20), torch.randn(3, 20, 37)
    full = torch.randint(0, 500, (400, 3))
    few = full.clone()
    few[::2] = -1
    whole, some = (sparse_conv(x, t, w, torch.zeros(37)) for t in (full, few))
    assert torch.equal(whole[1::2], some[1::2])
    assert (some[::2] == 0).all()


@pytest.mark.parametrize("width", NARROWER)
@pytest.mark.parametrize("real", ["float", "double"])
def test_every_width_of_vectors(width, real):
    """The products by themselves, of many shapes, written over NaN and added to what is there."""
    text = NARROWER[width] + build.source_of("picked.c", real)
    library = ctypes.CDLL(str(build.build(text)))
    dtype, scalar = (np.float32, ctypes.c_float) if real == "float" else (float, ctypes.c_double)
    rng = np.random.default_rng(0)

    def at(array: np.ndarray) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    for count in (0, 1, 5, 12, 13, PICKED):
        for inner in (1, 6, 16, 200):
            for cols in (1, 8, 31, 64):
                a = rng.standard_normal((PICKED, inner)).astype(dtype)
                matrix = rng.standard_normal((inner, cols)).astype(dtype)
                rows = rng.standard_normal((PICKED, cols)).astype(dtype)
                picks, places = rng.permutation(PICKED)[:count], rng.permutation(PICKED)[:count]
                here, there = picks * inner, places * cols
                close = {"rtol": 1e-4, "atol": 1e-3 if real == "float" else 1e-10}
                out = rows.copy()
                sizes = [ctypes.c_int64(s) for s in (count, inner, cols)]
                library.picked_rows(
                    *sizes, scalar(2), at(a), at(here), at(matrix), ctypes.c_int64(cols), at(out),
                    at(there),
                )  # fmt: skip
                expected = rows.copy()
                expected[places] += 2 * a[picks] @ matrix
                np.testing.assert_allclose(out, expected, **close)
                out = np.full((inner, cols), np.nan, dtype)
                product = a[picks].T @ rows[places]
                for beta, wanted in ((0, -product), (1, -2 * product)):
                    library.picked_sum(
                        *sizes, scalar(-1), at(a), at(here), at(rows), at(there), scalar(beta),
                        at(out), ctypes.c_int64(cols),
                    )  # fmt: skip
                    np.testing.assert_allclose(out, wanted, **close)
