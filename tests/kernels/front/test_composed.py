"""Names for composed constructs equal PyTorch's functions of the same name, with gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from handful.kernels import (
    F,
    I,
    argmax,
    argmin,
    axes,
    cumsum,
    floor,
    kernel,
    logaddexp,
    logsumexp,
    prod,
    round,
    trunc,
)

i, j, n = axes("i j n")
INF, NAN = float("inf"), float("nan")
LEAST, MOST = -(2**53), 2**53


@kernel
def named(x: F[i, j]) -> (F[i], F[i], F[i], F[i, j], F[i, j]):
    """All that have a derivative."""
    both = logaddexp(x[i, 0], x[i, 1])
    return (
        logsumexp(j, x[i, j]),
        both,
        prod(j, x[i, j]),
        cumsum(j, x[i, j]),
        cumsum(j, x[i, j] * x[i, j], reverse=True),
    )


@kernel
def places(x: F[i, j]) -> (I[i], I[i]):
    """Where the largest and the smallest is."""
    return argmax(j, x[i, j] * 3 + 1), argmin(j, x[i, j] * 3 + 1)


@kernel
def whole(x: F[i]) -> (I[i], I[i], I[i]):
    """The three roundings."""
    return floor(x[i]), round(x[i]), trunc(x[i])


@kernel
def by_target(x: F[i], to: I[i].into(n)) -> F[n]:
    """log Σ exp of what is sent to each place."""
    return logsumexp(i, x[i], to={n: to[i]})


def theirs(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The same by PyTorch."""
    later = (x * x).flip(1).cumsum(1).flip(1)
    return (x.logsumexp(1), torch.logaddexp(x[:, 0], x[:, 1]), x.prod(1), x.cumsum(1), later)


@pytest.mark.parametrize("zeros", [0, 1, 2], ids="{} zeros".format)
def test_values_and_gradients_are_pytorchs(zeros, each_backend):
    """A product of no, one and several zeros among them."""
    torch.manual_seed(0)
    x = torch.randn(4, 6, dtype=torch.float64)
    x[:, :zeros] = 0
    x.requires_grad_()
    found, expected = named(x), theirs(x)
    weights = [torch.randn_like(e) for e in expected]
    for a, e in zip(found, expected, strict=True):
        torch.testing.assert_close(a, e)
    ours, slopes = (
        torch.autograd.grad([(w * f).sum() for w, f in zip(weights, fs, strict=True)], x)[0]
        for fs in (found, expected)
    )
    torch.testing.assert_close(ours, slopes)


def test_sums_of_exponentials_neither_overflow_nor_make_nan(each_backend):
    """Of 1,000 and of nothing but -inf."""
    x = torch.tensor([[1000.0, 1000.0], [-INF, -INF], [-INF, 1.0]], dtype=torch.float64)
    top = 1000 + np.log(2)
    assert named(x)[0].tolist() == pytest.approx([top, -INF, 1.0])
    assert named(x)[1].tolist() == pytest.approx([top, -INF, 1.0])
    sent = by_target(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0, 2, 0]), n=3)
    assert sent.tolist() == pytest.approx([np.logaddexp(1, 3), -INF, 2.0])


def test_places_are_numpys(each_backend):
    """Ties go to the first; each is the place of what is computed, not of what is read."""
    x = np.random.default_rng(0).integers(0, 3, (50, 7)).astype(float)
    largest, smallest = places(x)
    np.testing.assert_array_equal(largest, x.argmax(1))
    np.testing.assert_array_equal(smallest, x.argmin(1))


def test_roundings_are_numpys_and_clamped(each_backend):
    """Halves, signs, and what no integer holds; NaN is below all, so it is out of every range."""
    x = [-1.5, -0.5, 0.5, 1.5, 2.5, 1e30, -1e30, INF, -INF, NAN]
    beyond = [MOST, LEAST, MOST, LEAST, LEAST]
    for dtype in (torch.float32, torch.float64):
        found = [f.tolist() for f in whole(torch.tensor(x, dtype=dtype))]
        assert found == [
            [-2, -1, 0, 1, 2, *beyond],
            [-2, 0, 0, 2, 2, *beyond],
            [-1, 0, 0, 1, 2, *beyond],
        ]
    assert [f.tolist() for f in whole.reference(np.array(x))] == found
