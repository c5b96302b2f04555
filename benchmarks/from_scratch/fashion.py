"""Claim: Fashion-MNIST from scratch on two cores: 93 % in 5 minutes, 94 % in 12.

    python -m benchmarks.from_scratch.fashion [--recipe five|twelve] [--seed N]
        [--without STEP …] [--with STEP …]

A run keeps a checkpoint (`--keep FILE`) and goes on from it, so that it can be had in pieces; what
counts is the time of its steps, from the history, without the measuring between them. `--without`
leaves a step of the recipe out: that is its ablation. `--with` adds one that it does without.
bfloat16 is left out by itself where the processor does not multiply it: compare with a run on the
same one.

The pictures are Debian's `dataset-fashion-mnist`, or the IDX files at `--data DIR`.
"""

from __future__ import annotations

import argparse
import gzip
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.report import print_conditions
from handful.deep.batch import Batch
from handful.deep.device import Place, bfloat16_pays
from handful.deep.groups import groups
from handful.deep.hooks import Moment
from handful.deep.loop import train
from handful.deep.run import Run, Training
from handful.deep.schedules import triangle

DATA = Path("/usr/share/datasets/fashion-mnist")
MEAN, DEVIATION = 72.94, 90.02  # of the training pixels
PADDING = 2
WIDTHS = (32, 64, 128)
SHIFTS = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))  # where a window begins in a margin of one pixel


@dataclass(frozen=True)
class Recipe:
    """All that an ablation may leave out.

    Args:
        fine: residual blocks see a map before it is halved, at four times their work.
        sides: of the pictures in the first epochs; then 28.
        flip, shift: at random.
        average: decay of the running average of weights.
        precision: of convolutions.
        views: when measuring, what is said of mirrored and of shifted pictures is averaged in.
    """

    epochs: int
    fine: bool
    sides: tuple[int, ...]
    rate: float = 0.1
    batch_size: int = 128
    smoothing: float = 0.1
    flip: bool = True
    shift: bool = True
    average: float = 0.98
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    views: bool = True


RECIPES = {
    "five": Recipe(13, False, (20,) * 4 + (24,) * 3, smoothing=0.0, shift=False),
    "twelve": Recipe(20, True, (20,) * 6 + (24,) * 5),
}
WITHOUT: dict[str, dict[str, object]] = {
    "progressive sizes": {"sides": (28,)},
    "flips": {"flip": False},
    "shifts": {"shift": False},
    "smoothing": {"smoothing": 0.0},
    "averaging": {"average": 0.0},
    "bfloat16": {"precision": "float32"},
    "ten views": {"views": False},
}
WITH: dict[str, dict[str, object]] = {"shifts": {"shift": True}, "smoothing": {"smoothing": 0.1}}


class Residual(nn.Module):
    """Two convolutions beside a straight way."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(convolution(width, width), convolution(width, width))

    def forward(self, x: Tensor) -> Tensor:
        """The map after it."""
        result: Tensor = x + self.layers(x)
        return result


class Quiet(nn.Module):
    """Logits an eighth as loud: without it the rate that learns fast diverges (docs/log.md)."""

    def forward(self, x: Tensor) -> Tensor:
        """The same, smaller."""
        return x / 8


def convolution(before: int, after: int) -> nn.Sequential:
    """3 × 3, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False),
        nn.BatchNorm2d(after, momentum=0.1),
        nn.ReLU(inplace=True),
    )


def level(before: int, after: int, fine: bool) -> list[nn.Module]:
    """A wider, halved map, and a residual block on one side of the halving."""
    halve, block = nn.MaxPool2d(2), Residual(after)
    return [convolution(before, after), *([block, halve] if fine else [halve, block])]


def network(fine: bool) -> nn.Sequential:
    """Nine layers, after Page's (2018), which were made for a DAWNBench entry on CIFAR-10."""
    one, two, three = WIDTHS
    model = nn.Sequential(
        nn.Conv2d(1, one, 4, stride=2, padding=1, bias=False),  # at 28 pixels, half of all time
        nn.BatchNorm2d(one, momentum=0.1),
        nn.ReLU(inplace=True),
        *level(one, two, fine),
        *level(two, three, fine),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Linear(three, 10, bias=False),
        Quiet(),
    )
    return model.to(memory_format=torch.channels_last)


class Pictures:
    """The training set, changed at random; `side` is set at the start of each epoch."""

    def __init__(self, pixels: np.ndarray, labels: np.ndarray, recipe: Recipe) -> None:
        around = ((0, 0), (PADDING, PADDING), (PADDING, PADDING))
        self.padded = np.pad(normal(pixels), around, constant_values=-MEAN / DEVIATION)
        self.targets = np.eye(10, dtype=np.float32)[labels]
        self.recipe, self.side = recipe, recipe.sides[0]

    def __len__(self) -> int:
        return len(self.padded)

    def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
        """These pictures, shifted by at most two pixels, half of them mirrored, shrunk."""
        windows = np.lib.stride_tricks.sliding_window_view(self.padded, (28, 28), axis=(1, 2))
        at = np.full((2, len(items)), PADDING)
        if self.recipe.shift:
            at = random.integers(0, 2 * PADDING + 1, (2, len(items)))
        x = windows[items, at[0], at[1]]
        if self.recipe.flip:
            turned = random.random(len(items)) < 0.5
            x[turned] = x[turned, :, ::-1]
        return Batch((shrunk(torch.from_numpy(x)[:, None], self.side),), self._targets(items))

    def _targets(self, items: np.ndarray) -> Tensor:
        return torch.from_numpy(self.targets[items])


