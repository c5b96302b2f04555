"""How every benchmark speaks: the conditions first, then medians with their spread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from handful.system.machine import conditions


def print_conditions(title: str) -> None:
    """What the figures below it depend on."""
    here = conditions()
    packages = ", ".join(f"{name} {version}" for name, version in here.versions.items())
    print(f"# {title}")
    print(f"{here.cores} cores, {here.memory_gib:.0f} GiB, {here.processor}, {here.system}")
    print(f"Python {here.python}, {packages}")


def seconds_of(run: Callable[[], object], *, repeats: int) -> list[float]:
    """Wall seconds of each of `repeats` calls."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times


def spread(values: Sequence[float], unit: str = "s") -> str:
    """The median, with the lowest and the highest."""
    low, mid, high = min(values), statistics.median(values), max(values)
    return f"{mid:.3g} {unit} ({low:.3g}–{high:.3g}, n = {len(values)})"
