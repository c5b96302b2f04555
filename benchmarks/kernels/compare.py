"""How the files beside this one measure: two functions in turn, the same arguments, medians."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from handful.machine import conditions

Function = Callable[..., Any]


def options(doc: str | None) -> argparse.Namespace:
    """The command line of every file here; prints the conditions."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7, help="runs of each; the median counts")
    parser.add_argument("--small", action="store_true", help="tiny sizes: does it run at all?")
    chosen = parser.parse_args()
    print(conditions(), f"torch {torch.__version__}", f"{torch.get_num_threads()} threads")
    return chosen


def randn(*shapes: tuple[int, ...], scale: float = 1.0) -> list[torch.Tensor]:
    """Seeded float32 tensors that want gradients."""
    torch.manual_seed(0)
    return [(torch.randn(s) * scale).requires_grad_() for s in shapes]


def line(
    name: str,
    peer: Function,
    ours: Function,
    arguments: list[torch.Tensor],
    repeat: int,
    *,
    backward: bool = True,
) -> None:
    """Print medians, spread and ratio, forward and forward + backward; ours / peer as `x`."""
    start = time.perf_counter()
    train(ours, arguments) if backward else infer(ours, arguments)
    row = [f"{name:<34} first {time.perf_counter() - start:5.2f} s"]
    for what, run in (("forward", infer), ("forward + backward", train))[: 1 + backward]:
        theirs, own = in_turn(lambda r=run: r(peer, arguments), lambda r=run: r(ours, arguments),
                              repeat)  # fmt: skip
        row.append(
            f"{what}: peer {shown(theirs)}, ours {shown(own)}, "
            f"{statistics.median(theirs) / statistics.median(own):5.2f} x faster"
        )
    print("  |  ".join(row), flush=True)


def infer(function: Function, arguments: list[torch.Tensor]) -> None:
    """One call without gradients."""
    with torch.no_grad():
        function(*arguments)


def train(function: Function, arguments: list[torch.Tensor]) -> None:
    """One call, and the gradients of all arguments that want one."""
    found = function(*arguments)
    found = found if isinstance(found, torch.Tensor) else found[0]
    torch.autograd.grad(found.sum(), [a for a in arguments if a.requires_grad])


def in_turn(one: Function, two: Function, repeat: int) -> tuple[list[float], list[float]]:
    """Seconds of each, alternating, after one run of each that is not counted."""
    one(), two()
    seen: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeat):
        for run, times in zip((one, two), seen, strict=True):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    return seen


def shown(times: list[float]) -> str:
    """`12.3 ms ± 0.4`: the median, and half of the range between the quartiles."""
    low, _, high = statistics.quantiles(times, n=4) if len(times) > 1 else (times[0],) * 3
    return f"{statistics.median(times) * 1e3:8.2f} ms ± {(high - low) / 2 * 1e3:.2f}"
