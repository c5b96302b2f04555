"""Kernels among tensors: layouts, gradients asked for, modes, compiled graphs."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from handful.kernels import F, I, axes, exp, kernel, sum
from tests.kernels.examples import cell, knn, layernorm, linear_gelu, n, subm_conv

k, m = axes("k m")


def inputs(*shapes, dtype=torch.float32):
    """Seeded tensors of these shapes."""
    torch.manual_seed(0)
    return [torch.randn(s, dtype=dtype) for s in shapes]


def test_strided_and_expanded_arguments_are_taken_as_they_are():
    """A transposed or expanded tensor gives what its contiguous copy gives."""
    x, w, bias = inputs((4, 5), (4, 3), (1,))
    got = linear_gelu(x.T, w, bias.expand(3))
    assert torch.equal(got, linear_gelu(x.T.contiguous(), w, bias.expand(3).contiguous()))


def test_only_wanted_gradients_are_computed():
    """An argument that asks for no gradient gets none; the others' are unchanged by that."""
    x, g, bias = inputs((5, 7), (7,), (7,))
    g.requires_grad_()
    layernorm(x, g, bias).sum().backward()
    assert x.grad is None
    alone = g.grad.clone()
    g.grad = None
    x.requires_grad_()
    layernorm(x, g, bias).sum().backward()
    torch.testing.assert_close(g.grad, alone)


def test_inference_mode_and_no_grad_return_plain_tensors():
    """Without gradients nothing is recorded."""
    x, g, bias = (a.requires_grad_() for a in inputs((5, 7), (7,), (7,)))
    with torch.no_grad():
        assert not layernorm(x, g, bias).requires_grad
    with torch.inference_mode():
        assert layernorm(x, g, bias).is_inference()


def test_integer_results_are_not_differentiable_and_unused_results_cost_nothing():
    """The places that `smallest` found carry no gradient; its values do."""
    x, y = (a.requires_grad_() for a in inputs((6, 2), (7, 2)))
    values, places = knn(x, y)
    assert values.requires_grad
    assert not places.requires_grad
    assert places.dtype == torch.int64
    values.sum().backward()
    assert x.grad.shape == x.shape


def test_sizes_of_zero_work_forward_and_backward(each_backend):
    """Sums over nothing are zero, and results over nothing are empty."""
    x, w, bias = (a.requires_grad_() for a in inputs((5, 0), (0, 3), (3,)))
    out = linear_gelu(x, w, bias)
    out.sum().backward()
    assert out.shape == (5, 3)
    assert w.grad.shape == (0, 3)
    assert linear_gelu(*inputs((0, 4), (4, 3), (3,))).shape == (0, 3)


def test_nothing_is_compiled_again_for_another_batch_or_length():
    """Sizes are arguments of the code: a longer sequence and a larger batch use the same."""
    from handful.kernels.torch.autograd import plain

    def run(time, batch):
        cell(*inputs((time, batch, 3), (batch, 4), (3, 4), (3, 4), (4, 4), (4, 4), (4,)))

    run(5, 2)
    before = len(plain(cell).natives)
    run(9, 3)
    assert len(plain(cell).natives) == before


