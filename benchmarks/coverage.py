"""Claim: the 95 % interval of the leave-group-out estimate covers the truth at least 94 % of runs.

Each run draws n items at random, gives only these labels to handful, and asks how well the shipped
head does. The truth is then looked up: its accuracy on all the items that were not drawn (of the
classes that were; ten groups of digits seldom hold all ten). Three
worlds for each set of data: items that stand alone; every item there as two near copies; groups of
similar items (about five) that are drawn whole and never parted. The plain Wilson interval, which
takes left-out outcomes for independent trials and no settings for chosen on them, stands beside.

`python -m benchmarks.coverage [RUNS [VECTORS.npz]]`  (300 runs; the demo's photographs)
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

import numpy as np

from benchmarks.report import print_conditions
from benchmarks.vectors import Vectors, digits, solar_cell_vectors
from handful.estimate.estimate import estimate
from handful.heads.binomial import normal_quantile, wilson
from handful.heads.fit import fit

SIZES = (50, 200)
COPY_NOISE = 0.05  # of a column's deviation


class World(NamedTuple):
    """A population: vectors, labels, and the unit of each item."""

    name: str
    vectors: Vectors
    units: np.ndarray


class Run(NamedTuple):
    """One draw: what was said and what was so."""

    value: float
    truth: float
    low: float
    high: float
    plain_low: float
    plain_high: float
    log_loss_gap: float


def worlds(vectors: Vectors, seed: int = 0) -> list[World]:
    """The three populations made of one set of data."""
    rng = np.random.default_rng(seed)
    n = len(vectors.X)
    noise = rng.standard_normal(vectors.X.shape, dtype=np.float32) * vectors.X.std(axis=0)
    copies = Vectors(
        vectors.name,
        np.concatenate([vectors.X, vectors.X + COPY_NOISE * noise]),
        np.concatenate([vectors.labels, vectors.labels]),
        vectors.blocks,
    )
    middles = vectors.X[rng.permutation(n)[: n // 5]]
    distance = (middles**2).sum(axis=1) - 2 * vectors.X @ middles.T
    return [
        World("alone", vectors, np.arange(n)),
        World("in two copies", copies, np.tile(np.arange(n), 2)),
        World("in groups", vectors, distance.argmin(axis=1)),
    ]


def one_run(world: World, n: int, seed: int) -> Run | None:
    """Draw, fit, estimate, look up; None when fewer than two classes were drawn."""
    rng = np.random.default_rng(seed)
    names, where, sizes = np.unique(world.units, return_inverse=True, return_counts=True)
    order = rng.permutation(len(names))
    last = int(np.searchsorted(np.cumsum(sizes[order]), n))
    drawn = np.isin(where, order[: last + 1])
    X, labels = world.vectors.X, world.vectors.labels
    if len(set(labels[drawn])) < 2:
        return None
    units = world.units[drawn]
    head = fit(X[drawn], labels[drawn].tolist(), units=units, blocks=world.vectors.blocks)
    classes = np.array(head.head.classes)
    y = np.searchsorted(classes, labels[drawn])
    said = estimate(head.probabilities, y, head.head.classes, units=units)
    rest = head.head.probabilities(X[~drawn])
    truly = np.searchsorted(classes, labels[~drawn]).clip(max=len(classes) - 1)
    known = classes[truly] == labels[~drawn]  # of a class never drawn nothing can be said
    truth = (rest.argmax(axis=1) == truly)[known].mean()
    given = rest[np.arange(len(rest)), truly][known]
    plain = wilson(said.accuracy.value, len(y), quantile=normal_quantile(0.95))
    gap = said.log_loss.value + np.log(np.maximum(given, 1e-7)).mean()
    return Run(said.accuracy.value, truth, said.accuracy.low, said.accuracy.high, *plain, gap)


def report(world: World, n: int, runs: int) -> bool:
    """Print one line; whether the claim held."""
    done = [run for seed in range(runs) if (run := one_run(world, n, seed)) is not None]
    value, truth, low, high, plain_low, plain_high, gap = np.array(done).T
    covered = (low <= truth) & (truth <= high)
    plain = ((plain_low <= truth) & (truth <= plain_high)).mean()
    error = np.sqrt(covered.mean() * (1 - covered.mean()) / len(done))
    print(
        f"{world.vectors.name:12} {world.name:14} n = {n:<4}"
        f" covered {covered.mean():.3f} ± {error:.3f}"
        f"  flattered {(truth < low).mean():.3f}  plain Wilson {plain:.3f}"
        f"  width {np.mean(high - low):.3f}  said − true {np.mean(value - truth):+.3f}"
        f"  log-loss said − true {gap.mean():+.3f}  runs {len(done)}",
        flush=True,
    )
    return bool(covered.mean() >= 0.94)


def main(runs: int = 300, path: str = "") -> int:
    """Every world at every size; 1 if the claim failed anywhere."""
    print_conditions(f"Coverage of the 95 % interval of accuracy, {runs} runs each")
    start = time.perf_counter()
    held = [
        report(world, n, runs)
        for vectors in (solar_cell_vectors(path), digits())
        for world in worlds(vectors)
        for n in SIZES
    ]
    print(f"{sum(held)} of {len(held)} at 0.94 or more; {time.perf_counter() - start:.0f} s")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, *sys.argv[2:3]))
