"""The gated recurrent unit, in the form and with the weights of `torch.nn.GRU`."""

from __future__ import annotations

import torch

from handful.kernels import F, axes, kernel, scan, sigmoid, sum, tanh
from handful.kernels.gallery.recurrent import Recurrent

b, g, i, j, k, t = axes("b g i j k t")


@kernel
def gru(
    x: F[t, b, i], h0: F[b, k], W: F[g, k, i], U: F[g, k, j], bw: F[g, k], bu: F[g, k]
) -> F[t, b, k]:
    """States h of r, z = σ(Wx + Uh), n = tanh(Wx + r·Uh), h ← (1 - z)·n + z·h; g is r, z, n.

    Source: Cho et al., arXiv:1406.1078; r inside the product's bracket, as cuDNN and torch have it.
    """

    def step(h):
        def gate(q, r=1):
            fed = sum(i, W[q, k, i] * x[t, b, i]) + bw[q, k]
            return fed + r * (sum(j, U[q, k, j] * h[b, j]) + bu[q, k])

        r, z = sigmoid(gate(0)), sigmoid(gate(1))
        return (1 - z) * tanh(gate(2, r)) + z * h[b, k]

    return scan(t, step, init=h0[b, k])


class GRU(Recurrent):
    """`gru` as a module: (time, batch, width) → all states and the last, as `nn.GRU` gives them.

    One layer, one direction; a state dict of `nn.GRU` fits.
    """

    num_gates = 3

    def forward(
        self, x: torch.Tensor, h0: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        h0 = self.zeros(x) if h0 is None else h0
        out: torch.Tensor = gru(x, h0[0], *self.weights())
        return out, out[-1:]
