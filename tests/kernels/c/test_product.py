"""Our own matrix product, by itself: every way its tiles can end, in each width of vectors."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
import pytest

from handful.kernels.c import build
from handful.kernels.c.prelude import PANELS
from handful.kernels.ir.strides import PANEL

NARROWER = {"widest": "", "half": "#undef __AVX512F__\n"}
NARROWER["least"] = NARROWER["half"] + "#undef __AVX__\n"
LIES, ACROSS = 0, 1
HEIGHTS, WIDTHS, DEPTHS = (1, 2, 3, 4, 7, 12, 13, 25, 250), (1, 5, 16, 33, 64, 131), (1, 4, 7, 200)


@pytest.fixture(params=NARROWER)
def own(request: pytest.FixtureRequest):
    """product(a, b, c, ta, tb, alpha, beta): c in place, for the arrays' float type. With `laid`
    b is first laid in panels, in two parts."""

    def product(a, b, c, ta=False, tb=False, alpha=1.0, beta=0.0, laid=False):
        real, scalar = {4: ("float", ctypes.c_float), 8: ("double", ctypes.c_double)}[c.itemsize]
        text = NARROWER[request.param] + build.source_of("product.c", real)
        library = ctypes.CDLL(str(build.build(text)))
        depth = a.shape[0] if ta else a.shape[1]

        def lies(array):
            first = array.strides[0] // array.itemsize
            return ctypes.c_void_p(array.ctypes.data), ctypes.c_int64(first)

        right, layout = lies(b), ACROSS if tb else LIES
        if laid:
            out = np.full((depth, c.shape[1] + PANEL - 1), np.nan, c.dtype)
            for ends in ((0, depth // 2), (depth // 2, depth)):
                sizes = map(ctypes.c_int64, (*ends, depth, c.shape[1]))
                library.lay(layout, *sizes, *right, ctypes.c_void_p(out.ctypes.data))
            right, layout = (ctypes.c_void_p(out.ctypes.data), ctypes.c_int64(0)), PANELS
        sizes = map(ctypes.c_int64, (*c.shape, depth))
        library.product(
            None, int(ta), layout, *sizes, scalar(alpha), *lies(a), *right, scalar(beta), *lies(c)
        )

    return product


def within(values: np.ndarray) -> np.ndarray:
    """`values` as a part of a larger array full of NaN."""
    around = np.full((values.shape[0] + 1, values.shape[1] + 3), np.nan, values.dtype)
    around[:-1, :-3] = values
    return around[:-1, :-3]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ta", [False, True])
@pytest.mark.parametrize("tb", [False, True])
@pytest.mark.parametrize("laid", [False, True])
def test_every_shape_and_layout_gives_the_product(own, dtype, ta, tb, laid):
    """From one row to several rounds of rows, columns and depth; what is around stays as it was."""
    rng = np.random.default_rng(0)
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-11, "atol": 1e-11}
    for m, n, k in itertools.product(HEIGHTS, WIDTHS, DEPTHS):
        a, b = rng.standard_normal((m, k)), rng.standard_normal((k, n))
        a, b = a.astype(dtype), b.astype(dtype)
        left, right = within(a.T if ta else a), within(b.T if tb else b)
        c = within(np.full((m, n), np.nan, dtype))
        own(left, right, c, ta, tb, laid=laid)
        np.testing.assert_allclose(c, a @ b, **close, err_msg=f"{m} {n} {k}")
        own(left, right, c, ta, tb, alpha=-2, beta=0.5, laid=laid)
        np.testing.assert_allclose(c, -1.5 * (a @ b), **close, err_msg=f"{m} {n} {k}, added")
        assert np.isnan(c.base[:, -3:]).all()
        assert np.isnan(c.base[-1]).all()


@pytest.mark.parametrize("laid", [False, True])
def test_rows_in_parts_are_the_same_bits(own, laid):
    """What a block of whole rounds of rows gives does not depend on the rest."""
    rng = np.random.default_rng(1)
    a, b = (rng.standard_normal(s).astype(np.float32) for s in ((480, 300), (300, 70)))
    whole, parts = np.empty((480, 70), np.float32), np.empty((480, 70), np.float32)
    own(a, b, whole, laid=laid)
    own(a[:240], b, parts[:240], laid=laid)
    own(a[240:], b, parts[240:], laid=laid)
    np.testing.assert_array_equal(whole, parts)


def test_infinity_and_nan_are_kept(own):
    """No shortcut past a zero: 0 times infinity is NaN."""
    a = np.array([[0.0, 1.0]] * 4)
    b = np.array([[np.inf, np.nan, 2.0], [1.0, 1.0, -np.inf]])
    c = np.empty((4, 3))
    own(a, b, c)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(c, a @ b)
