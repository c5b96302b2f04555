"""A gated cell that no library has: the gate scales the recurrent term inside the tanh."""

from __future__ import annotations

import torch

from handful.kernels import F, axes, kernel, scan, sigmoid, sum, tanh

b, i, j, k, t = axes("b i j k t")


@kernel
def gated(
    x: F[t, b, i], h0: F[b, k], Wz: F[i, k], Wg: F[i, k], Uz: F[j, k], Ug: F[j, k], bz: F[k]
) -> F[t, b, k]:
    """States h of z = σ(xWz + hUz + bz), g = tanh(xWg + z·hUg), h ← (1 - z)·h + z·g."""

    def step(h):
        z = sigmoid(sum(i, x[t, b, i] * Wz[i, k]) + sum(j, h[b, j] * Uz[j, k]) + bz[k])
        g = tanh(sum(i, x[t, b, i] * Wg[i, k]) + z * sum(j, h[b, j] * Ug[j, k]))
        return (1 - z) * h[b, k] + z * g

    return scan(t, step, init=h0[b, k])


class Gated(torch.nn.Module):
    """`gated` with its weights: (time, batch, width) → all states, (time, batch, hidden)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        shapes = {"Wz": width, "Wg": width, "Uz": hidden, "Ug": hidden}
        for name, rows in shapes.items():
            value = torch.empty(rows, hidden).uniform_(-(hidden**-0.5), hidden**-0.5)
            self.register_parameter(name, torch.nn.Parameter(value))
        self.bz = torch.nn.Parameter(torch.zeros(hidden))

    def forward(self, x: torch.Tensor, h0: torch.Tensor | None = None) -> torch.Tensor:
        h0 = x.new_zeros(x.shape[1], len(self.bz)) if h0 is None else h0
        found: torch.Tensor = gated(x, h0, self.Wz, self.Wg, self.Uz, self.Ug, self.bz)
        return found
