"""What happened in a run: a list of dicts, one per epoch, and its pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from handful.system.whole_file import write_whole

BARS = "▁▂▃▄▅▆▇█"
WIDTH, HEIGHT = 420, 120  # of the drawing, in pixels


@final
class History(list[dict[str, Any]]):
    """One dict per epoch: epoch, step, loss, rate, seconds, wait_s, and what `validate` gave.

    In a notebook it draws itself.
    """

    def column(self, name: str) -> list[float]:
        """The numbers under one name; epochs without it are left out."""
        return [float(row[name]) for row in self if name in row]

    def save(self, path: str | Path) -> Path:
        """Writes it as JSON, whole or not at all."""
        path = Path(path)
        write_whole(path, f"{json.dumps(list(self), indent=1)}\n".encode(), durable=False)
        return path

    @classmethod
    def read(cls, path: str | Path) -> History:
        """The history that `save` wrote."""
        return cls(json.loads(Path(path).read_text(encoding="utf-8")))

    def line(self, name: str = "loss") -> str:
        """For a terminal: one column as a row of bars, first and last number beside it."""
        numbers = self.column(name)
        if not numbers:
            return ""
        return f"{name} {numbers[0]:.3f} {sparkline(numbers)} {numbers[-1]:.3f}"

    def _repr_html_(self) -> str:
        """For a notebook: the losses as lines."""
        lines = {n: self.column(n) for n in ("loss", "valid_loss") if len(self.column(n)) > 1}
        if not lines:
            return f"<p>{len(self)} epochs</p>"
        most = max(max(numbers) for numbers in lines.values())
        least = min(min(numbers) for numbers in lines.values())
        drawn = []
        for place, (name, numbers) in enumerate(lines.items()):
            points = " ".join(
                f"{10 + (WIDTH - 90) * at / (len(numbers) - 1):.1f},"
                f"{10 + (HEIGHT - 20) * (most - value) / ((most - least) or 1):.1f}"
                for at, value in enumerate(numbers)
            )
            colour = ("#4269d0", "#efb118")[place]
            drawn.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
                f'<text x="{WIDTH - 75}" y="{20 + 16 * place}" fill="{colour}" '
                f'font-size="11">{name} {numbers[-1]:.3f}</text>'
            )
        return f'<svg width="{WIDTH}" height="{HEIGHT}" role="img">{"".join(drawn)}</svg>'


def sparkline(numbers: Sequence[float]) -> str:
    """The numbers as bars, the least one lowest."""
    least, most = min(numbers), max(numbers)
    step = (most - least) / (len(BARS) - 1) or 1.0
    return "".join(BARS[round((number - least) / step)] for number in numbers)


def losses_line(losses: Sequence[float], *, bars: int = 12) -> str:
    """A run's losses so far as at most so many bars, each the mean of its steps, and the last."""
    parts = np.array_split(np.asarray(losses), min(bars, len(losses)))
    means = [float(part.mean()) for part in parts]
    return f"loss {sparkline(means)} {means[-1]:.3f}"
