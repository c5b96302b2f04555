"""Claim: the tail after stage 5 trains at 1.3 times PyTorch eager, channels last.

The peer is the same tail with batch norm as layers, PyTorch's own statistics and AdamW as it comes;
ours is what `handful.deep` trains with. In turn, one thread, time of the core: that is steadier
than the clock on a busy machine. `--threads N` takes the clock instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.report import print_conditions
from handful.deep import net
from handful.deep.cut import early_columns, map_shape
from handful.encoders.registry import catalogue
from handful.encoders.weights import read_weights

BATCH, STEPS, ROUNDS = 32, 5, 5
CUT = "stage5"


def plain(x: Tensor) -> Tensor:
    """Mean and deviation with PyTorch's own derivatives."""
    mean = x.mean((2, 3), keepdim=True)
    length = torch.linalg.vector_norm(x - mean, dim=(2, 3))
    return torch.cat([mean.flatten(1), length / (x.shape[2] * x.shape[3]) ** 0.5], 1)


def step_of(tail: net.Tail, *, fused: bool) -> Callable[[], None]:
    """One training step."""
    numbers = len(early_columns(CUT))
    x, early = torch.randn(BATCH, *map_shape(CUT, 224)), torch.randn(BATCH, numbers)
    x, y = x.contiguous(memory_format=torch.channels_last), torch.randint(0, 2, (BATCH,))
    head = nn.Linear(tail(x[:1], early[:1]).shape[1], 2)
    parameters = [*tail.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(
        [one for one in parameters if one.requires_grad], lr=1e-5, fused=fused
    )

    def step() -> None:
        nn.functional.cross_entropy(head(tail(x, early)), y).backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def main() -> None:
    """Time both in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    threads = parser.parse_args().threads
    clock = time.process_time if threads == 1 else time.perf_counter
    torch.set_num_threads(threads)
    print_conditions(f"Training the tail after {CUT}, batches of {BATCH}, {threads} threads")
    path = catalogue()[0].path()
    weights = read_weights(Path(str(path)))
    ours, theirs = (net.Tail(weights, cut=CUT, norm=norm).train() for norm in ("folded", "live"))
    own_statistics, own_suits = net.statistics, net.suits
    ways = {"eager": step_of(theirs, fused=False), "handful": step_of(ours, fused=True)}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS + 1):
        for name, step in ways.items():
            if name == "eager":
                net.statistics, net.suits = plain, lambda *_: False
            start = clock()
            for _ in range(STEPS):
                step()
            if turn:
                rates[name].append(STEPS * BATCH / (clock() - start))
            net.statistics, net.suits = own_statistics, own_suits
    for name, found in rates.items():
        print(f"{name:8} {np.median(found):.1f} pictures/s ({min(found):.1f}–{max(found):.1f})")
    ratios = np.array(rates["handful"]) / np.array(rates["eager"])
    print(f"ratio    {np.median(ratios):.2f} ({ratios.min():.2f}–{ratios.max():.2f}, n = {ROUNDS})")


if __name__ == "__main__":
    main()
