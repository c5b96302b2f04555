"""Results that take long, kept line by line: a run may be stopped, and goes on from there."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any


class Kept:
    """Rows of one benchmark in a file that git does not see, each under a key.

    Args:
        path: JSON lines.
        minutes: after which `is_time_up` says so.
    """

    def __init__(self, path: Path, *, minutes: float) -> None:
        self._path = path
        self._end = time.monotonic() + 60 * minutes
        self._rows: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._rows[row["key"]] = row

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._rows[key]

    def add(self, key: str, row: dict[str, Any]) -> None:
        """Keep one row; it is on the disk when this returns."""
        self._rows[key] = {"key": key, **row}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self._rows[key]) + "\n")

    def is_time_up(self) -> bool:
        """Whether the run should stop here."""
        return time.monotonic() > self._end
