"""Claim: a ledger with 10,000 labels opens within 1 s, and an undo takes 20 ms.

Labels are written as they come from a session: singly, by lasso, corrected, undone, and with a
class renamed at the end. "Undo" is until the state says so again.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.report import print_conditions, seconds_of, spread
from handful.labels.ledger import Ledger

LABELS, CLASSES, SINGLE = 10_000, 10, 500


def main() -> None:
    """Fill a ledger, open it, write to it, undo."""
    print_conditions(f"A ledger of {LABELS:,} labels")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sqlite"
        with Ledger(path) as ledger:
            singly = iter(range(SINGLE))
            single = seconds_of(lambda: _label_one(ledger, next(singly)), repeats=SINGLE)
            for start in range(SINGLE, LABELS, 400):
                stop = min(start + 400, LABELS)
                names = {f"folder/{n:06}.jpg": f"class {n % CLASSES}" for n in range(start, stop)}
                ledger.label(names, by="ann", source="lasso")
        print(f"saving one label       {spread([1000 * s for s in single], 'ms')}")
        print(f"opening                {spread(seconds_of(lambda: _open(path), repeats=7))}")
        with Ledger(path) as ledger:
            lasso = {f"{n}": "class 1" for n in range(400)}
            for what, do in {
                "one label": lambda: _label_one(ledger, 3),
                "a lasso of 400": lambda: ledger.label(lasso, by="ann"),
                "a new class": lambda: ledger.label({"folder/000001.jpg": "new"}, by="ann"),
                "a rename": lambda: ledger.rename_class("class 3", "class three", by="ann"),
            }.items():
                times = []
                for _ in range(21):
                    do()
                    len(ledger.state.labels)
                    start_s = time.perf_counter()
                    ledger.undo(by="ann")
                    len(ledger.state.labels)
                    times.append(1000 * (time.perf_counter() - start_s))
                print(f"undoing {what:<15}{spread(times, 'ms')}")


def _label_one(ledger: Ledger, n: int) -> None:
    ledger.label({f"folder/{n:06}.jpg": f"class {n % CLASSES}"}, by="ann", source="key")


def _open(path: Path) -> None:
    with Ledger(path) as ledger:
        assert len(ledger.state.labels) == LABELS


if __name__ == "__main__":
    main()
