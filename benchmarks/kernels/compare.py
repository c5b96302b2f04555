"""How the files beside this one measure: all in turn on the same arguments, medians, one table.

A file gives cases: our function, its arguments, and peers that compute the same. `measure` runs
all of them round by round, so that a slow minute falls on each alike, and prints one row for each
peer and pass as it goes.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

Function = Callable[..., Any]
Seconds = tuple[float, float]
"""Of the forward and of the backward pass; the second is 0 where no gradients are asked for."""

MOST_ROUNDS, FEWEST_ROUNDS = 51, 3


@dataclass(frozen=True)
class Peer:
    """Who else computes it, and how many times faster we want to be (None: only shown).

    `run` takes the case's arguments; a peer in a process of its own has `seconds` instead, which
    takes whether gradients are wanted.
    """

    name: str
    run: Function | None = None
    wanted: float | None = None
    mean_wanted: float | None = None
    seconds: Callable[[bool], Seconds] | None = None
    forward_only: bool = False


@dataclass(frozen=True)
class Case:
    """One workload at one size."""

    name: str
    ours: Function
    arguments: list[torch.Tensor]
    peers: Sequence[Peer]
    backward: bool = True
    most_backward: float | None = None
    """The backward pass should take at most so many times the forward pass."""


@dataclass
class Clock:
    """How long to measure and by which clock; a busy machine is measured by processor time."""

    budget: float = 2.0
    busy: bool = False
    missed: list[str] = field(default_factory=list)
    rows: int = 0

    def now(self) -> float:
        """Seconds."""
        return time.process_time() if self.busy else time.perf_counter()


HEAD = "| workload | pass | ours | peer | peer's | times faster | wanted | reached |"


def randn(*shapes: tuple[int, ...], scale: float = 1.0) -> list[torch.Tensor]:
    """Seeded float32 tensors that want gradients."""
    torch.manual_seed(0)
    return [(torch.randn(s) * scale).requires_grad_() for s in shapes]


def measure(cases: Iterable[Case], clock: Clock, text: str = "") -> None:
    """Print the table of the cases that have `text` in their name, and geometric means over them
    where there are several."""
    print(f"\n{HEAD}\n| --- | --- | ---: | --- | ---: | ---: | ---: | --- |", flush=True)
    means: dict[tuple[str, str, float | None], list[float]] = {}
    for case in cases:
        if text not in case.name:
            continue
        for backward in (False, True)[: 1 + case.backward]:
            peers = [p for p in case.peers if not (backward and p.forward_only)]
            runs = [_timed(case.ours, case.arguments, clock)]
            runs += [p.seconds or _timed(p.run, case.arguments, clock) for p in peers]
            ours, *theirs = in_turn(runs, backward, clock)
            what = "both" if backward else "forward"
            for peer, seen in zip(peers, theirs, strict=True):
                ratio = _median(seen) / _median(ours)
                means.setdefault((what, peer.name, peer.mean_wanted), []).append(ratio)
                cells = [case.name, what, shown(ours), peer.name, shown(seen)]
                row(cells, ratio, peer.wanted, clock)
            if backward and case.most_backward is not None:
                ahead, back = ([s[at] for s in ours] for at in (0, 1))
                ratio = statistics.median(back) / statistics.median(ahead)
                cells = [case.name, "backward against forward", _ms(back), "forward", _ms(ahead)]
                row(cells, ratio, case.most_backward, clock, most=True)
    for (what, name, wanted), ratios in means.items():
        if len(ratios) > 2:
            mean = math.exp(statistics.fmean(map(math.log, ratios)))
            row([f"geometric mean of {len(ratios)}", what, "", name, ""], mean, wanted, clock)


def row(
    cells: Sequence[str], ratio: float, wanted: float | None, clock: Clock, *, most: bool = False
) -> None:
    """One line of the table; `most` where small is good."""
    sign, told = "≤" if most else "≥", ""
    clock.rows += 1
    if wanted is not None:
        good = ratio <= wanted if most else ratio >= wanted
        told = "yes" if good else "**no**"
        if not good:
            clock.missed.append(" ".join(c for c in (cells[0], cells[1], cells[3]) if c))
    limit = "" if wanted is None else f"{sign} {wanted:.3g}"
    print("| " + " | ".join([*cells, f"{ratio:.3g}", limit, told]) + " |", flush=True)


def in_turn(
    runs: Sequence[Callable[[bool], Seconds]], backward: bool, clock: Clock
) -> list[list[Seconds]]:
    """Seconds of each, round by round, after one round that is not counted."""
    first = sum(sum(run(backward)) for run in runs)
    rounds = int(clock.budget / first) if first else MOST_ROUNDS
    rounds = max(FEWEST_ROUNDS, min(MOST_ROUNDS, rounds))
    seen: list[list[Seconds]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, times in zip(runs, seen, strict=True):
            times.append(run(backward))
    return seen


def _timed(
    function: Function | None, arguments: list[torch.Tensor], clock: Clock
) -> Callable[[bool], Seconds]:
    assert function is not None
    wanted = [a for a in arguments if a.requires_grad]
    seeds: list[torch.Tensor] = []

    def run(backward: bool) -> Seconds:
        with torch.set_grad_enabled(backward):
            start = clock.now()
            found = function(*arguments)
            middle = clock.now()
            if not backward:
                return middle - start, 0.0
            found = found if isinstance(found, torch.Tensor) else found[0]
            if not seeds:
                seeds.append(torch.randn_like(found))
            before = clock.now()
            torch.autograd.grad(found, wanted, seeds[0])
            return middle - start, clock.now() - before

    return run


def _median(times: Sequence[Seconds]) -> float:
    return statistics.median(map(sum, times))


def shown(times: Sequence[Seconds]) -> str:
    """`12.3 ± 0.4 ms`: the median, and half of the range between the quartiles."""
    return _ms([sum(t) for t in times])


def _ms(times: Sequence[float]) -> str:
    low, _, high = statistics.quantiles(times, n=4)
    return f"{statistics.median(times) * 1e3:.3g} ± {(high - low) / 2 * 1e3:.2g} ms"


def note(text: str) -> None:
    """What the page should say beside the table."""
    print(f"\n{text}", flush=True)
    sys.stdout.flush()
