"""Peak memory of a call above what was there before it, each in a process of its own.

python -m benchmarks.kernels.memory WORKLOAD SIZE WHO PASS    measures one call in this process
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from benchmarks.kernels import attention, points
from benchmarks.kernels.compare import Clock, randn
from handful.kernels import gallery

LINEAR, HUNDREDTH = 2.2, 100.0
"""Twice the length may take twice the memory, and a little more; neighbours a hundredth."""


def _attention(length: int) -> list[torch.Tensor]:
    heads = [(1, attention.HEADS, length, attention.WIDTH)] * 3
    return randn(*heads, (attention.HEADS, 2 * attention.REACH + 1))


def _neighbours(count: int) -> list[torch.Tensor]:
    return randn((count, 3), (count, 3))


def cdist_topk(x, y):
    """All pairs at once."""
    return torch.cdist(x, y).topk(points.COUNT, largest=False).values


WORKLOADS = {
    "attention": (_attention, {"handful": gallery.attention, "masked SDPA": attention.masked}),
    "nearest": (_neighbours, {"handful": points.ours, "cdist + topk": cdist_topk,
                              "cdist + topk in chunks": points.cdist_topk}),
}  # fmt: skip


def table(small: bool, clock: Clock) -> None:
    """Attention at two lengths, and nearest neighbours."""
    print("\n| peak memory | pass | who | MB |\n| --- | --- | --- | ---: |", flush=True)
    short, long, count = (64, 128, 500) if small else (4096, 8192, 20_000)
    for backward in ("forward", "both"):
        found = {}
        for length in (short, long):
            for who in ("handful", "masked SDPA"):
                if (length, backward, who) != (8192, "both", "masked SDPA"):  # some 9 GB
                    found[length, who] = _row("attention", length, who, backward)
        growth = found[long, "handful"] / max(found[short, "handful"], 1)
        _verdict(f"attention, {backward}: {long} against {short}", growth, "≤", LINEAR, clock)
    pairs = [_row("nearest", count, who, "forward") for who in WORKLOADS["nearest"][1]]
    _verdict("nearest, forward: all pairs against ours", pairs[1] / max(pairs[0], 1), "≥",
             HUNDREDTH, clock)  # fmt: skip


def _row(workload: str, size: int, who: str, what: str) -> float:
    command = [sys.executable, "-m", "benchmarks.kernels.memory", workload, str(size), who, what]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    peak = float(found.stdout.splitlines()[-1])
    print(f"| {workload} {size:,} | {what} | {who} | {peak:.0f} |", flush=True)
    return peak


def _verdict(name: str, ratio: float, sign: str, wanted: float, clock: Clock) -> None:
    good = ratio <= wanted if sign == "≤" else ratio >= wanted
    clock.rows += 1
    if not good:
        clock.missed.append(name)
    told = "yes" if good else "**no**"
    print(f"| **{name}** | | {ratio:.3g} times, wanted {sign} {wanted:g} | {told} |", flush=True)


def status(field: str) -> float:
    """Megabytes of one line of this process's status."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise KeyError(field)


def main() -> None:
    """Run a small call, then the one asked for; print the peak of the second in MB."""
    workload, size, who, what = sys.argv[1:]
    make, functions = WORKLOADS[workload]
    peak = 0.0
    for now in (64, int(size)):
        arguments = make(now)
        before = status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forget the peak so far
        with torch.set_grad_enabled(what == "both"):
            found = functions[who](*arguments)
        if what == "both":
            torch.autograd.grad(found, arguments, torch.ones_like(found))
        peak = status("VmHWM") - before
    print(peak)


if __name__ == "__main__":
    main()
