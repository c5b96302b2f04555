"""Guards that become a loop's bounds: windows that look past the ends of what they read."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch.nn import functional

from handful.kernels import F, I, axes, gallery, inf, kernel, max, padded, size, sum, where
from handful.kernels.ir.nodes import Const
from handful.kernels.loops.bounds import span

b, c, e, i, j, n, o, p, u, v = axes("b c e i j n o p u v")


@kernel
def convolution(x: F[b, c, u, v], w: F[e, c, o, p]) -> F[b, e, u, v]:
    """A convolution with padding that keeps the size."""
    near = x[b, c, u + o - size(o) // 2, v + p - size(p) // 2]
    return sum((c, o, p), padded(near * w[e, c, o, p]))


@kernel
def backwards(x: F[n, i], w: F[o]) -> F[n, i]:
    """A window that runs against the axis, so that its guard bounds nothing."""
    return sum(o, padded(x[n, size(i) - i - o] * w[o]))


@kernel
def ends(x: F[n, i], at: I[n].into(n)) -> (F[n], F[n, i]):
    """A sum along memory between bounds that a table gives, and a largest value of a window."""
    return sum(i, padded(x[at[n], i + at[n]])), max(o, padded(x[n, i + o - 1], -inf))


def agree(which, given, **sizes) -> None:
    """Native code tells what the interpreter tells, and its derivative is that of it."""
    arguments = [one for one in given if one.dtype == torch.float64]
    for one in arguments:
        one.requires_grad_()
    wanted = which.reference(*[one.detach().numpy() for one in given], **sizes)
    found = which(*given, **sizes)
    for got, want in zip(
        found if isinstance(found, tuple) else (found,),
        wanted if isinstance(wanted, tuple) else (wanted,),
        strict=True,
    ):
        np.testing.assert_allclose(got.detach().numpy(), want, rtol=1e-12, atol=1e-12)
    tables = given[len(arguments) :]
    assert torch.autograd.gradcheck(lambda *now: which(*now, *tables, **sizes), arguments)


def normal(*shape: int) -> torch.Tensor:
    """Random, in double."""
    return torch.randn(shape, dtype=torch.float64)


@pytest.mark.parametrize("side", [1, 2, 7, 70])
@pytest.mark.parametrize("taps", [1, 2, 3])
def test_windows_past_both_ends(side, taps):
    """Pictures smaller than the window, and longer than a strip."""
    agree(convolution, [normal(1, 2, 2, side), normal(2, 2, 3, taps)])


def test_it_is_torchs_convolution():
    """In float32, both passes."""
    torch.manual_seed(0)
    x, w, bias = torch.randn(3, 5, 9, 20), torch.randn(5, 3, 5), torch.randn(5)
    given = [one.requires_grad_() for one in (x, w, bias)]
    ours = gallery.depthwise_conv(x, w, bias)
    theirs = functional.conv2d(x, w[:, None], bias, padding=(1, 2), groups=5)
    torch.testing.assert_close(ours, theirs)
    for one, two in zip(
        torch.autograd.grad(ours.square().sum(), given),
        torch.autograd.grad(theirs.square().sum(), given),
        strict=True,
    ):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-3)


def test_what_bounds_nothing_is_asked():
    """Windows against the axis, bounds out of a table, and a guard whose other side is not zero."""
    agree(backwards, [normal(2, 5), normal(3)])
    agree(ends, [normal(3, 4), torch.tensor([2, -1, 0])], o=3)


def test_nothing_is_asked_of_each_number():
    """The loops along memory hold no test."""
    gallery.depthwise_conv(torch.randn(1, 1, 3, 3), torch.randn(1, 3, 3), torch.randn(1))
    for text in (gallery.depthwise_conv.source(), gallery.depthwise_conv.grad.source()):
        task = text[text.index("static void task_0") :]
        inner = re.findall(r"omp simd\n *for [^\n]*\{\n(.*?)\n *\}", task, re.DOTALL)
        assert inner
        assert not any("?" in body or "if (" in body for body in inner)


def test_an_infinite_weight_beyond_the_end_counts_nothing():
    """What is guarded is not multiplied by zero."""
    x, w = torch.ones(1, 1, 1, 2), torch.tensor([[[[inf, 1.0, inf]]]])
    assert convolution(x[..., :1], w).tolist() == [[[[1.0]]]]
    assert convolution(x, w).tolist() == [[[[inf, inf]]]]


def test_a_span_says_where_it_begins_and_ends():
    """One bound for each test along the axis; what does not hold it stays a test."""
    axis, other = i.node, j.node
    guard = (i + j >= 1) & (i - j < size(i)) & (j > 0) & (i * j < 5)
    found = span(axis, "sum", where(guard, 1.0 * i, 0.0).node)
    assert found is not None
    assert len(found.lows) == len(found.highs) == len(found.tests) == 1
    assert found.tests[0].args == (other, Const(0))
    assert span(axis, "sum", i.node) is None
