"""Claim: 2,600 or 50,000 pictures are learned from in under 1.2 GB of resident memory.

The peak of whole processes, as the system counts it (mapped files included): embedding alone, then
`handful train` on what is then known. The pictures are drawn for the occasion, 32 × 32, JPEG, in
two classes. `python -m benchmarks.memory [PICTURES ...]`
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.report import print_conditions

SIDE = 32
LIMIT_GB = 1.2
EMBED = """
import sys
import handful
print(handful.open(sys.argv[1]).embed().computed)
"""


def main(*counts: int) -> None:
    """Measure with each number of pictures."""
    print_conditions("Peak resident memory")
    for count in counts or (2_600, 50_000):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "pictures"
            _draw(data, count)
            model = ["-o", f"{folder}/model.handful", "--report", f"{folder}/report.html"]
            for name, words in {
                "embedding": ["-c", EMBED, str(data)],
                "handful train": ["-m", "handful", "train", str(data), *model, "--quiet"],
            }.items():
                start = time.perf_counter()
                peak_gb = _peak_gb([sys.executable, *words])
                seconds = time.perf_counter() - start
                verdict = "within" if peak_gb < LIMIT_GB else "ABOVE"
                print(
                    f"{count:>7,} pictures, {name:<14}{peak_gb:.2f} GB, "
                    f"{verdict} {LIMIT_GB} GB ({seconds:.0f} s)",
                    flush=True,
                )


def _peak_gb(command: list[str]) -> float:
    """The largest resident memory that one process had."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def _draw(folder: Path, count: int) -> None:
    """Stripes of random slant and colour, one class broad and one narrow, under noise."""
    for name in ("broad", "narrow"):
        (folder / name).mkdir(parents=True)
    y, x = np.mgrid[:SIDE, :SIDE]

    def draw(place: int) -> None:
        random = np.random.default_rng(place)
        name, width = [("broad", 9.0), ("narrow", 5.0)][place % 2]
        angle, width = random.uniform(0, np.pi), width * random.uniform(0.7, 1.3)
        wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / width)
        pixels = 128 + 60 * wave[..., None] * random.uniform(-1, 1, 3)
        pixels += random.normal(0, 20, (SIDE, SIDE, 3))
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        image.save(folder / name / f"{place:06}.jpg")

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(draw, range(count)):
            pass


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
