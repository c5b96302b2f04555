"""Claim: the interval of the blocked estimate covers the accuracy on new series in 95 % of runs.

Simulated series with a shift of their own, half of them mostly of one class: what identifies the
series tells the label, and only of series that were learned. The truth is looked up on 200 new
series. "flattered" are the runs whose truth lies below the interval. Beside it stand how often the
blocked figure leads, also where there is nothing to find, and the plain estimate's coverage.

`python -m benchmarks.series [RUNS]`  (100 runs of each world)
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.report import print_conditions
from handful.estimate.estimate import estimate
from tests.estimate.series import Source, compared

WORLDS = (
    ("items in no order", {"own": 0.0, "labels": True}, 20, 12),
    ("a drift that does no harm", {"own": 2.0, "labels": False}, 20, 12),
    ("20 series of 12", {"own": 6.0, "labels": True}, 20, 12),
    ("40 series of 12", {"own": 6.0, "labels": True}, 40, 12),
    ("60 series of 9", {"own": 4.0, "labels": True}, 60, 9),
    ("30 series of 25", {"own": 4.0, "labels": True}, 30, 25),
)


def main(runs: int = 100) -> None:
    """Every world."""
    print_conditions(f"Blocked estimates on simulated series, {runs} runs each")
    for name, how, series, each in WORLDS:
        led, blocked, plain = 0, [], []
        for seed in range(runs):
            source = Source(**how, seed=seed)
            X, y = source.draw(series, each)
            head, found = compared(X, y)
            others, truth = source.draw(200, 10)
            true = float((head.head.probabilities(others).argmax(axis=1) == truth).mean())
            said = estimate(head.probabilities, y, head.head.classes).accuracy
            plain.append((said.low, said.high, said.value, true))
            if found is not None and found.leads:
                led += 1
                figure = found.estimate.accuracy
                blocked.append((figure.low, figure.high, figure.value, true))
        print(f"{name:28} leads {led / runs:.2f}  {_told('plain', plain)}", flush=True)
        if blocked:
            print(f"{'':28} {_told('blocked', blocked)}", flush=True)


def _told(name: str, rows: list[tuple[float, float, float, float]]) -> str:
    low, high, value, true = np.array(rows).T
    covered = (low <= true) & (true <= high)
    return (
        f"{name}: covered {covered.mean():.3f}, flattered {(true < low).mean():.3f},"
        f" said − true {np.mean(value - true):+.3f}, n = {len(rows)}"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
