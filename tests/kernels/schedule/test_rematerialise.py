"""Arrays over all pairs are made again where they are read, when they would be large."""

from __future__ import annotations

import pytest
import torch

from handful.kernels import F, axes, exp, kernel, sum, tanh
from handful.kernels.gallery import attention, causal_attention, gaussian, gru
from handful.kernels.run.execute import backend
from handful.kernels.torch.autograd import plain
from handful.kernels.torch.training import Training

h, i, j, k, m = axes("h i j k m")


@kernel
def twice(x: F[i, k], y: F[j, k]) -> F[()]:
    """A scalar of all pairs, through two arrays over them."""
    s = sum(k, x[i, k] * y[j, k])
    return sum((i, j), tanh(s) * exp(-s * s))


@kernel
def perceptron(x: F[i, k], w: F[k, h], v: F[h, m]) -> F[i, m]:
    """A hidden layer, whose axes fit in no argument."""
    return sum(h, tanh(sum(k, x[i, k] * w[k, h])) * v[h, m])


LARGE = {
    "attention": (attention, [(2, 3, 40, 4), (2, 3, 37, 4), (2, 3, 37, 5), (3, 9)]),
    "causal": (causal_attention, [(1, 2, 41, 3), (1, 2, 41, 3), (1, 2, 41, 3), (2, 5)]),
    "gaussian": (gaussian, [(40, 2), (37, 2), (37, 3), ()]),
    "scalar": (twice, [(33, 3), (29, 3)]),
    "perceptron": (perceptron, [(50, 3), (3, 60), (60, 2)]),
}


def given(shapes):
    """Seeded float64 tensors that want gradients."""
    torch.manual_seed(0)
    return [(0.4 * torch.randn(s, dtype=torch.float64)).requires_grad_() for s in shapes]


def backward(function, arguments):
    """The executable that the gradients of all arguments come from."""
    training = function.variants[tuple(True for _ in arguments)]
    assert isinstance(training, Training)
    return training.run_backward


@pytest.mark.parametrize("name", list(LARGE))
def test_gradients_are_those_of_the_stored_arrays(name):
    """Block by block the derivative, and its derivative, is what torch operations find."""
    function, shapes = LARGE[name]
    arguments = given(shapes)

    def slopes():
        out = function(*arguments)
        first = torch.autograd.grad(out.sin().sum(), arguments, create_graph=True)
        second = torch.autograd.grad(sum_of(f.square().sum() for f in first), arguments)
        return [f.detach() for f in (*first, *second)]

    ours = slopes()
    torch.autograd.grad(function(*arguments).sum(), arguments)
    assert any(again for _, _, again in backward(function, arguments).natives)
    with backend("torch"):
        expected = slopes()
    for a, x in zip(ours, expected, strict=True):
        torch.testing.assert_close(a, x)


def sum_of(values):
    """Python's own sum, which the kernel language hides here."""
    total = 0
    for value in values:
        total = total + value
    return total


@pytest.mark.parametrize("name", ["attention", "causal", "gaussian"])
def test_no_array_over_all_pairs_is_stored(name):
    """Of what the backward pass stores nothing varies over both i and j."""
    function, shapes = LARGE[name]
    arguments = given(shapes)
    torch.autograd.grad(function(*arguments).sum(), arguments)
    natives = backward(function, arguments).natives
    native = next(n for (_, _, again), n in natives.items() if again)
    assert [a for a in native.source.temporaries if {"i", "j"} <= {d.axis for d in a.dims}] == []
    assert not plain(function).avoidable  # its forward pass never stores them


def test_what_is_small_is_stored():
    """A hidden layer smaller than its weights is computed once."""
    arguments = given([(2, 30), (30, 20), (20, 30)])
    torch.autograd.grad(perceptron(*arguments).sum(), arguments)
    assert {again for _, _, again in backward(perceptron, arguments).natives} >= {False}
    assert backward(perceptron, arguments).avoidable
    assert not plain(gru).avoidable


def test_recomputed_gradients_are_the_same_bits_at_one_and_two_threads(two_threads):
    """Sums over all pairs go in two steps whose order sizes alone decide."""
    function, shapes = LARGE["attention"]
    arguments = given(shapes)
    seen = two_threads(lambda: torch.autograd.grad(function(*arguments).sum(), arguments))
    assert all(torch.equal(a, x) for a, x in zip(*seen, strict=True))
