"""Long short-term memory, in the form and with the weights of `torch.nn.LSTM`."""

from __future__ import annotations

import torch

from handful.kernels import F, axes, kernel, scan, sigmoid, sum, tanh
from handful.kernels.gallery.recurrent import Recurrent

b, g, i, j, k, t = axes("b g i j k t")


@kernel
def lstm(
    x: F[t, b, i],
    h0: F[b, k],
    c0: F[b, k],
    W: F[g, k, i],
    U: F[g, k, j],
    bw: F[g, k],
    bu: F[g, k],
) -> (F[t, b, k], F[t, b, k]):
    """States h and c of c ← σ(f)·c + σ(i)·tanh(g), h ← σ(o)·tanh(c); the gates are i, f, g, o.

    Source: Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """

    def step(h, c):
        def gate(q):
            fed = sum(i, W[q, k, i] * x[t, b, i]) + bw[q, k]
            return fed + sum(j, U[q, k, j] * h[b, j]) + bu[q, k]

        c_next = sigmoid(gate(1)) * c[b, k] + sigmoid(gate(0)) * tanh(gate(2))
        return sigmoid(gate(3)) * tanh(c_next), c_next

    return scan(t, step, init=(h0[b, k], c0[b, k]))


class LSTM(Recurrent):
    """`lstm` as a module: (time, batch, width) → all states, and the last h and c.

    One layer, one direction; a state dict of `nn.LSTM` fits.
    """

    num_gates = 4

    def forward(
        self, x: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor] | None = None
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
        h0, c0 = (self.zeros(x), self.zeros(x)) if state is None else state
        h, c = lstm(x, h0[0], c0[0], *self.weights())
        return h, (h[-1:], c[-1:])
