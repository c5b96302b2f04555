"""Attention whose scores get a learned bias for each distance; memory grows with the distances."""

from __future__ import annotations

from typing import Any

import torch

from handful.kernels import F, axes, clip, inf, kernel, size, softmax, sum, where

b, d, e, h, i, j, p = axes("b d e h i j p")


def scores(q: Any, k: Any, bias: Any) -> Any:
    """q·k/√d + bias[j - i], where distances beyond the bias's reach count as its ends."""
    place = clip(j - i + size(p) // 2, 0, size(p) - 1)
    return sum(d, q[b, h, i, d] * k[b, h, j, d]) * size(d) ** -0.5 + bias[h, place]


@kernel
def attention(q: F[b, h, i, d], k: F[b, h, j, d], v: F[b, h, j, e], bias: F[h, p]) -> F[b, h, i, e]:
    """Σⱼ softmaxⱼ(q·k/√d + bias[j - i]) v.

    Source: Vaswani et al., arXiv:1706.03762; a bias for each distance is Raffel et al.,
    arXiv:1910.10683, here without buckets.
    """
    return sum(j, softmax(j, scores(q, k, bias)) * v[b, h, j, e])


@kernel
def causal_attention(
    q: F[b, h, i, d], k: F[b, h, j, d], v: F[b, h, j, e], bias: F[h, p]
) -> F[b, h, i, e]:
    """The same over the past alone: j ≤ i."""
    return sum(j, softmax(j, where(j <= i, scores(q, k, bias), -inf)) * v[b, h, j, e])


class Attention(torch.nn.Module):
    """Self-attention with a bias for each distance up to `reach`: (batch, n, width) → the same."""

    def __init__(self, width: int, heads: int, *, reach: int = 64, causal: bool = False) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.project = torch.nn.Linear(width, 3 * width)
        self.out = torch.nn.Linear(width, width)
        self.bias = torch.nn.Parameter(torch.zeros(heads, 2 * reach + 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = self.project(x).unflatten(2, (3, self.heads, -1))
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # each (batch, heads, n, width of a head)
        run = causal_attention if self.causal else attention
        mixed: torch.Tensor = self.out(run(q, k, v, self.bias).transpose(1, 2).flatten(2))
        return mixed