def test_compiled_and_exported_graphs_hold_a_kernel_as_one_operator():
    """torch.compile without graph breaks, its gradients, and torch.export (in a fresh process)."""
    command = [sys.executable, "-m", "tests.kernels.torch.compiled_graphs"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.stdout.split() == ["compiled", "exported"], found.stderr[-2000:]


def test_one_and_two_threads_give_the_same_bits():
    """How many threads there are changes nothing: blocks depend on sizes alone."""
    arguments = inputs((20, 32, 16), (32, 24), (16, 24), (16, 24), (24, 24), (24, 24), (24,))
    seen = []
    threads = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            given = [a.clone().requires_grad_() for a in arguments]
            out = cell(*given)
            seen.append([out.detach(), *torch.autograd.grad(out.sum(), given)])
    finally:
        torch.set_num_threads(threads)
    for one, two in zip(*seen, strict=True):
        assert torch.equal(one, two)


def test_a_branch_not_taken_never_enters():
    """NaN and out-of-range indices behind `where` reach neither value nor gradient."""
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    table = torch.tensor([[0, -1], [1, -1]])
    w, bias = inputs((2, 2, 3), (3,))
    out = subm_conv(x, table, w, bias)
    out.sum().backward()
    assert torch.isfinite(x.grad).all()


@kernel
def root(x: F[n]) -> F[n]:
    """√x where x is positive, else 0."""
    from handful.kernels import sqrt, where

    return where(x[n] > 0, sqrt(x[n]), 0.0)


def test_the_slope_behind_a_guard_is_zero_not_nan(each_backend):
    """The famous trap: the derivative of √ at -1 is NaN, and multiplied by zero it stays NaN."""
    x = torch.tensor([-1.0, 0.0, 4.0], requires_grad=True)
    root(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.25]


@kernel
def counted(x: F[n], to: I[n].into(k)) -> F[k]:
    """A sum by places, whose only loop is the one that scatters."""
    return sum(n, exp(x[n]), to={k: to[n]})


def test_terms_that_go_to_one_place_are_all_counted(each_backend):
    """A scatter along the innermost loop is no vector loop: equal places would lose terms."""
    (x,) = inputs((1000,))
    to = torch.arange(1000) % 3
    expected = torch.zeros(3).index_add(0, to, x.exp())
    torch.testing.assert_close(counted(x, to, k=3), expected)


@kernel
def weighed(x: F[n, k], w: F[k], to: I[n].into(m)) -> F[m]:
    """Rows weighed, and summed by places: the sum over k stands inside the scatter over n."""
    return sum((n, k), x[n, k] * x[n, k] * w[k], to={m: to[n]})


@pytest.mark.parametrize("to", [[0, 2, -1, 0, 1, -1], [0, 0, 0, 0, 0, -1]])
def test_a_sum_inside_a_scatter_goes_where_each_row_says(to, each_backend):
    """A row that is sent nowhere writes nowhere; the second table is too lopsided to invert."""
    x, w = (a.requires_grad_() for a in inputs((6, 9), (9,), dtype=torch.float64))
    to = torch.tensor(to)
    rows = (x * x) @ w
    expected = torch.stack([rows[to == n].sum() for n in range(9)])
    torch.testing.assert_close(weighed(x, w, to, m=9), expected)
    assert torch.autograd.gradcheck(lambda x, w: weighed(x, w, to, m=9), (x, w))


@kernel
def largest(x: F[n, k]) -> F[n]:
    """The row's maximum."""
    from handful.kernels import max

    return max(k, x[n, k])


def test_a_maximum_sends_its_slope_to_the_first_of_equals(each_backend):
    """Of equal values the first gets all of the cotangent."""
    x = torch.tensor([[1.0, 5.0, 5.0]], requires_grad=True)
    largest(x).sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0]]


@pytest.mark.parametrize("width", [3, 8, 21])
def test_a_maximum_keeps_nan(width, each_backend):
    """A NaN anywhere in the row is the row's maximum, as in NumPy and torch."""
    x = torch.zeros(2, width)
    x[1, width // 2] = torch.nan
    assert torch.isnan(largest(x)).tolist() == [False, True]


def test_doubled_gradients_of_a_sum_are_those_of_the_formula():
    """Second derivatives run through the same class: d²/dx² of Σ(xw)² is 2wwᵀ."""

    @kernel
    def square(x: F[k], w: F[k]) -> F[()]:
        inner = sum(k, x[k] * w[k])
        return inner * inner

    x, w = (a.requires_grad_() for a in inputs((4,), (4,), dtype=torch.float64))
    hessian = torch.autograd.functional.hessian(lambda v: square(v, w), x)
    torch.testing.assert_close(hessian, 2 * torch.outer(w, w))


@kernel
def shares(x: F[n]) -> (F[()], F[n]):
    """A result that another result reads."""
    total = sum(n, exp(x[n]))
    return total, exp(x[n]) / total


def test_a_result_that_another_reads_gets_both_slopes(each_backend):
    """Its cotangent is the one given plus what the other result sends; also the second time."""
    (x,) = (a.requires_grad_() for a in inputs((5,), dtype=torch.float64))
    assert torch.autograd.gradcheck(shares, x)
    assert torch.autograd.gradgradcheck(shares, x)


@kernel
def sums(x: F[n, k]) -> F[n, k]:
    """Running sums, from nothing."""
    from handful.kernels import scan

    return scan(n, lambda s: s[k] + x[n, k] * x[n, k], init=0.0, axes=(k,))


def test_a_scan_that_starts_from_a_number_has_a_slope(each_backend):
    """No cotangent is sought for the number."""
    (x,) = (a.requires_grad_() for a in inputs((4, 3), dtype=torch.float64))
    torch.testing.assert_close(sums(x), (x * x).cumsum(0))
    assert torch.autograd.gradcheck(sums, x)


def test_a_state_that_no_step_reads_stays_a_state(each_backend):
    """It could be made after the loop, but its places are those of states: t + 1."""
    from handful.kernels import scan

    @kernel
    def doubled(x: F[n, k]) -> (F[n, k], F[n, k]):
        def step(s, _):
            return s[k] + x[n, k], 2 * s[k]

        return scan(n, step, init=(x[0, k], x[0, k]))

    (x,) = (a.requires_grad_() for a in inputs((4, 3), dtype=torch.float64))
    first, second = doubled(x)
    torch.testing.assert_close(second, 2 * (first - x))
    assert torch.autograd.gradcheck(doubled, x)
