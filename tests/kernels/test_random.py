"""Random programs: interpreter, torch operations and native code agree, value and derivative."""

from __future__ import annotations

import os

import numpy as np
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from handful.kernels import F, axes, kernel, scan, sum, tanh
from handful.kernels.run.execute import backend
from tests.kernels import random_programs as programs

b, c, d, t = axes("b c d t")
EXAMPLES = 3 if "-fsanitize" in os.environ.get("HANDFUL_KERNELS_FLAGS", "") else 6
# no shrinking: a program is compiled anew at every step of it
EVERY = {
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "deadline": None,
    "derandomize": True,
}


def as_tuple(found):
    """A kernel's results as a tuple, however many they are."""
    return found if isinstance(found, tuple) else (found,)


def check(case: programs.Case, way: int) -> None:
    """Values and gradients by three meanings, in two precisions, from strided memory."""
    run, arguments = case.kernel, case.arguments
    expected = as_tuple(run.reference(*arguments))
    seeds = [np.cos(np.arange(e.size)).reshape(e.shape) for e in expected]
    slopes = as_tuple(run.grad.reference(*arguments, *seeds))
    moved = [programs.strided(x, way) for x in arguments]
    single = [x.astype(np.float32) if x.dtype == np.float64 else x for x in moved]
    for name in ("torch", "native"):
        with backend(name):
            for found, true in (
                (as_tuple(run(*moved)), expected),
                (as_tuple(run.grad(*moved, *seeds)), slopes),
                (learned(run, moved, seeds), slopes),
            ):
                for x, y in zip(found, true, strict=True):
                    np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-9, err_msg=name)
            for x, y in zip(as_tuple(run(*single)), expected, strict=True):
                assert x.dtype == np.float32
                np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-3 * scale(y), err_msg=name)


def scale(values: np.ndarray) -> float:
    """The largest magnitude, at least 1."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=1))


def learned(run, arguments, seeds):
    """Gradients by autograd: saved arrays, inverted tables, checkpoints."""
    known = [x if all(s >= 0 for s in x.strides) else x.copy() for x in arguments]
    tensors = [torch.from_numpy(x).requires_grad_(x.dtype == np.float64) for x in known]
    out = as_tuple(run(*tensors))
    wanted = [x for x in tensors if x.requires_grad]
    return torch.autograd.grad(out, wanted, [torch.from_numpy(s) for s in seeds])


DRAWN = (
    st.tuples(*[st.sampled_from((0, 1, 2, 3, 5, 7))] * 3),
    st.lists(st.integers(0, 10**6), min_size=3, max_size=14),
    st.integers(0, 2),
)


@settings(max_examples=2 * EXAMPLES, **EVERY)
@given(*DRAWN)
def test_three_meanings_agree_on_gathers_scatters_and_nested_sums(sizes, numbers, way):
    """Tables with duplicates and -1, shifted and mirrored loads, sums that share an axis name."""
    check(programs.gathered(sizes, programs.Choices(numbers)), way)


@settings(max_examples=2 * EXAMPLES, **EVERY)
@given(*DRAWN)
def test_three_meanings_agree_on_messages_along_edges(sizes, numbers, way):
    """Activations and conditions of products of gathered rows, summed or the largest at nodes."""
    check(programs.messages(sizes, programs.Choices(numbers)), way)


@settings(max_examples=2 * EXAMPLES, **EVERY)
@given(*DRAWN)
def test_three_meanings_agree_on_scans(sizes, numbers, way):
    """One to three states, up or down, checkpointed or not, with gathers and earlier inputs."""
    check(programs.scanned(sizes, programs.Choices(numbers)), way)


@settings(max_examples=EXAMPLES, **EVERY)
@given(*DRAWN)
def test_three_meanings_agree_on_affine_windows(sizes, numbers, way):
    """Strides and gaps; the size of the result follows from the window."""
    check(programs.windows(sizes, programs.Choices(numbers)), way)


@settings(max_examples=EXAMPLES, **EVERY)
@given(*DRAWN)
def test_three_meanings_agree_on_the_smallest(sizes, numbers, way):
    """Values, and other arrays at the places found."""
    check(programs.chosen(sizes, programs.Choices(numbers)), way)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.integers(1, 3), st.booleans(), st.sampled_from([0, 1, 5]))
def test_a_scan_is_the_loop_that_it_looks_like(states, reverse, steps):
    """With one to three states, up or down in time, a scan equals a Python loop under autograd."""

    @kernel
    def scanned(x: F[t, b, c], w: F[d, c], s0: F[b, c]) -> F[t, b, c]:
        def step(*state):
            mixed = sum(d, state[-1][b, d] * w[d, c])
            new = tanh(mixed + x[t, b, c])
            rest = [s[b, c] * 0.5 + state[0][b, c] * 0.1 for s in state[:-1]]
            return (new, *rest)

        named = {1: lambda p: step(p), 2: lambda p, q: step(p, q), 3: lambda p, q, z: step(p, q, z)}
        init = tuple(s0[b, c] * (1 + s) for s in range(states))
        return scan(t, named[states], init=init, reverse=reverse)[0]

    torch.manual_seed(steps)
    x = torch.randn(steps, 2, 4, dtype=torch.float64, requires_grad=True)
    w = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    s0 = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    state = [s0 * (1 + s) for s in range(states)]
    out = [s0] * steps
    for now in reversed(range(steps)) if reverse else range(steps):
        new = torch.tanh(state[-1] @ w + x[now])
        state = [new, *[s * 0.5 + state[0] * 0.1 for s in state[:-1]]]
        out[now] = state[0]
    expected = torch.stack(out) if steps else torch.zeros_like(x)
    actual = scanned(x, w, s0)
    torch.testing.assert_close(actual, expected)
    if steps:
        theirs = torch.autograd.grad(expected.sin().sum(), [x, w, s0], retain_graph=True)
        ours = torch.autograd.grad(actual.sin().sum(), [x, w, s0])
        for p, q in zip(theirs, ours, strict=True):
            torch.testing.assert_close(q, p)
