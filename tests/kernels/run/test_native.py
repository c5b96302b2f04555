"""The call of native code: its memory, its threads, its fixed sizes."""

from __future__ import annotations

import math
import re

import pytest
import torch
from torch.nn import functional

from handful.kernels import F, axes, gallery, kernel, scan, sum, tanh
from handful.kernels.gallery import nearest
from handful.kernels.gallery.nearest import nearest_kernel
from handful.kernels.run import memory
from handful.kernels.run.memory import LINE, MOST_KEPT, lasting, workspace
from tests.kernels.examples import linear_gelu

b, g, j, k, t = axes("b g j k t")


@kernel
def recurrence(x: F[t, b, k], U: F[g, k, j]) -> F[t, b, k]:
    """Two gates, so that a step makes something of its own."""

    def step(h):
        return tanh(x[t, b, k] + sum(j, U[0, k, j] * h[b, j]) * sum(j, U[1, k, j] * h[b, j]))

    return scan(t, step, init=x[0, b, k] * 0)


@pytest.mark.parametrize("rows", [1, 7, 8])
def test_few_rows_by_a_large_matrix_are_the_same_to_the_bit(rows, two_threads):
    """Its columns are parted alike on one thread and on two, and the product is right."""
    torch.manual_seed(0)
    x, w, bias = torch.randn(rows, 512), torch.randn(512, 777), torch.randn(777)
    one, two = two_threads(lambda: linear_gelu(x, w, bias))
    assert torch.equal(one, two)
    expected = torch.nn.functional.gelu(x.double() @ w.double() + bias.double(), approximate="none")
    torch.testing.assert_close(one.double(), expected, rtol=1e-5, atol=1e-4)


def test_temporaries_do_not_run_into_results_or_later_calls():
    """What a thread keeps is used again by other kernels and sizes; results are not in it."""
    torch.manual_seed(0)
    U = torch.randn(2, 6, 6) / 3
    small, large = torch.randn(3, 2, 6), torch.randn(40, 5, 6)
    first = recurrence(small, U)
    kept = first.clone()
    nearest(torch.randn(300, 3), torch.randn(300, 3), count=4)
    recurrence(large, U)
    assert torch.equal(first, kept)
    assert torch.equal(recurrence(small, U), kept)


def test_a_huge_workspace_is_not_kept():
    """What one large call needed is given back."""
    before = len(workspace(0))
    assert len(workspace(MOST_KEPT + 1)) == MOST_KEPT + 1
    assert len(workspace(0)) == before


def test_what_a_step_makes_is_held_for_one_step():
    """Products with the state are no array over time, unless saved for a derivative."""
    text = recurrence.source()
    assert re.search(r"float\* restrict a_sum1 = malloc\(.*1 \* wide \* n_\w+ \* n_\w+\)", text)
    assert "n_of2 = 2;" in text or "n_g = 2;" in text


@kernel
def named(turned1: F[t, b, k], beside1: F[k, j], pack: F[b, j]) -> F[t, b, j]:
    """Names that the planner gives as well, or nearly."""

    def step(packed, sum1):
        fed = sum(k, turned1[t, b, k] * beside1[k, j]) * sum(
            k, turned1[t, b, k] * beside1[k, j] ** 2
        )
        return packed[b, j] / 2 + fed, sum1[b, j] + packed[b, j]

    return scan(t, step, init=(pack[b, j], pack[b, j]))[1]


def test_no_name_that_a_user_may_choose_has_a_meaning():
    """States called `packed` and `sum1` keep their values from step to step."""
    torch.manual_seed(0)
    shapes = (5, 3, 4), (4, 2), (3, 2)
    given = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes]
    torch.testing.assert_close(named(*given).detach(), torch.from_numpy(named.reference(*given)))
    assert torch.autograd.gradcheck(named, given)


def test_a_count_is_a_constant_of_the_code():
    """The compiler knows how many neighbours are kept."""
    assert "const int64_t n_r = 5;" in nearest_kernel(5).source()


def test_large_results_lie_where_earlier_ones_lay():
    """Memory that a result has left is taken by the next of its size; what is held stays held."""
    held = lasting([1025, 1024], torch.float64)
    held.fill_(1)
    address = lasting([1025, 1024], torch.float64).data_ptr()  # gone at once
    part = lasting([1025, 1024], torch.float64).fill_(2)[1000]  # whoever holds a part holds all
    assert part.untyped_storage().data_ptr() == address
    assert lasting([1025, 1024], torch.float64).data_ptr() not in (address, held.data_ptr())
    assert (held == 1).all()
    assert (part == 2).all()
    assert address % LINE == 0


def test_memory_that_is_kept_has_a_bound(monkeypatch):
    """The oldest goes first; results beyond the bound are not kept at all."""
    monkeypatch.setattr(memory, "MOST_KEPT", 256 << 20)
    many = [lasting([9 << 20], torch.float64) for _ in range(5)]  # 360 MB
    del many
    assert math.fsum(b.nbytes for b in memory._free) <= 256 << 20


def test_large_results_come_from_kernels():
    """Small ones are plain tensors; equal values either way."""
    x = torch.rand(4097, 2049)
    for one in (x, x[:7]):
        torch.testing.assert_close(gallery.layer_norm(one, x[0], x[1]),
                                   functional.layer_norm(one, (2049,), x[0], x[1]))  # fmt: skip
    y = gallery.layer_norm(x, x[0], x[1])
    assert y.data_ptr() % LINE == 0
    y.requires_grad_().mul(2).sum().backward()  # a tensor like any other
    assert (y.grad == 2).all()