def normal(pixels: np.ndarray) -> np.ndarray:
    """Mean 0, deviation 1."""
    return ((pixels.astype(np.float32) - MEAN) / DEVIATION).astype(np.float32)


def views(pixels: np.ndarray) -> list[Tensor]:
    """Pictures (n, 1, 28, 28): as they are, shifted by a pixel four ways, and all that mirrored."""
    padded = F.pad(torch.from_numpy(normal(pixels))[:, None], (1, 1, 1, 1), value=-MEAN / DEVIATION)
    shifted = [padded[:, :, row : row + 28, column : column + 28] for row, column in SHIFTS]
    return [*shifted, *(one.flip(3) for one in shifted)]


def shrunk(x: Tensor, side: int) -> Tensor:
    """Squeezed to `side` pixels, as two products: a thirtieth of what `interpolate` takes."""
    if x.shape[-1] == side:
        return x
    across = shrinking(x.shape[-1], side)
    return across @ x @ across.T


@cache
def shrinking(before: int, after: int) -> Tensor:
    """The matrix (after, before) that squeezes a column, without aliasing."""
    columns = torch.eye(before)[:, None]
    wide = columns[:, :, :, None].expand(-1, -1, -1, after).contiguous()
    small = F.interpolate(wide, size=(after, after), mode="bilinear", antialias=True)
    return small[:, 0, :, 0].T.contiguous()


def read(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (n, 28, 28) and labels (n,) of an IDX pair, gzipped or not."""

    def bytes_of(name: str) -> bytes:
        packed = folder / f"{name}.gz"
        return (
            gzip.decompress(packed.read_bytes())
            if packed.exists()
            else (folder / name).read_bytes()
        )

    labels = np.frombuffer(bytes_of(f"{part}-labels-idx1-ubyte"), np.uint8, offset=8)
    pixels = np.frombuffer(bytes_of(f"{part}-images-idx3-ubyte"), np.uint8, offset=16)
    return pixels.reshape(-1, 28, 28), labels


def main() -> None:
    """Train by a recipe and print the time to each accuracy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", choices=RECIPES, default="five")
    parser.add_argument("--without", choices=WITHOUT, action="append", default=[])
    parser.add_argument("--with", choices=WITH, action="append", default=[], dest="added")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    recipe = RECIPES[options.recipe]
    for step in [*options.without, *([] if bfloat16_pays() else ["bfloat16"])]:
        recipe = replace(recipe, **WITHOUT[step])  # type: ignore[arg-type]
    for step in options.added:
        recipe = replace(recipe, **WITH[step])  # type: ignore[arg-type]
    print_conditions(f"Fashion-MNIST from scratch, {recipe}, seed {options.seed}")
    data = Pictures(*read(options.data, "train"), recipe)
    pixels, labels = read(options.data, "t10k")
    asked = views(pixels) if recipe.views else views(pixels)[:1]
    place = Place(torch.device("cpu"), getattr(torch, recipe.precision))
    torch.manual_seed(options.seed)
    model = network(recipe.fine)

    def validate(model: nn.Module) -> dict[str, float]:
        looked_at = asked if data.side == 28 else asked[:1]  # early, one view tells enough
        with torch.inference_mode(), place.autocast():
            said = [torch.cat([model(x).float() for x in one.split(500)]) for one in looked_at]
        answers = torch.stack(said).sum(0).argmax(1).numpy()
        return {"accuracy": float((answers == labels).mean())}

    def tell(moment: Moment, run: Run) -> None:
        if moment == "epoch":
            data.side = recipe.sides[run.epoch] if run.epoch < len(recipe.sides) else 28
        elif moment == "epoch_end":
            row, spent = run.history[-1], sum(run.history.column("seconds"))
            print(
                f"epoch {row['epoch'] + 1}: {spent:.0f} s of steps (waiting for data "
                f"{sum(run.history.column('wait_s')) / spent:.1%}), loss {row['loss']:.3f}, "
                f"test accuracy {row['valid_accuracy']:.4f}",
                flush=True,
            )

    training = Training(
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        rate=recipe.rate,
        schedule=triangle,
        optimizer="sgd",
        label_smoothing=recipe.smoothing,
        average=recipe.average,
        precision=recipe.precision,
        clip=None,
        seed=options.seed,
    )
    start, cpu = time.perf_counter(), time.process_time()
    run = train(
        model,
        data,
        training,
        parameters=groups(model, weight_decay=5e-4),
        validate=validate,
        hooks=[tell],
        checkpoint=options.keep,
        every_steps=100,
        place=place,
    )
    spent_s, cores_s = time.perf_counter() - start, time.process_time() - cpu
    print(f"this piece: {spent_s:.0f} s, {cores_s:.0f} s of all cores together")
    for wanted in (0.92, 0.93, 0.94):
        good = np.array(run.history.column("valid_accuracy")) >= wanted
        reached = np.cumsum(run.history.column("seconds"))[good].tolist()
        print(f"{wanted:.0%}: {f'{reached[0]:.0f} s' if reached else 'not reached'}")


if __name__ == "__main__":
    main()
