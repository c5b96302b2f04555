"""What is done at each step beside a loop is done in the loop."""

from __future__ import annotations

import pytest
import torch

from handful.kernels import F, axes, kernel, scan, sum, tanh
from handful.kernels.gallery.gated import gated
from handful.kernels.ir.program import Equation, Loop, flat, show
from handful.kernels.torch.training import Training

b, j, k, t = axes("b j k t")


@kernel
def states(x: F[t, b, k], U: F[j, k]) -> F[t, b, k]:
    """All states, each of which has a cotangent from outside."""
    return scan(t, lambda h: tanh(x[t, b, k] + sum(j, h[b, j] * U[j, k])), init=x[0, b, k] * 0)


@kernel
def backwards(x: F[t, b, k], U: F[j, k]) -> F[t, b, k]:
    """The same from the last step to the first."""

    def step(h):
        return tanh(x[t, b, k] + sum(j, h[b, j] * U[j, k]))

    return scan(t, step, init=x[0, b, k] * 0, reverse=True)


@kernel
def doubled(x: F[t, b, k], U: F[j, k]) -> F[t, b, k]:
    """A result that reads the states of two times."""
    h = scan(t, lambda s: tanh(x[t, b, k] + sum(j, s[b, j] * U[j, k])), init=x[0, b, k] * 0)
    return h * x[t, b, k] + tanh(h)


def test_the_results_cotangents_are_added_in_the_loop():
    """No pass over all states stands before it."""
    lines = states.grad.equations().splitlines()
    at = lines.index("for t falling:")
    assert lines[at + 1] == "  h'[t + 1, b, k] += out'[t, b, k]"


def test_a_copy_of_a_step_is_made_at_that_step():
    """Both gates' products have one cotangent: it is written twice, not copied afterwards."""
    program = Training(gated.wide, (True,) * 7).program
    (loop,) = [s for s in program.body if isinstance(s, Loop)]
    outside = [e for e, around in flat(program.body) if around is None]
    assert "sum1'[t, b, 0, k] = sum2'[t, b, 0, k]" in _shown(loop)
    assert not [e for e in outside if isinstance(e, Equation) and len(e.domain) > 2 and e.op == "="]


def _shown(loop: Loop) -> list[str]:
    return [show(e) for e in loop.body]


@pytest.mark.parametrize("which", [states, backwards, doubled])
def test_derivatives_are_right(which, each_backend):
    """First and second, by differences."""
    torch.manual_seed(0)
    x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    U = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(which, (x, U))
    assert torch.autograd.gradgradcheck(which, (x, U))
