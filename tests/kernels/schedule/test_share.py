"""What several sums read is computed once; long sums go slab by slab; equal results are one."""

from __future__ import annotations

import re

import pytest
import torch

from handful.kernels import F, axes, exp, kernel, maximum, rsqrt, softmax, sum
from handful.kernels import max as most
from handful.kernels.gallery import attention, layer_norm, neighbours, sparse_conv
from handful.kernels.run.execute import backend
from handful.kernels.schedule.plan import plan
from handful.kernels.torch.autograd import plain
from handful.kernels.torch.training import Training

d, j, k, n = axes("d j k n")


@kernel
def add_softmax(x: F[n, d], residual: F[n, d]) -> F[n, d]:
    """Two sums of one exponential, and two equal gradients."""
    return softmax(d, x[n, d] + residual[n, d])


@kernel
def spread(x: F[n, d]) -> F[n]:
    """Sums and a maximum over rows longer than a few vectors."""
    middle = most(d, x[n, d]) + sum(d, x[n, d]) / 50
    return sum(d, maximum(x[n, d], middle) * rsqrt(x[n, d] * x[n, d] + 1))


@kernel
def weighed(x: F[n, d], scale: F[n]) -> F[d]:
    """A dear term of each row, read for every column."""
    return sum(n, x[n, d] * exp(scale[n]))


torch.manual_seed(0)
SITES = neighbours(torch.randint(0, 7, (300, 3)).unique(dim=0))
LONG = {
    "softmax": (add_softmax, [(150, 77), (150, 77)], []),
    "layer norm": (layer_norm, [(150, 77), (77,), (77,)], []),
    "spread": (spread, [(5, 131)], []),
    "weighed": (weighed, [(150, 70), (150,)], []),
    "sparse conv": (sparse_conv, [(len(SITES), 5), (27, 5, 3), (3,)], [SITES]),
    "attention": (attention, [(1, 2, 70, 6), (1, 2, 67, 6), (1, 2, 67, 3), (2, 9)], []),
}


def results(name, dtype):
    """Output and gradients of a weighted sum."""
    function, shapes, tables = LONG[name]
    torch.manual_seed(1)
    given = [torch.randn(s, dtype=dtype, requires_grad=True) for s in shapes]
    out = function(given[0], *tables, *given[1:])
    return out.detach(), *torch.autograd.grad((out * torch.randn_like(out)).sum(), given)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", list(LONG))
def test_long_sums_are_those_of_torch(name, dtype):
    """Slabs, whole vectors and what is left of a row: native code gives what torch gives."""
    ours = results(name, dtype)
    with backend("torch"):
        expected = results(name, dtype)
    loose = {"rtol": 1e-4, "atol": 1e-4} if dtype is torch.float32 else {}
    for a, x in zip(ours, expected, strict=True):
        torch.testing.assert_close(a, x, **loose)


@pytest.mark.parametrize("name", list(LONG))
def test_long_sums_are_the_same_bits_at_one_and_two_threads(name, two_threads):
    """A slab does not depend on who takes it."""
    seen = two_threads(lambda: results(name, torch.float32))
    assert all(torch.equal(a, x) for a, x in zip(*seen, strict=True))


def calls(text, name):
    """How often the C text of the kernel's own functions calls `name`."""
    return len(re.findall(rf"= {name}\(", text[text.index("static void task_0") :]))


def test_an_exponential_that_two_loops_read_is_computed_once():
    """The sum and the quotient read the same scratch, which holds one row."""
    text = add_softmax.source()
    assert calls(text, "k_expf") == 1
    assert "malloc(sizeof(float) * (1 * 1 * n_d)" in text
    assert calls(attention.source(), "k_expf") == 1


def test_a_row_s_term_is_computed_before_the_columns():
    """It has one value for each row, not one for each row and strip of columns."""
    items = [item for region in plan(plain(weighed).program) for item in region.items]
    assert [[i.name for i in item.domain] for item in items if "name='exp'" in repr(item)] == [
        ["n"]
    ]


@kernel
def triples(x: F[n], y: F[j], z: F[k]) -> F[n]:
    """Two sums of one exponential over more than any argument holds."""
    q = exp(x[n] * y[j] * z[k])
    return sum((j, k), q) / most((j, k), q)


def test_what_would_be_larger_than_every_argument_is_computed_again():
    """A value of the block reads j × k numbers, and no argument has both axes."""
    names = {item.target.name for region in plan(plain(triples).program) for item in region.items}
    assert not any("#" in name for name in names)


def test_equal_gradients_are_one_tensor_until_somebody_writes():
    """The gradients of a sum's two terms need memory once; `.grad` is each one's own."""
    x, r = torch.randn(2, 3, 4, requires_grad=True)
    training = Training(add_softmax.wide, (True, True))
    arguments = [x.detach(), r.detach()]
    _, saved = training.forward(arguments, {"n": 3, "d": 4})
    first, second = training.backward(arguments, saved, [torch.randn(3, 4)], {"n": 3, "d": 4})
    assert first is second
    leaves = [torch.randn(3, 4, requires_grad=True) for _ in range(2)]
    add_softmax(*leaves).square().sum().backward()
    assert torch.equal(leaves[0].grad, leaves[1].grad)
    leaves[0].grad.zero_()
    assert leaves[1].grad.abs().sum() > 0
