# ruff: noqa: D103  (an example is its own description)
"""The worked examples of the design, with arguments to call them by."""

from __future__ import annotations

import numpy as np

from handful.kernels import (
    F,
    I,
    axes,
    exp,
    gelu,
    inf,
    kernel,
    max,
    mean,
    rsqrt,
    scan,
    sigmoid,
    size,
    smallest,
    sum,
    tanh,
    where,
)

b, c, d, e, h, i, j, k, m, n, o, p, r, t = axes("b c d e h i j k m n o p r t")


@kernel
def linear_gelu(x: F[n, k], w: F[k, m], bias: F[m]) -> F[n, m]:
    return gelu(sum(k, x[n, k] * w[k, m]) + bias[m])


def softmax(a, s):
    q = exp(s - max(a, s))
    return q / sum(a, q)


@kernel
def layernorm(x: F[n, d], g: F[d], bias: F[d]) -> F[n, d]:
    mu = mean(d, x[n, d])
    var = mean(d, (x[n, d] - mu) ** 2)
    return (x[n, d] - mu) * rsqrt(var + 1e-5) * g[d] + bias[d]


@kernel
def cell(
    x: F[t, b, i], h0: F[b, k], Wz: F[i, k], Wg: F[i, k], Uz: F[j, k], Ug: F[j, k], bz: F[k]
) -> F[t, b, k]:
    def step(s):
        z = sigmoid(sum(i, x[t, b, i] * Wz[i, k]) + sum(j, s[b, j] * Uz[j, k]) + bz[k])
        g = tanh(sum(i, x[t, b, i] * Wg[i, k]) + z * sum(j, s[b, j] * Ug[j, k]))
        return (1 - z) * s[b, k] + z * g

    return scan(t, step, init=h0[b, k])


@kernel
def two_states(x: F[t, b], u: F[b], v: F[b]) -> (F[t, b], F[b]):
    def step(p_, q_):
        return tanh(p_[b] + x[t, b] * q_[b]), 0.5 * q_[b] + p_[b] * x[t, b]

    first, second = scan(t, step, init=(u[b], v[b]), reverse=True)
    return first, second.at(t=0)


@kernel
def subm_conv(x: F[m, c], nbr: I[n, o].into(m), w: F[o, c, e], bias: F[e]) -> F[n, e]:
    return bias[e] + sum((o, c), where(nbr[n, o] >= 0, x[nbr[n, o], c], 0) * w[o, c, e])


@kernel
def attention(q: F[b, h, i, d], key: F[b, h, j, d], v: F[b, h, j, e], slope: F[h]) -> F[b, h, i, e]:
    s = sum(d, q[b, h, i, d] * key[b, h, j, d]) * size(d) ** -0.5
    s = where(j <= i, s - slope[h] * (i - j), -inf)
    return sum(j, softmax(j, s) * v[b, h, j, e])


@kernel
def knn(x: F[i, d], y: F[j, d]) -> (F[i, r], I[i, r].into(j)):
    return smallest(j, sum(d, (x[i, d] - y[j, d]) ** 2), r, count=3)


@kernel
def gaussian(x: F[i, d], y: F[j, d], f: F[j, e]) -> F[i, e]:
    return sum(j, exp(-0.5 * sum(d, (x[i, d] - y[j, d]) ** 2)) * f[j, e])


@kernel
def segment_sum(msg: F[p, c], dst: I[p].into(n)) -> F[n, c]:
    return sum(p, msg[p, c], to={n: dst[p]})


@kernel
def segment_max(msg: F[p, c], dst: I[p].into(n)) -> F[n, c]:
    return max(p, msg[p, c], to={n: dst[p]})


@kernel
def window(x: F[n, j], w: F[o]) -> F[n, i]:
    return sum(o, x[n, i + o] * w[o])


def sample(seed: int = 0) -> dict[str, tuple]:
    """name → (kernel, arguments, sizes); small float64 arrays."""
    rng = np.random.default_rng(seed)
    R = rng.standard_normal
    return {
        "linear_gelu": (linear_gelu, (R((5, 4)), R((4, 3)), R(3)), {}),
        "layernorm": (layernorm, (R((5, 7)), R(7), R(7)), {}),
        "cell": (
            cell,
            (R((5, 3, 4)), R((3, 6)), R((4, 6)), R((4, 6)), R((6, 6)), R((6, 6)), R(6)),
            {},
        ),
        "two_states": (two_states, (R((4, 3)), R(3), R(3)), {}),
        "subm_conv": (subm_conv, (R((7, 3)), rng.integers(-1, 7, (6, 5)), R((5, 3, 4)), R(4)), {}),
        "attention": (
            attention,
            (R((2, 2, 5, 8)), R((2, 2, 5, 8)), R((2, 2, 5, 4)), R(2)),
            {},
        ),
        "knn": (knn, (R((6, 2)), R((7, 2))), {}),
        "gaussian": (gaussian, (R((6, 3)), R((7, 3)), R((7, 2))), {}),
        "segment_sum": (segment_sum, (R((9, 3)), rng.integers(-1, 4, 9)), {"n": 4}),
        "segment_max": (segment_max, (R((9, 3)), np.array([2, 0, 0, 3, -1, 1, 3, 0, 2])), {"n": 4}),
        "window": (window, (R((2, 9)), R(3)), {}),
    }
