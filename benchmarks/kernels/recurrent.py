"""GRU and LSTM of the gallery against `torch.nn.GRU` and `torch.nn.LSTM`, with the same weights."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from benchmarks.kernels.cell import sizes
from benchmarks.kernels.compare import Case, Peer, randn
from handful.kernels import gallery

WITHIN = 1 / 1.1


def cases(small: bool) -> Iterator[Case]:
    """One for each module, length, batch and width."""
    for name in ("GRU", "LSTM"):
        for length, batch, hidden in sizes(small):
            torch.manual_seed(0)
            theirs = getattr(torch.nn, name)(hidden, hidden)
            ours = getattr(gallery, name)(hidden, hidden)
            for key, parameter in theirs.named_parameters():
                setattr(ours, key, parameter)
            (x,) = randn((length, batch, hidden))
            yield Case(
                f"{name} T {length} B {batch} H {hidden}",
                lambda x, *_, f=ours: f(x)[0],
                [x, *theirs.parameters()],
                [Peer(f"nn.{name}", lambda x, *_, f=theirs: f(x)[0], wanted=WITHIN)],
            )
