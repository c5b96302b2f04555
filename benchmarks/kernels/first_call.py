"""The first call of a kernel, compiled and from the cache, each in a process of its own.

python -m benchmarks.kernels.first_call GROUP NUMBER    measures one small case in this process
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice

import torch

from benchmarks.kernels.compare import Case, Clock

CASES = {
    "gated cell": ("cell", 0),
    "GRU": ("recurrent", 0),
    "LSTM": ("recurrent", 1),
    "sparse convolution": ("sparse_conv", 0),
    "attention with learned bias": ("attention", 0),
    "layer norm": ("rows", 0),
    "nearest": ("points", 0),
    "gaussian": ("points", 1),
    "segment sum": ("segment", 0),
    "segment softmax": ("segment", 1),
    "product + bias + gelu": ("product", 0),
    "depthwise convolution": ("depthwise", 0),
}
NEW_S, CACHED_S, CALL_US = 1.0, 0.05, 15.0
ROUNDS, CALLS = 5, 2000


def table(small: bool, clock: Clock) -> None:
    """Never seen and cached, forward and backward, then what a call of almost nothing costs."""
    print("\n| first call | forward | forward, cached | backward | backward, cached | reached |")
    print("| --- | ---: | ---: | ---: | ---: | --- |", flush=True)
    for name, (group, number) in list(CASES.items())[: 2 if small else None]:
        with tempfile.TemporaryDirectory() as folder:
            new, cached = (_in_a_process(group, number, folder) for _ in range(2))
        good = max(new) < NEW_S and max(cached) < CACHED_S
        clock.rows += 1
        if not good:
            clock.missed.append(f"first call {name}")
        cells = [f"{new[0]:.2f} s", f"{cached[0] * 1e3:.0f} ms"]
        cells += [f"{new[1]:.2f} s", f"{cached[1] * 1e3:.0f} ms", "yes" if good else "**no**"]
        print("| " + " | ".join([name, *cells]) + " |", flush=True)
    print(f"\nWanted: under {NEW_S:g} s, and {CACHED_S * 1e3:g} ms.")
    _overhead(clock)


def _in_a_process(group: str, number: int, folder: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.kernels.first_call", group, str(number)]
    environment = {**os.environ, "HANDFUL_CACHE": folder}
    found = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    forward, backward = json.loads(found.stdout.splitlines()[-1])
    return forward, backward


def _case(group: str, number: int) -> Case:
    if group == "cell":  # its peers are no part of this
        from benchmarks.kernels.cell import arguments
        from handful.kernels import gallery

        return Case("gated cell", gallery.gated, arguments(8, 2, 8), [])
    cases = importlib.import_module(f"benchmarks.kernels.{group}").cases(True)
    return next(islice(cases, number, None))


def _overhead(clock: Clock) -> None:
    from handful.kernels.gallery import layer_norm

    x, weight, bias = torch.zeros(1, 1), torch.zeros(1), torch.zeros(1)
    layer_norm(x, weight, bias)
    times = []
    for _ in range(ROUNDS):
        start = clock.now()
        for _ in range(CALLS):
            layer_norm(x, weight, bias)
        times.append((clock.now() - start) / CALLS * 1e6)
    cost = statistics.median(times)
    clock.rows += 1
    if cost >= CALL_US:
        clock.missed.append("call overhead")
    told = "yes" if cost < CALL_US else "**no**"
    print(f"\nA call of layer norm over one number: {cost:.1f} µs; wanted under 15 µs: {told}.")


def main() -> None:
    """Print the seconds of the first forward and of the first backward pass, as JSON."""
    case = _case(sys.argv[1], int(sys.argv[2]))
    torch.zeros(2).exp()  # torch's own first call is not ours
    start = time.perf_counter()
    with torch.no_grad():
        case.ours(*case.arguments)
    forward = time.perf_counter() - start
    wanted = [a for a in case.arguments if a.requires_grad]
    start = time.perf_counter()
    found = case.ours(*case.arguments)
    found = found if isinstance(found, torch.Tensor) else found[0]
    torch.autograd.grad(found, wanted, torch.ones_like(found))
    print(json.dumps([forward, time.perf_counter() - start]))


if __name__ == "__main__":
    main()
