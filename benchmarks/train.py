"""Claim: `handful train` on the 2,624 solar cells, report included: 45 s cold, 3 s warm.

Whole processes, from pictures on disk; "cold" starts without anything computed before.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import print_conditions, seconds_of, spread
from handful.datasets.solar_cells import solar_cells

COLD, WARM = 3, 7


def main() -> None:
    """Train cold, then warm."""
    print_conditions("handful train on 2,624 photographs, report included")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data = place / "cells"
        for item in solar_cells():
            target = data / str(item.label) / item.source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(item.source, target)
        command = [
            sys.executable,
            "-m",
            "handful",
            "train",
            str(data),
            "-o",
            str(place / "m.handful"),
            "--json",
            "--quiet",
        ]
        parts: list[dict[str, float]] = []

        def train() -> None:
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            parts.append(json.loads(done.stdout)["seconds"])

        def train_cold() -> None:
            shutil.rmtree(data / ".handful", ignore_errors=True)
            train()

        print(
            f"cold  {spread(seconds_of(train_cold, repeats=COLD))}   of it, last run: {parts[-1]}"
        )
        print(f"warm  {spread(seconds_of(train, repeats=WARM))}   of it, last run: {parts[-1]}")
        sizes = [(place / name).stat().st_size / 1e6 for name in ("m.handful", "report.html")]
        print("model {:.1f} MB, report {:.1f} MB".format(*sizes))


if __name__ == "__main__":
    main()
