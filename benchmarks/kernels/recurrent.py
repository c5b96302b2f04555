"""GRU and LSTM of the gallery against `torch.nn.GRU` and `torch.nn.LSTM`, with the same weights.

python -m benchmarks.kernels.recurrent [--repeat 7] [--small]
"""

from __future__ import annotations

import torch

from benchmarks.kernels.compare import line, options, randn
from handful.kernels import gallery


def main() -> None:
    """One line for each length, batch and width."""
    chosen = options(__doc__)
    sizes = [(8, 2, 8)] if chosen.small else [
        (t, b, h) for t in (128, 512) for b in (1, 16, 64) for h in (64, 128, 512)
    ]  # fmt: skip
    for name in ("GRU", "LSTM"):
        for length, batch, hidden in sizes:
            torch.manual_seed(0)
            theirs = getattr(torch.nn, name)(hidden, hidden)
            ours = getattr(gallery, name)(hidden, hidden)
            for key, parameter in theirs.named_parameters():
                setattr(ours, key, parameter)
            (x,) = randn((length, batch, hidden))
            arguments = [x, *theirs.parameters()]
            line(
                f"{name} T {length} B {batch} H {hidden}",
                lambda x, *_, f=theirs: f(x)[0],
                lambda x, *_, f=ours: f(x)[0],
                arguments,
                chosen.repeat,
            )


if __name__ == "__main__":
    main()
