"""Checkpointed scans: the same derivative, with √T states kept."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from handful.kernels import F, I, axes, kernel, max, scan, sigmoid, size, sum, tanh, where
from handful.kernels.rewrite.segments import segments
from handful.kernels.run.execute import backend
from handful.kernels.torch.checkpoint import spans

b, c, i, j, k, t, u = axes("b c i j k t u")


@cache
def gated(checkpoint):
    """All states of a gated cell."""

    @kernel
    def states(x: F[t, b, i], h0: F[b, k], W: F[i, k], U: F[j, k]) -> F[t, b, k]:
        def step(h):
            z = sigmoid(sum(j, h[b, j] * U[j, k]) + h[b, k])
            return (1 - z) * h[b, k] + z * tanh(sum(i, x[t, b, i] * W[i, k]))

        return scan(t, step, init=h0[b, k], checkpoint=checkpoint)

    return states


@cache
def last(checkpoint):
    """Of two states, falling in time, the last of one; sums over time; a step that knows t."""

    @kernel
    def ended(x: F[b, t], g: F[b], until: I[b]) -> (F[b], F[()], I[b], F[b, t]):
        def step(p, q):
            new = tanh(p[b] * g[b] + x[b, t] * q[b])
            return where(t < until[b], new, p[b]), q[b] * 0.9 + new * x[b, t] / size(t)

        p, q = scan(t, step, init=(g[b] * 2, x[b, 0]), reverse=True, checkpoint=checkpoint)
        many = sum(t, where(p > 0, 1, 0))
        total = sum((t, b), p * x[b, t])
        return p.at(t=0) * total, total, many, p * q + t

    return ended


@cache
def stacked(checkpoint):
    """Two scans, the second over the states of the first; weights made before both."""

    @kernel
    def stack(x: F[t, b], w: F[b], v: F[u, b]) -> (F[b], F[t, b]):
        both = tanh(w[b]) * sum(u, v[u, b])
        low = scan(t, lambda s: tanh(s[b] * both + x[t, b]), init=0.0, axes=(b,),
                   checkpoint=checkpoint)  # fmt: skip
        high = scan(t, lambda s: s[b] * 0.5 + low * s[b] + v[t, b], init=w[b],
                    checkpoint=checkpoint)  # fmt: skip
        return high.at(t=size(t) - 1), low + high

    return stack


@cache
def whole(checkpoint):
    """A largest state over all of time, which no segment knows."""

    @kernel
    def largest(x: F[t, b], w: F[b]) -> F[b]:
        s = scan(t, lambda s: tanh(s[b] * w[b] + x[t, b]), init=w[b], checkpoint=checkpoint)
        return max(t, s)

    return largest


MADE = {
    "states": (gated, lambda T: [(T, 2, 3), (2, 4), (3, 4), (4, 4)]),
    "last": (last, lambda T: [(3, T), (3,), torch.tensor([0, 2, 9])]),
    "stacked": (stacked, lambda T: [(T, 3), (3,), (T + 2, 3)]),
    "whole": (whole, lambda T: [(T, 3), (3,)]),
}


def given(shapes, dtype=torch.float64):
    """Seeded tensors that want gradients, and index tables as they are."""
    torch.manual_seed(0)
    return [
        s if isinstance(s, torch.Tensor) else torch.randn(s, dtype=dtype).requires_grad_()
        for s in shapes
    ]


def slopes(function, arguments):
    """Results and gradients of a weighted sum of the float ones."""
    found = function(*arguments)
    found = found if isinstance(found, tuple) else (found,)
    torch.manual_seed(1)
    loss = torch.zeros((), dtype=torch.float64)
    for one in found:
        if one.is_floating_point():
            loss = loss + (one * torch.randn(one.shape, dtype=torch.float64)).sum()
    wanted = [a for a in arguments if a.requires_grad]
    return [f.detach() for f in found], torch.autograd.grad(loss, wanted, create_graph=True)


@pytest.mark.parametrize("time", [1, 7, 16])
@pytest.mark.parametrize("name", list(MADE))
def test_results_and_gradients_are_those_without_checkpoints(name, time, each_backend):
    """Whatever a segment holds of time, values and float64 gradients are the plain ones."""
    make, shapes = MADE[name]
    arguments = given(shapes(time))
    expected, actual = (slopes(make(on), arguments) for on in (False, True))
    for e, a in zip((*expected[0], *expected[1]), (*actual[0], *actual[1]), strict=True):
        torch.testing.assert_close(a, e, rtol=1e-11, atol=1e-12)


def test_all_is_cut_but_what_needs_all_of_time():
    """Sums, last states, stacked scans and steps that know t are cut; a maximum over t is not."""
    found = {name: segments(make(True).program) is not None for name, (make, _) in MADE.items()}
    assert found == {"states": True, "last": True, "stacked": True, "whole": False}
    assert segments(gated(False).program) is None


@pytest.mark.parametrize("name", ["states", "last", "stacked"])
def test_saved_bytes_grow_with_the_root_of_time(name):
    """Sixteen times the steps: about four times the bytes that the graph holds beside arguments."""
    make, shapes = MADE[name]
    saved = {}
    for time in (64, 1024):
        found = make(True)(*given(shapes(time), torch.float32))
        node = (found[0] if isinstance(found, tuple) else found).grad_fn
        held = {a.untyped_storage().data_ptr(): a.untyped_storage().nbytes() for a in node.extra}
        saved[time] = sum_of(held.values())
    assert saved[1024] <= 4.5 * saved[64]
    states = make(False)(*given(shapes(1024), torch.float32))
    node = (states[0] if isinstance(states, tuple) else states).grad_fn
    assert sum_of(a.nbytes for a in node.extra) > 10 * saved[1024]


def sum_of(values):
    """Python's own sum, which the kernel language hides here."""
    total = 0
    for value in values:
        total += value
    return total


