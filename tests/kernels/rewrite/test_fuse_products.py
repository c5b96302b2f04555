"""Products of the same rows become one; what states share is computed once."""

from __future__ import annotations

import pytest
import torch

from handful.kernels import F, axes, kernel, scan, sigmoid, sum, tanh
from handful.kernels.ir.program import show_program
from handful.kernels.rewrite.fuse_products import fuse_products
from handful.kernels.run.execute import backend

b, g, i, j, k, t = axes("b g i j k t")


@kernel
def gates(x: F[b, i], W: F[g, k, i], v: F[i, k]) -> F[b, k]:
    """Two slices of one array, in the other order, and an array of its own for the third."""
    return (
        sum(i, W[1, k, i] * x[b, i])
        * sigmoid(sum(i, x[b, i] * W[0, k, i]))
        * tanh(sum(i, x[b, i] * v[i, k]))
    )


@kernel
def arrays(x: F[b, i], u: F[i, k], v: F[i, k]) -> F[b, k]:
    """The columns lie in two arrays."""
    return sum(i, x[b, i] * u[i, k]) / (2 + sum(i, v[i, k] * x[b, i]) ** 2)


@kernel
def turned(x: F[b, i], W: F[k, g, i]) -> F[b, k]:
    """The slices of one array lie within its columns, so they are copied."""
    return sum(i, x[b, i] * W[k, 0, i]) * sum(i, x[b, i] * W[k, 1, i])


@kernel
def two_states(x: F[t, b, k], h0: F[b, k], U: F[g, k, j]) -> (F[t, b, k], F[t, b, k]):
    """The second state's step holds the first one's whole."""

    def step(h, c):
        def gate(number):
            return sum(j, U[number, k, j] * h[b, j])

        new = sigmoid(gate(0) + x[t, b, k]) * c[b, k] + tanh(gate(1))
        return tanh(new) * sigmoid(gate(2)), new

    return scan(t, step, init=(h0[b, k], h0[b, k]))


def body(kernel):
    """The equations as they are run, without the head."""
    return show_program(kernel.wide).splitlines()[1:]


def test_slices_of_one_array_are_read_as_they_lie():
    """No copy, and each gate is read where its slice went; what differs in shape stays alone."""
    assert body(gates) == [
        "sum1[b, of2, k] += x[b, i]*W[of2, k, i]    over i",
        "sum3[b, k] += x[b, i]*v[i, k]    over i",
        "out[b, k] = sum1[b, 1, k]*sigmoid(sum1[b, 0, k])*tanh(sum3[b, k])",
    ]


def test_the_report_tells_of_the_program_that_runs():
    """The wide product, with the work of both gates: 2 · 4 · 2 · 5 · 3 operations."""
    report = gates.explain(torch.ones(4, 3), torch.ones(3, 5, 3), torch.ones(3, 5))
    assert "sum1: matrix product, rows b, columns of2 × k, summed over i, 240 operations" in report
    assert report.startswith("gates: b = 4, i = 3, g = 3, k = 5\n")


def test_arrays_are_copied_side_by_side_once():
    """Before the product, each to its place."""
    assert body(arrays) == [
        "beside1[i, 0, k] = u[i, k]",
        "beside1[i, 1, k] = v[i, k]",
        "sum1[b, of2, k] += x[b, i]*beside1[i, of2, k]    over i",
        "out[b, k] = sum1[b, 0, k]/(2 + sum1[b, 1, k]*sum1[b, 1, k])",
    ]
    assert body(turned)[0] == "beside1[0, k, i] = W[k, 0, i]"


def test_a_state_that_another_needs_is_computed_once():
    """h reads the new c, which is written before it."""
    steps = [line.strip() for line in body(two_states) if line.startswith("  ")]
    assert steps[0].startswith("sum1[t, b, of3, k] += ")
    assert steps[1].startswith("c[t + 1, b, k] = sigmoid(")
    assert steps[2] == "h[t + 1, b, k] = tanh(c[t + 1, b, k])*sigmoid(sum1[t, b, 2, k])"


def test_its_derivative_is_one_product_for_each_operand():
    """No cotangent of a gate is an array of its own, and weights get theirs in one product."""
    from handful.kernels.rewrite.grad import differentiate

    text = show_program(differentiate(two_states.wide))
    assert "δ" not in text
    assert "U'[of3, k, j] += sum1'[t, b, of3, k]*h[t, b, j]    over t, b" in text
    assert text.count("over of3, k") == 1  # h' from all three gates


@kernel
def vectors(x: F[i], u: F[i, k], v: F[i, k]) -> F[k]:
    """A vector by two matrices: nothing is read twice that matters."""
    return sum(i, x[i] * u[i, k]) * sum(i, x[i] * v[i, k])


@kernel
def batches(x: F[b, i, j], u: F[b, j, k], v: F[b, j, k]) -> F[b, i, k]:
    """Matrices of their own for each b."""
    return sum(j, x[b, i, j] * u[b, j, k]) * sum(j, x[b, i, j] * v[b, j, k])


@kernel
def chained(x: F[b, i], u: F[i, k], v: F[k, j]) -> F[b, j]:
    """The second product reads the first."""
    return sum(k, tanh(sum(i, x[b, i] * u[i, k])) * v[k, j])


@pytest.mark.parametrize("kernel", [vectors, batches, chained], ids=lambda one: one.name)
def test_other_products_stay_as_they_are(kernel):
    """The program comes out as it went in, the very object."""
    assert fuse_products(kernel.program) is kernel.program


def shapes(kernel):
    """Sizes in which every axis differs, but for k and j."""
    sizes = {"b": 2, "g": 2, "i": 4, "k": 3, "j": 3, "t": 4}
    if kernel is two_states:
        sizes["g"] = 3
    return [tuple(sizes[d.axis] for d in a.dims) for a in kernel.program.inputs]


@pytest.mark.parametrize("way", ["native", "torch"])
@pytest.mark.parametrize("kernel", [gates, arrays, turned, two_states], ids=lambda one: one.name)
def test_values_and_both_derivatives_are_right(kernel, way):
    """Against the interpreter of the author's own terms, and by finite differences."""
    torch.manual_seed(0)
    given = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes(kernel)]
    with backend(way):
        found, expected = kernel(*given), kernel.reference(*given)
        pairs = (
            zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
        )
        for one, other in pairs:
            torch.testing.assert_close(one.detach(), torch.from_numpy(other))
        assert torch.autograd.gradcheck(kernel, given)
        if way == "native":  # as torch operations, minutes
            assert torch.autograd.gradgradcheck(kernel, given)


def test_more_slices_than_gates_are_left_alone():
    """An array of three slices of which two are used: its third gets no gradient."""
    torch.manual_seed(0)
    x, v = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in [(3, 4), (4, 5)])
    W = torch.randn(3, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(gates, [x, W, v])
    gates(x, W, v).sum().backward()
    assert W.grad is not None
    assert W.grad[2].abs().max() == 0
    assert W.grad[0].abs().max() > 0
