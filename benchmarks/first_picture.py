"""Claim: from the command to the first question and its picture, 2 s on a folder already seen, 5 s
on one never seen.

2,600 photographs of solar cells without labels. `handful label` starts in a process of its own;
the clock stops when the first question and its picture of 480 pixels have arrived. Each time the
folder is new, then the same folder is opened once more; embedding goes on in the background.

    python -m benchmarks.first_picture [REPEATS]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.report import print_conditions, spread
from handful.datasets.solar_cells import solar_cells

PICTURES = 2_600


def main() -> None:
    """Open the folder cold and warm, in turn."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print_conditions(f"first of {PICTURES:,} pictures to label, {repeats} times")
    cold, warm = [], []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "cells"
        folder.mkdir()
        for item in solar_cells().items[:PICTURES]:
            shutil.copy(item.source, folder / item.source.name)
        for turn in range(repeats):
            shutil.rmtree(folder / ".handful", ignore_errors=True)
            cold.append(_first(folder, until_embedded=turn == repeats - 1))
        for _ in range(repeats):
            (folder / ".handful" / "ledger.sqlite").unlink(missing_ok=True)
            warm.append(_first(folder, until_embedded=False))
    print(f"never seen    {spread(cold, 's')}")
    print(f"already seen  {spread(warm, 's')}")


def _first(folder: Path, *, until_embedded: bool) -> float:
    """Seconds from starting the command to the first picture; perhaps wait until all is known."""
    command = [sys.executable, "-m", "handful", "label", str(folder), "--no-browser", "--json"]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as server:
        assert server.stdout is not None
        said = json.loads(server.stdout.readline())
        address, _, token = said["address"].partition("/open?token=")

        def get(path: str) -> bytes:
            request = urllib.request.Request(address + path, headers={"X-Handful-Token": token})
            while True:
                try:
                    with urllib.request.urlopen(request) as answer:
                        return bytes(answer.read())
                except urllib.error.URLError as error:
                    if not isinstance(error.reason, ConnectionRefusedError):
                        raise
                    time.sleep(0.02)

        picks = json.loads(get("/api/queue?n=1"))["picks"]
        get(f"/pictures/{picks[0]['item']}?side=480")
        seconds = time.perf_counter() - start
        while until_embedded:
            session = json.loads(get("/api/session"))
            if session["embedded"] == session["items"] and session["progress"] is None:
                break
            time.sleep(0.5)
        server.terminate()
        server.wait()
    return seconds


if __name__ == "__main__":
    main()
