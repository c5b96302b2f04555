"""Claim: over ten data sets, what `--deep` ships has on average no more log-loss than frozen.

    python -m benchmarks.never_worse [--minutes M] [--seed N] [--only NAME ...]

A quarter of each set, drawn by the seed, is kept aside; both models learn from the rest and answer
for the quarter.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.report import print_conditions
from benchmarks.simulation.sets import as_png, fashion_pictures
from handful.datasets.solar_cells import solar_cells
from handful.items.item import Collection, Item
from handful.learning.learn import Settings
from handful.project import Project

TEST = 0.25
UPPER_BODY, SHOES = (0, 2, 4, 6), (5, 7, 9)


def cells(chosen: Callable[[Item, str, str], str | None]) -> Callable[[Path], Collection]:
    """The solar cells, labelled as `chosen` says of (item, probability, type); None: left out."""

    def found(_: Path) -> Collection:
        whole = solar_cells()
        rows = (whole.root / "labels.csv").read_text(encoding="utf-8").splitlines()
        facts = {path: (chance, kind) for path, chance, kind in map(str.split, rows)}
        items = [replace(item, label=chosen(item, *facts[item.path])) for item in whole]
        return replace(whole, items=tuple(item for item in items if item.label is not None))

    return found


def few(number: int) -> Callable[[Path], Collection]:
    """That many of the solar cells, drawn at random."""

    def found(_: Path) -> Collection:
        whole = solar_cells()
        places = np.random.default_rng(0).permutation(len(whole))[:number]
        return replace(whole, items=tuple(whole.items[place] for place in sorted(places)))

    return found


def fashion(number: int, classes: Iterable[int] = range(10)) -> Callable[[Path], Collection]:
    """That many pictures of Fashion-MNIST, of some classes."""

    def found(folder: Path) -> Collection:
        pictures, labels = fashion_pictures()
        places = np.flatnonzero(np.isin(labels, list(classes)))
        places = np.random.default_rng(0).permutation(places)[:number]
        return written(folder, pictures[places], labels[places])

    return found


def digits(folder: Path) -> Collection:
    """scikit-learn's 1,797 digits of 8 x 8 pixels."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return written(folder, (data.images * 15.9375).astype(np.uint8), data.target)


def written(folder: Path, pictures: np.ndarray, labels: np.ndarray) -> Collection:
    """The pictures as files, sorted by path."""
    items = []
    for number, (content, label) in enumerate(zip(as_png(pictures), labels, strict=True)):
        place = folder / f"{number:05}.png"
        place.write_bytes(content)
        items.append(Item(path=place.name, source=place, label=f"class {label}"))
    return Collection(root=folder, items=tuple(items))


SETS: dict[str, Callable[[Path], Collection]] = {
    "solar cells": lambda _: solar_cells(),
    "solar cells, 400": few(400),
    "monocrystalline cells": cells(lambda i, _, kind: i.label if kind == "mono" else None),
    "polycrystalline cells": cells(lambda i, _, kind: i.label if kind == "poly" else None),
    "solar cells, mono or poly": cells(lambda _, __, kind: kind),
    "solar cells, four degrees": cells(lambda _, chance, __: chance),
    "digits": digits,
    "Fashion-MNIST, 2,000": fashion(2_000),
    "Fashion-MNIST, 1,500 of the upper body": fashion(1_500, UPPER_BODY),
    "Fashion-MNIST, 1,000 shoes": fashion(1_000, SHOES),
}


def main() -> None:
    """A line for each set, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=list(SETS))
    options = parser.parse_args()
    conditions = f"--deep --minutes {options.minutes:g}, seed {options.seed}"
    print_conditions(f"What is shipped against frozen, {conditions}")
    print("| data | classes | tested on | log-loss: frozen | shipped | which | accuracy | … |")
    print("| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: |")
    rows = []
    for name in options.only or SETS:
        with tempfile.TemporaryDirectory() as pictures, tempfile.TemporaryDirectory() as folder:
            data = SETS[name](Path(pictures))
            settings = Settings(test=TEST, seed=options.seed, minutes=options.minutes)
            project = Project(data, folder=Path(folder), settings=settings)
            shipped = project.fit().test
            settings = replace(settings, minutes=None)
            frozen = Project(data, folder=Path(folder), settings=settings).fit().test
        assert frozen is not None
        assert shipped is not None
        assert project.deep is not None
        rows.append((frozen.log_loss.value, shipped.log_loss.value))
        print(
            f"| {name} | {len({item.label for item in data})} | {shipped.n} | {rows[-1][0]:.4f} |"
            f" {rows[-1][1]:.4f} | {project.deep.shipped} | {frozen.accuracy.value:.4f} |"
            f" {shipped.accuracy.value:.4f} |",
            flush=True,
        )
    frozen_mean, shipped_mean = np.mean(rows, axis=0)
    print(f"\nmean log-loss: frozen {frozen_mean:.4f}, shipped {shipped_mean:.4f}")


if __name__ == "__main__":
    main()
