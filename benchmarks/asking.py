"""Claim: after a label, fit and next question take 100 ms with 10,000 items, 300 ms with 100,000.

Vectors of 2,560 numbers, ten classes, at the 95th percentile over sessions that grow from 20 to 200
labels. Counted is what lies between a label on the disk and the next questions: reading the labels,
the head that steers, probabilities of all items, and the query. With `--whole` the shipped head and
the meter are in it, too, for which no question waits.

    python -m benchmarks.asking [--sizes 10000,100000] [--labels 200] [--sessions 3] [--whole]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.report import print_conditions
from handful.active.feature_snapshot import DIRECTIONS, WHOLE_BYTES, Known
from handful.active.session import Session
from handful.active.session_model import steer
from handful.encoders.encoder import Block
from handful.items.item import Item
from handful.labels.ledger import Ledger
from handful.queries.space import steering

D, CLASSES, STEP = 2_560, 10, 5
STAGES = 10  # of the whole vectors: the search for settings tries how to weigh them


def main() -> None:
    """One session for each size, timed label by label."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--labels", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="measure with the meter")
    options = parser.parse_args()
    print_conditions(f"fit and query, {D:,} numbers, up to {options.labels} labels")
    for size in map(int, options.sizes.split(",")):
        known, truth = _known(size)
        times: list[float] = []
        for _ in range(options.sessions):
            with tempfile.TemporaryDirectory() as folder:
                times += _session(known, truth, options.labels, Path(folder), whole=options.whole)
        median, high = np.quantile(times, [0.5, 0.95])
        print(
            f"{size:>8,} items: {median:.0f} ms at the median, {high:.0f} ms at the 95th"
            f" percentile, {max(times):.0f} ms at most (n = {len(times)})"
        )


def _known(n: int) -> tuple[Known, np.ndarray]:
    """Ten overlapping clouds, as the pool would hold them: whole, or their main directions."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, CLASSES, n)
    centres = rng.standard_normal((CLASSES, 64)).astype(np.float32)
    turn = rng.standard_normal((64, D)).astype(np.float32) / 8
    X = np.empty((n, D), np.float32)
    for start in range(0, n, 4_096):
        part = truth[start : start + 4_096]
        core = centres[part] + 1.5 * rng.standard_normal((len(part), 64), dtype=np.float32)
        X[start : start + 4_096] = core @ turn
    width = D // STAGES
    blocks = [Block(f"stage{s}", s * width, (s + 1) * width) for s in range(STAGES)]
    if X.nbytes > WHOLE_BYTES:
        from handful.features.reduce import principal_directions

        X -= X.mean(axis=0)
        X = X @ principal_directions(X[:4_096], DIRECTIONS)
        blocks = None
    same = np.arange(n)
    return Known(same, X, blocks, steering(X), same, same, ("",) * n), truth


def _session(
    known: Known, truth: np.ndarray, num_labels: int, folder: Path, *, whole: bool
) -> list[float]:
    items = [Item(f"{at:06}.jpg", folder / f"{at:06}.jpg") for at in range(len(truth))]
    session = Session(items, Ledger(folder / "ledger.sqlite"))
    session.see(known)
    times: list[float] = []
    said = 0
    picks = session.ask(20, by="ann")
    while said < num_labels:
        session.label(
            {items[pick.item].path: f"class {truth[pick.item]}" for pick in picks}, by="ann"
        )
        said += len(picks)
        start = time.perf_counter()
        if whole:
            session.learn()
        else:
            session.steered = steer(known, session.given())
        picks = session.ask(STEP, by="ann")
        times.append(1000 * (time.perf_counter() - start))
    return times


if __name__ == "__main__":
    main()