@pytest.mark.parametrize("name", ["states", "last", "stacked"])
def test_second_derivatives_are_those_without_checkpoints(name):
    """A derivative of the derivative is right; it keeps all states."""
    make, shapes = MADE[name]
    arguments = given(shapes(5))
    wanted = [a for a in arguments if a.requires_grad]
    both = []
    for on in (False, True):
        first = slopes(make(on), arguments)[1]
        both.append(torch.autograd.grad(sum_of(f.square().sum() for f in first), wanted))
    for e, a in zip(*both, strict=True):
        torch.testing.assert_close(a, e)


def test_only_wanted_gradients_are_made():
    """An argument that asks for none gets none, and the rest are unchanged by that."""
    arguments = given(MADE["states"][1](9))
    every = slopes(gated(True), arguments)[1]
    arguments[0].requires_grad_(False)
    arguments[2].requires_grad_(False)
    some = slopes(gated(True), arguments)[1]
    for e, a in zip([every[1], every[3]], some, strict=True):
        torch.testing.assert_close(a, e)


def test_no_time_at_all_is_the_first_state(each_backend):
    """Without a step there is nothing to cut."""
    x, g = given([(0, 3), (3,)])

    @kernel
    def ended(x: F[t, b], g: F[b]) -> F[b]:
        s = scan(t, lambda s: tanh(s[b] + x[t, b]), init=2 * g[b], checkpoint=True)
        return sum(t, s) + g[b]

    out = ended(x, g)
    torch.testing.assert_close(out, g)
    assert torch.autograd.grad(out.sum(), g)[0].tolist() == [1, 1, 1]


def test_segments_cover_time_once():
    """As many segments as steps in each, nearly."""
    for length in range(50):
        found = spans(length)
        assert [n for start, stop in found for n in range(start, stop)] == list(range(length))
        assert len(found) <= length**0.5 + 1


def test_a_checkpointed_kernel_says_so():
    """`explain` names the states kept."""
    with backend("native"):
        text = gated(True).explain(*given(MADE["states"][1](9)))
    assert "saved for the derivative: h at the first of each of √t segments" in text
