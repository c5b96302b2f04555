"""Claim: solar cells, 75/25, five seeds, `--deep`: accuracy 0.90 and AUROC 0.945 in 6 minutes.

    python -m benchmarks.deep [--minutes M] [--seeds 0 1 2 3 4] [--project DIR]

From pictures on disk, the splits of `benchmarks.elpv`. With `--project`, what was computed is kept:
a run that is stopped goes on, and its time is then that of its last piece.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.report import print_conditions
from handful.datasets.solar_cells import solar_cells
from handful.learning.learn import Settings
from handful.project import Project

TEST = 0.25


def main() -> None:
    """One model for each seed, each from nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--project", type=Path)
    options = parser.parse_args()
    print_conditions(f"Solar cells, --deep --minutes {options.minutes:g}")
    rows = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            place = options.project or Path(folder)
            start = time.perf_counter()
            settings = Settings(test=TEST, seed=seed, minutes=options.minutes)
            project = Project(solar_cells(), folder=place, settings=settings)
            model, spent = project.fit(), time.perf_counter() - start
        test, outcome = model.test, project.deep
        assert test is not None
        assert test.auroc is not None
        assert outcome is not None
        rows.append((test.accuracy.value, test.auroc.value, test.log_loss.value, spent))
        print(
            f"seed {seed}: {outcome.shipped}, accuracy {rows[-1][0]:.4f}, AUROC {rows[-1][1]:.4f},"
            f" log-loss {rows[-1][2]:.4f}; estimated {model.estimate.accuracy.value:.4f} and"
            f" {model.estimate.log_loss.value:.4f}; {spent:.0f} s\n  {outcome.why}"
            f"\n  log-loss of the folds {dict(outcome.rounds)}; {'; '.join(outcome.notes)}",
            flush=True,
        )
    mean = np.mean(rows, axis=0)
    print(f"mean: accuracy {mean[0]:.4f}, AUROC {mean[1]:.4f}, log-loss {mean[2]:.4f}")
    print(f"longest: {max(row[3] for row in rows):.0f} s of {60 * options.minutes:.0f}")


if __name__ == "__main__":
    main()
