"""Matrices that a loop in time reads at every step are laid out once, before it."""

from __future__ import annotations

import pytest
import torch

from handful.kernels import F, axes, kernel, scan, sum, tanh
from handful.kernels.run.execute import backend
from handful.kernels.schedule.contractions import Contraction, in_panels, is_packed
from handful.kernels.schedule.plan import plan
from handful.kernels.torch.training import Training

b, g, j, k, t = axes("b g j k t")


@kernel
def plain(x: F[t, b, k], h0: F[b, k], U: F[j, k]) -> F[t, b, k]:
    """The matrix as it lies."""
    return scan(t, lambda h: tanh(x[t, b, k] + sum(j, h[b, j] * U[j, k])), init=h0[b, k])


@kernel
def across(x: F[t, b, k], h0: F[b, k], U: F[k, j]) -> F[t, b, k]:
    """The matrix as torch's layers keep it."""
    return scan(t, lambda h: tanh(x[t, b, k] + sum(j, h[b, j] * U[k, j])), init=h0[b, k])


@kernel
def gates(x: F[t, b, g, k], h0: F[b, k], U: F[g, k, j]) -> F[t, b, k]:
    """A matrix whose columns are two axes."""

    def step(h):
        def gate(q):
            return x[t, b, q, k] + sum(j, h[b, j] * U[q, k, j])

        return tanh(gate(0)) / (2 + tanh(gate(1)))

    return scan(t, step, init=h0[b, k])


@kernel
def computed(x: F[t, b, k], h0: F[b, k], U: F[k, j], s: F[k]) -> F[t, b, k]:
    """A matrix that is computed, but the same at every step."""
    return scan(t, lambda h: tanh(x[t, b, k] + sum(j, h[b, j] * (U[k, j] * s[k]))), init=h0[b, k])


@kernel
def in_time(x: F[t, b, k], h0: F[b, k], U: F[k, j], s: F[t, k]) -> F[t, b, k]:
    """A matrix that is another one at every step."""

    def step(h):
        return tanh(x[t, b, k] + sum(j, h[b, j] * (U[k, j] * s[t, k])))

    return scan(t, step, init=h0[b, k])


@kernel
def fed_back(x: F[t, b, k], h0: F[b, k], U0: F[k, j]) -> F[t, b, k]:
    """A matrix that is a state: it shrinks."""

    def step(h, U):
        new = tanh(x[t, b, k] + sum(j, h[b, j] * U[k, j]))
        return new, U[k, j] * 0.9

    return scan(t, step, init=(h0[b, k], U0[k, j]))[0]


KERNELS = [plain, across, gates, computed, in_time, fed_back]
EVERY_STEP = {in_time, fed_back}


def products(program) -> list[Contraction]:
    """Those inside of loops."""
    looping = [r for r in plan(program) if r.loop is not None]
    return [i for r in looping for i in r.items if isinstance(i, Contraction)]


def arguments(which, batch: int, width: int, steps: int, dtype: torch.dtype) -> list[torch.Tensor]:
    """Tensors that learn; b, j, k, t and two gates."""
    torch.manual_seed(0)
    sizes = {"b": batch, "g": 2, "j": width, "k": width, "t": steps}
    shapes = [[sizes[d.axis] for d in a.dims] for a in which.program.inputs]
    scale = 1 / width**0.5
    return [(torch.randn(s, dtype=dtype) * scale).requires_grad_() for s in shapes]


@pytest.mark.parametrize("which", KERNELS, ids=lambda k: k.name)
def test_only_what_stays_the_same_is_laid_out(which):
    """In panels, or else made anew at every step, or read as it lies."""
    (product,) = products(which.wide)
    assert in_panels(product.b.array) == (which not in EVERY_STEP)
    assert is_packed(product.b.array) == (which is in_time)


@pytest.mark.parametrize("which", [plain, across, gates], ids=lambda k: k.name)
def test_so_is_the_matrix_of_the_backward_pass(which):
    """It lies the other way round there."""
    backward = Training(which.wide, (True,) * len(which.wide.inputs)).program
    (product,) = products(backward)
    assert in_panels(product.b.array)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("batch", "width", "steps"), [(1, 5, 8), (3, 33, 9), (70, 40, 8), (3, 33, 2)]
)
@pytest.mark.parametrize("which", KERNELS, ids=lambda k: k.name)
def test_results_and_gradients_are_those_of_torch(which, batch, width, steps, dtype):
    """One row and many, whole panels and parts; and too few steps for panels."""
    given = arguments(which, batch, width, steps, dtype)

    def results():
        out = which(*given)
        seed = torch.linspace(-1, 1, out.numel(), dtype=dtype).reshape(out.shape)
        return out, *torch.autograd.grad(out, given, seed)

    ours = results()
    with backend("torch"):
        expected = results()
    close = {"rtol": 1e-4, "atol": 1e-5} if dtype is torch.float32 else {}
    for a, e in zip(ours, expected, strict=True):
        torch.testing.assert_close(a, e, **close)


def test_few_rows_by_a_large_matrix_are_parted_among_the_cores():
    """Each reads panels of its own."""
    given = arguments(plain, 2, 640, 9, torch.float32)
    ours = plain(*given)
    with backend("torch"):
        torch.testing.assert_close(ours, plain(*given), rtol=1e-4, atol=1e-5)
