"""Random kernels and their arguments: what the grammar of `test_random.py` is made of.

A program is a list of numbers; `Choices` turns each into a choice, so a smaller list is a simpler
program and any list is one. Axes are small, their sizes 0, 1 and primes among others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from handful.kernels import (
    F,
    I,
    Kernel,
    axes,
    erf,
    exp,
    kernel,
    max,
    maximum,
    mean,
    min,
    minimum,
    padded,
    relu,
    scan,
    sigmoid,
    silu,
    size,
    smallest,
    sum,
    tanh,
    where,
)

a, b, c, d, n, o, r, t = axes("a b c d n o r t")
UNARY: list[Callable[[Any], Any]] = [
    tanh, sigmoid, lambda v: v * v, lambda v: exp(-v * v), abs, lambda v: -v, erf,
]  # fmt: skip
BINARY: list[Callable[[Any, Any], Any]] = [
    lambda u, v: u + v,
    lambda u, v: u * v,
    lambda u, v: u - 2 * v,
    maximum,
    minimum,
    lambda u, v: u / (1 + v * v),
]


class Choices:
    """Numbers in order, again and again."""

    def __init__(self, numbers: list[int]) -> None:
        self.numbers, self.place = numbers, 0

    def of(self, many: int) -> int:
        """The next number, below `many`."""
        found = self.numbers[self.place % len(self.numbers)]
        self.place += 1
        return (found + self.place // len(self.numbers)) % many


@dataclass
class Case:
    """A kernel and its arguments in float64."""

    kernel: Kernel
    arguments: list[np.ndarray]


def _terms(pick: Choices, leaves: list[Callable[[], Any]], depth: int, free: Any) -> Any:
    """A term over `free` axes at most; reductions bind b, which stands free around them too."""

    def term(depth: int) -> Any:
        if depth == 0:
            return leaves[pick.of(len(leaves))]()
        choice = pick.of(7)
        if choice < 2:
            return UNARY[pick.of(len(UNARY))](term(depth - 1))
        if choice < 4:
            return BINARY[pick.of(len(BINARY))](term(depth - 1), term(depth - 1))
        if choice == 4:
            inner = term(depth - 1) + 0 * b
            return [sum, mean, max, min][pick.of(2)](b, tanh(inner))
        if choice == 5:
            return where(free >= pick.of(3), term(depth - 1), term(depth - 1))
        return sum(b, (0.3 + 0 * b) * sum(b, term(depth - 1) + 0 * b))  # b within b

    return term(depth)


def gathered(sizes: tuple[int, int, int], pick: Choices) -> Case:
    """x[a,b], y[b,c], a table with duplicates and -1: gathers, scatters, windows, nested sums."""
    na, nb, nc = sizes
    width = 1 + pick.of(3)

    def build(x: Any, y: Any, w: Any, table: Any) -> Any:
        leaves = [
            lambda: x[a, b],
            lambda: y[b, c],
            lambda: where(table[a] >= 0, x[table[a], b], 0.5),
            lambda: sum(b, x[a, b] * y[b, c]),
            lambda: sum(o, w[o] * x[a, b].at(b=b) * y[b, c]),
            lambda: sum(a, x[a, b] * tanh(y[b, c]), to={a: table[a]}),
            lambda: maximum(max(a, x[a, b] + y[b, c], to={a: table[a]}), -2),
            lambda: where((a + 1) < size(a), x[a + 1, b], 0.25),
            lambda: sum(
                o, w[o] * where((b + o >= 1) & (b + o - 1 < size(b)), y[b + o - 1, c], 0)
            ),  # a window that looks past both ends
            lambda: sum(o, padded(w[o] * y[b + o - 1, c] * x[a, b])),
            lambda: sum(o, padded(w[o] * y[1 - b + o, c] * x[a - o // 2, b], 0.5)),
            lambda: sum(b, padded(x[table[a], b - 1] * y[b + 1, c])),
            lambda: x[size(a) - 1 - a, b],
        ]
        inner = _terms(pick, leaves, 1 + pick.of(3), a)
        return sum(b, (0.5 + 0 * b) * inner) + 0 * a + 0 * c

    @kernel
    def random(x: F[a, b], y: F[b, c], w: F[o], table: I[a].into(a)) -> F[a, c]:
        return build(x, y, w, table)

    rng = np.random.default_rng(na + 10 * nb + 100 * nc)
    table = rng.integers(-1, na, na) if na else np.zeros(0, np.int64)
    given = [rng.standard_normal(s) for s in ((na, nb), (nb, nc), (width,))]
    return Case(random, [*given, table])


def messages(sizes: tuple[int, int, int], pick: Choices) -> Case:
    """Messages along edges: activations of products of gathered rows, sent to nodes."""
    nn, ne, nc = (s or 1 for s in sizes)

    @kernel
    def random(
        x: F[n, d], src: I[o].into(n), dst: I[o].into(n), w: F[d, c], g: F[o], u: F[n, c]
    ) -> F[n, c]:
        leaves = [
            lambda: sum(d, x[src[o], d] * w[d, c]),
            lambda: sum(d, (x[src[o], d] - x[dst[o], d]) * w[d, c]),
            lambda: sum(d, g[o] * x[src[o], d] * w[d, c]),
            lambda: g[o] * u[src[o], c],
            lambda: u[dst[o], c] * sum(d, x[src[o], d] * x[dst[o], d]),
            lambda: sum(d, where(g[o] > 0, x[src[o], d], 0) * w[d, c]),
        ]
        activations: list[Callable[[Any], Any]] = [
            relu, silu, tanh, lambda v: v, lambda v: where(g[o] > 0, v, 0),
            lambda v: where(v > u[dst[o], c], v, 0), lambda v: maximum(v, 0.2 * v),
        ]  # fmt: skip

        def term(depth: int) -> Any:
            if depth == 0:
                return leaves[pick.of(len(leaves))]()
            if pick.of(3):
                return activations[pick.of(len(activations))](term(depth - 1))
            return term(depth - 1) * sigmoid(term(depth - 1))

        message = term(1 + pick.of(2))
        reduce = (sum, sum, max)[pick.of(3)]
        sent = reduce(o, message, to={n: dst[o]})
        return maximum(sent, -3) + 0.5 * u[n, c] if reduce is max else sent * u[n, c]

    rng = np.random.default_rng(nn + 10 * ne + 100 * nc)
    x, w, g, u = (rng.standard_normal(s) for s in ((nn, 3), (3, nc), (ne,), (nn, nc)))
    src, dst = rng.integers(nn, size=ne), rng.integers(nn, size=ne)
    return Case(random, [x, src, dst, w, g, u])


def windows(sizes: tuple[int, int, int], pick: Choices) -> Case:
    """y[n, i] of x[n, i·s + o·d]: affine windows whose size follows from the window."""
    rows, taps, more = (n or 1 for n in sizes)
    stride, gap = 1 + pick.of(2), 1 + pick.of(2)
    long = (taps - 1) * gap + more + pick.of(4)

    @kernel
    def random(x: F[n, d], w: F[o, c]) -> F[n, a, c]:
        near = sum(o, tanh(x[n, a * stride + o * gap]) * w[o, c])
        other = [max, min, mean][pick.of(3)](o, x[n, a * stride + o * gap] * w[o, c])
        return near * UNARY[pick.of(len(UNARY))](other)

    rng = np.random.default_rng(long)
    given = [rng.standard_normal(s) for s in ((rows, long), (taps, 3))]
    return Case(random, given)


def chosen(sizes: tuple[int, int, int], pick: Choices) -> Case:
    """Values and derived values at the smallest places of a row."""
    rows, cols = sizes[0], sizes[1] + 1 + 63 * pick.of(2)
    many = 1 + pick.of(7) % cols

    @kernel
    def random(x: F[a, b], y: F[b, c]) -> F[a, r, c]:
        values, places = smallest(b, UNARY[pick.of(len(UNARY))](x[a, b]), r, count=many)
        return values * y[places, c] + UNARY[pick.of(len(UNARY))](values)

    rng = np.random.default_rng(rows + cols)
    given = [rng.standard_normal(s) for s in ((rows, cols), (cols, 2))]
    return Case(random, given)


def scanned(sizes: tuple[int, int, int], pick: Choices) -> Case:
    """One to three states, up or down in time, with or without checkpoints, and terms around.

    Two slices of `v` and `w` make products of the same rows, and a state may hold another's step.
    """
    nt, nb, nc = sizes
    states, reverse, kept = 1 + pick.of(3), pick.of(2) == 1, pick.of(2) == 1

    @kernel
    def random(
        x: F[t, b, c], w: F[d, c], v: F[a, d, c], s0: F[b, c], table: I[t].into(b)
    ) -> (F[t, b, c], F[b, c], F[c]):
        def step(*state: Any) -> Any:
            leaves = [
                lambda: state[0][b, c],
                lambda: state[-1][b, c] * 0.5,
                lambda: x[t, b, c],
                lambda: sum(d, state[0][b, d] * w[d, c]),
                lambda: sum(d, x[t, b, d] * w[d, c]),
                lambda: sum(d, state[0][b, d] * v[0, d, c]) - sum(d, v[1, d, c] * state[0][b, d]),
                lambda: sum(d, x[t, b, d] * v[1, d, c]) * sum(d, x[t, b, d] * v[0, d, c]),
                lambda: sum(b, state[-1][b, c], to={b: (b + 1) % size(b)}),
                lambda: where(table[t] >= 0, state[0][table[t], c], 0.5),
                lambda: where(t > 0, x[t - 1, b, c], s0[b, c]),
            ]
            steps: list[Any] = []
            for _ in state:
                new = tanh(_terms(pick, leaves, 1 + pick.of(2), t)) + 0 * b + 0 * c
                steps.append(new * steps[-1] if steps and pick.of(2) else new)
            return tuple(steps)

        named = {1: lambda p: step(p), 2: lambda p, q: step(p, q), 3: lambda p, q, z: step(p, q, z)}
        inits = [s0[b, c], 0.5 + 0 * b + 0 * c, s0[b, c] * 2, sum(t, x[t, b, c])]
        init = tuple(inits[pick.of(4)] for _ in range(states))
        found = scan(t, named[states], init=init, reverse=reverse, checkpoint=kept)
        end = found[-1].at(t=0 if reverse else size(t) - 1) if nt else s0[b, c]
        return found[0] * 2, end, sum((t, b), found[-1] * x[t, b, c])

    rng = np.random.default_rng(nt + 10 * nb + 100 * nc)
    given = [rng.standard_normal(s) for s in ((nt, nb, nc), (nc, nc), (2, nc, nc), (nb, nc))]
    table = rng.integers(-1, nb, nt) if nb else np.full(nt, -1)
    return Case(random, [*given, table])


def strided(array: np.ndarray, way: int) -> np.ndarray:
    """The same values, in other memory: reversed axes, every second element, an offset."""
    if array.ndim == 0 or not array.size:
        return array
    if way == 0:
        return np.ascontiguousarray(array.T).T
    if way == 1:
        wide = np.full((*array.shape[:-1], 2 * array.shape[-1] + 1), 7, array.dtype)
        wide[..., 1::2] = array
        return wide[..., 1::2]
    return np.ascontiguousarray(array[::-1])[::-1]
