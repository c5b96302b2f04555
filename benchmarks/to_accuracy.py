"""Claim: from photographs on disk to fastai's final accuracy in a fortieth of fastai's time.

Three quarters of the solar cells are there to learn from; each row is handful from nothing: some of
them drawn at random, embedded, a head fitted. What it then says of the last quarter is measured
afterwards, outside the time. The last row takes all, as somebody would who does not know when to
stop. The peer is benchmarks/peers/fastai_elpv.py, on the same split; give what it printed:

    python -m benchmarks.to_accuracy [--peer SECONDS --target ACCURACY]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.report import print_conditions
from handful.datasets.solar_cells import solar_cells
from handful.learning.learn import Settings
from handful.project import Project

SIZES = (100, 200, 400, 800)
TEST = 0.25


def main() -> None:
    """Learn from more and more photographs, each time from nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=float, default=1501.0, help="seconds that fastai took")
    parser.add_argument("--target", type=float, default=0.820, help="accuracy that it reached")
    wanted = parser.parse_args()
    print_conditions(f"From disk to an accuracy of {wanted.target:.3f}")
    cells = solar_cells()
    with tempfile.TemporaryDirectory() as folder:
        whole = Project(cells, folder=Path(folder), settings=Settings(test=TEST))
        aside = {item.path for item in whole.held_out}
    learning = [item for item in cells.items if item.path not in aside]
    testing = [item for item in cells.items if item.path in aside]
    order = np.random.default_rng(0).permutation(len(learning))
    for size in (*SIZES, len(learning)):
        drawn = replace(cells, items=tuple(learning[at] for at in sorted(order[:size])))
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            model = Project(drawn, folder=Path(folder)).fit()
            seconds = time.perf_counter() - start
        answers = model.predict([item.source for item in testing])
        right = np.mean([a.label == i.label for a, i in zip(answers, testing, strict=True)])
        print(
            f"{size:>6,} photographs  {seconds:5.1f} s, a {wanted.peer / seconds:.0f}th"
            f"  accuracy {right:.4f}{'  reached' if right >= wanted.target else ''}",
            flush=True,
        )


if __name__ == "__main__":
    main()
