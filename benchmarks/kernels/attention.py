"""Attention with a learned bias against scaled_dot_product_attention with the bias as its mask.

python -m benchmarks.kernels.attention [--repeat 7] [--small]
"""

from __future__ import annotations

import torch
from torch.nn import functional

from benchmarks.kernels.compare import line, options, randn
from handful.kernels.gallery import attention

HEADS, WIDTH, REACH = 8, 64, 64


def peer(q, k, v, bias):
    """The mask is made at every call, because the bias is learned."""
    n = torch.arange(q.shape[2])
    distance = (n[None] - n[:, None]).clamp(-REACH, REACH) + REACH
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=bias[:, distance])


def main() -> None:
    """One line for each length; the largest forward alone."""
    chosen = options(__doc__)
    for length in (32,) if chosen.small else (512, 1024, 2048, 4096, 8192):
        heads = [(1, HEADS, length, WIDTH)] * 3
        arguments = randn(*heads, (HEADS, 2 * REACH + 1))
        backward = length <= 4096
        line(f"attention N {length}", peer, attention, arguments, chosen.repeat, backward=backward)


if __name__ == "__main__":
    main()
