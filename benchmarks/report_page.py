"""How long the report takes: cold (thumbnails made) and warm (thumbnails read from the project).

python -m benchmarks.report_page [--items 2624]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from handful.modalities.image.thumbnails import PREVIEW_SIDE, Thumbnails
from handful.review.report import MAX_PREVIEWS, write_report
from handful.system.machine import conditions
from tests.review.samples import build, out_of_sample


def main() -> int:
    """Print the conditions and the times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=2624)
    n = parser.parse_args().items
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=n)
    vectors = rng.normal(size=(n, 20)) + labels[:, None] * 0.6
    paths = [f"images/cell{i:05}.png" for i in range(n)]
    review = build(
        "bench", paths, ["no", "yes"], labels, out_of_sample(vectors, labels), vectors,
        held_out=rng.random(n) < 0.25,
    )  # fmt: skip
    keys = {item.path: f"{i:064x}" for i, item in enumerate(review.items)}
    ramp = np.add.outer(np.arange(300), np.arange(300)) % 256

    def decode(path: Path) -> np.ndarray:
        """A grey 300 × 300 picture with some texture; reading from disk is not counted."""
        noise = np.random.default_rng(int(path.name)).integers(60, size=(300, 300))
        return ((ramp + noise) % 256).astype(np.uint8)[:, :, None]

    with tempfile.TemporaryDirectory() as folder:
        small = Thumbnails(Path(folder) / "thumbs")
        large = Thumbnails(Path(folder) / "thumbs", side=PREVIEW_SIDE)
        sources = {key: Path(str(i)) for i, key in enumerate(keys.values())}
        start = time.perf_counter()
        small.make(sources, decode)
        large.make(dict(list(sources.items())[:MAX_PREVIEWS]), decode)
        made = time.perf_counter() - start
        page = Path(folder) / "report.html"
        times = []
        for _ in range(7):
            start = time.perf_counter()
            write_report(
                review,
                page,
                thumbnail=lambda item: small.get(keys[item.path]),
                preview=lambda item: large.get(keys[item.path]),
            )
            times.append(time.perf_counter() - start)
        size = page.stat().st_size
    at = conditions()
    sys.stdout.write(
        f"{at.processor}, {at.cores} cores, Python {at.python}, {n:,} items of 300 × 300\n"
        f"thumbnails and previews made: {made:.2f} s ({made / n * 1e3:.2f} ms each)\n"
        f"report written, first: {times[0]:.3f} s; then median {statistics.median(times[1:]):.3f} s"
        f" (range {min(times[1:]):.3f}–{max(times[1:]):.3f}); {size / 1e6:.1f} MB\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
