"""Claim: an epoch takes 1.05 of a plain loop's time for convolutions, 1.15 for a small perceptron.

    python -m benchmarks.own_loop [--rounds 15]

The same network, batch size, optimizer, schedule and clipping on both sides; the plain loop checks
nothing, keeps nothing and seeds nothing. Both take turns in one process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.report import print_conditions
from handful.deep.data import Arrays
from handful.deep.loop import train
from handful.deep.run import Training
from handful.deep.schedules import one_cycle

ITEMS, CLASSES, SEED = 2048, 10, 0
EPOCHS = 2


def convolutions() -> tuple[nn.Module, Tensor]:
    """Four layers on pictures of 32 pixels."""
    layers: list[nn.Module] = []
    for before, after, stride in ((3, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 2)):
        layers += [nn.Conv2d(before, after, 3, stride, 1), nn.BatchNorm2d(after), nn.ReLU()]
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, CLASSES))
    return nn.Sequential(*layers, *head), torch.randn(ITEMS // 4, 3, 32, 32)


def perceptron() -> tuple[nn.Module, Tensor]:
    """Two layers on rows of 64 numbers."""
    return (
        nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, CLASSES)),
        torch.randn(ITEMS * 4, 64),
    )


def plain(model: nn.Module, x: Tensor, y: Tensor, training: Training) -> None:
    """A loop as one writes it."""
    decays = [one for one in model.parameters() if one.ndim > 1]
    rest = [one for one in model.parameters() if one.ndim < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decays, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}],
        betas=(0.9, 0.99),
        fused=True,
    )
    steps = -(-len(x) // training.batch_size)
    step, total = 0, EPOCHS * steps
    model.train()
    for _ in range(EPOCHS):
        for items in torch.randperm(len(x)).tensor_split(steps):
            for group in optimizer.param_groups:
                group["lr"] = one_cycle(step, total, training.rate)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x[items]), y[items], label_smoothing=0.1)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            loss.item()
            step += 1


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Medians and spreads of the ratio, for both networks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print_conditions(f"{EPOCHS} epochs against a plain loop, {options.rounds} rounds in turn")
    training = Training(epochs=EPOCHS, batch_size=64)
    for make in (convolutions, perceptron):
        torch.manual_seed(SEED)
        model, x = make()
        y = torch.randint(0, CLASSES, (len(x),))
        data = Arrays(x, targets=y)
        ratios, ours = [], []
        for _ in range(options.rounds + 1):
            ours.append(seconds(lambda m=model, d=data: train(m, d, training)))  # type: ignore[misc]
            ratios.append(ours[-1] / seconds(lambda m=model, x=x, y=y: plain(m, x, y, training)))  # type: ignore[misc]
        low, middle, high = np.percentile(ratios[1:], [25, 50, 75])
        print(
            f"{make.__name__}: {middle:.3f} of a plain loop's time (quartiles {low:.3f} to "
            f"{high:.3f}); ours {1e3 * float(np.median(ours[1:])):.0f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
