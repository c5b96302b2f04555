"""Gradients of gates' biases: one sum over all gates, whoever's slices they read."""

from __future__ import annotations

import torch

from handful.kernels import F, axes, gallery, kernel, sigmoid, sum, tanh
from handful.kernels.ir.program import Equation
from handful.kernels.run.execute import backend
from handful.kernels.torch.training import Training

b, g, i, k = axes("b g i k")


@kernel
def two_gates(x: F[b, i], W: F[g, k, i], bias: F[g, k]) -> F[b, k]:
    """Two gates, from arrays that may hold more."""

    def gate(q):
        return sum(i, x[b, i] * W[q, k, i]) + bias[q, k]

    return sigmoid(gate(0)) * tanh(gate(1))


@kernel
def one_bias(x: F[b, i], W: F[g, k, i], bias: F[g, k]) -> F[b, k]:
    """Two gates, of which one has a bias."""
    return sigmoid(sum(i, x[b, i] * W[0, k, i]) + bias[0, k]) * tanh(sum(i, x[b, i] * W[1, k, i]))


def sums(which, name: str) -> list[str]:
    """The index of each equation for a gradient, and what it reads."""
    program = Training(which.wide, (True,) * len(which.wide.inputs)).program
    found = [s for s in program.body if isinstance(s, Equation) and s.target.name == name]
    return [f"{list(s.index)} {s.expr.array.name}{list(s.expr.index)}" for s in found]


def test_all_gates_are_summed_at_once():
    """One equation for each array of biases."""
    assert sums(gallery.lstm, "bu'") == ["[of4, k] sum2'[t, b, of4, k]"]
    assert len(sums(two_gates, "bias'")) == 1


def test_a_slice_that_was_copied_is_either_arrays():
    """Two of a GRU's gates have one gradient for both products, the third has two."""
    assert sums(gallery.gru, "bu'") == ["[of3, k] sum2'[t, b, of3, k]"]
    assert sums(gallery.gru, "bw'") == ["[of3, k] sum1'[t, b, of3, k]"]


def test_some_of_the_gates_are_left_as_they_are():
    """The sum over all would add a gate that has no bias."""
    (only,) = sums(one_bias, "bias'")
    assert only.startswith("[Const(value=0), k]")


def test_what_no_gate_reads_has_no_gradient():
    """The third gate of the arrays stays zero."""
    torch.manual_seed(0)
    given = [torch.randn(s, dtype=torch.float64) for s in ((4, 3), (3, 5, 3), (3, 5))]
    for one in given:
        one.requires_grad_()
    for which in (two_gates, one_bias):
        ours = torch.autograd.grad(which(*given).square().sum(), given)
        with backend("torch"):
            expected = torch.autograd.grad(which(*given).square().sum(), given)
        torch.testing.assert_close(ours, expected)
        assert not ours[1][2].any()
        assert not ours[2][2].any()
        assert ours[2][0].all()
