"""Random programs: interpreter, torch operations and native code agree, value and derivative."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handful.kernels import F, I, axes, exp, kernel, maximum, mean, scan, sigmoid, sum, tanh
from handful.kernels import where as where_
from handful.kernels.execute import backend

a, b, c, d, e, t = axes("a b c d e t")
UNARY = [tanh, sigmoid, lambda v: v * v, lambda v: exp(-v * v), abs, lambda v: -v]
BINARY = [
    lambda u, v: u + v,
    lambda u, v: u * v,
    lambda u, v: u - 2 * v,
    maximum,
    lambda u, v: u / (1 + v * v),
    lambda u, v: where_(a >= 1, u, v),
]


@st.composite
def programs(draw):
    """A function of x[a,b], y[b,c], table[a] → result over (a, c), built from random terms."""
    shape = draw(
        st.sampled_from([(1, 1, 1), (3, 4, 5), (2, 7, 3), (5, 1, 2), (0, 3, 2), (3, 0, 2)])
    )
    plan = draw(st.lists(st.integers(0, 10**6), min_size=12, max_size=12))

    def build(x, y, table):
        step = iter(plan * 4)

        def leaf():
            choice = next(step) % 5
            if choice == 0:
                return x[a, b]
            if choice == 1:
                return y[b, c]
            if choice == 2:
                return where_(table[a] >= 0, x[table[a], b], 0.5)
            if choice == 3:
                return sum(b, x[a, b] * y[b, c])  # b is bound here, and free around it
            return x[a, b].at(a=a) * 0.5

        def term(depth):
            if depth == 0:
                return leaf()
            choice = next(step) % 6
            if choice < 2:
                return UNARY[next(step) % len(UNARY)](term(depth - 1))
            if choice < 4:
                return BINARY[next(step) % len(BINARY)](term(depth - 1), term(depth - 1))
            if choice == 4:
                return [sum, mean][next(step) % 2](b, x[a, b] * 0.3 + 0 * b + term(depth - 1))
            return sum(a, (x[a, b] + 0 * a) * term(depth - 1), to={a: table[a]})

        inner = term(3)
        return sum(b, (0.5 + 0 * b) * inner * x[a, b]) + 0 * a

    return shape, build


def arguments(shape):
    """Seeded arrays; the table has duplicates and -1."""
    rng = np.random.default_rng(sum_of(shape))
    na, nb, nc = shape
    x, y = rng.standard_normal((na, nb)), rng.standard_normal((nb, nc))
    return x, y, rng.integers(-1, na, na) if na else np.zeros(0, np.int64)


def sum_of(shape):
    """Python's own sum, which the kernel language hides here."""
    return int(np.sum(shape))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(programs())
def test_three_meanings_agree_on_random_programs(program):
    """Value and gradient are the same by interpreter, torch operations and native code."""
    shape, build = program

    @kernel
    def random(x: F[a, b], y: F[b, c], table: I[a].into(a)) -> F[a, c]:
        return build(x, y, table)

    given = arguments(shape)
    expected = random.reference(*given)
    seed = np.cos(np.arange(expected.size)).reshape(expected.shape)
    slopes = random.grad.reference(*given, seed)
    for name in ("torch", "native"):
        with backend(name):
            np.testing.assert_allclose(random(*given), expected, rtol=1e-9, atol=1e-11)
            for s, g in zip(slopes, random.grad(*given, seed), strict=True):
                np.testing.assert_allclose(g, s, rtol=1e-8, atol=1e-10)


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
