"""Attention with a learned bias against scaled_dot_product_attention with the bias as its mask."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn import functional

from benchmarks.kernels.compare import Case, Peer, randn
from handful.kernels.gallery import attention

HEADS, WIDTH, REACH = 8, 64, 64


def masked(q, k, v, bias):
    """The mask is made at every call, because the bias is learned."""
    n = torch.arange(q.shape[2])
    distance = (n[None] - n[:, None]).clamp(-REACH, REACH) + REACH
    return functional.scaled_dot_product_attention(q, k, v, attn_mask=bias[:, distance])


def cases(small: bool) -> Iterator[Case]:
    """One for each length; the longest forward alone, since the mask alone has 2 GB there."""
    peer = Peer("masked scaled_dot_product_attention", masked, wanted=1.0)
    for length in (32,) if small else (512, 1024, 2048, 4096):
        heads = [(1, HEADS, length, WIDTH)] * 3
        yield Case(
            f"attention N {length}", attention, randn(*heads, (HEADS, 2 * REACH + 1)), [peer]
        )
