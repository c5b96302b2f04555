"""The gated cell of the gallery against four other ways to have it.

Eager torch and `torch.compile` hoist the inputs' products out of time, as a careful author would.
Compiled is the step: a whole loop becomes one graph of T copies, which takes minutes to compile.
JAX runs in an environment of its own (`benchmarks/peers/jax.txt`), the C++ is `cell.cpp`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch

from benchmarks.kernels import handwritten
from benchmarks.kernels.compare import Case, Clock, Peer, Seconds, note, randn
from handful.kernels import gallery

PEERS = Path(__file__).parents[1] / "peers"
JAX = PEERS / ".venv-jax/bin/python"
WITHIN = 1 / 1.15
EAGER = {64: 8.0, 128: 3.0, 512: 1.3}
JAX_MEAN, JAX_AT_16_64 = 1.5, 3.0


def sizes(small: bool) -> list[tuple[int, int, int]]:
    """(length, batch, hidden) of every line; the two lengths of a step together, compiled once."""
    if small:
        return [(8, 2, 64)]
    return [(t, b, h) for h in (64, 128, 512) for b in (1, 16, 64) for t in (128, 512)]


def arguments(length: int, batch: int, hidden: int) -> list[torch.Tensor]:
    """x, h0, Wz, Wg, Uz, Ug, bz."""
    matrices = randn(*[(hidden, hidden)] * 4, scale=hidden**-0.5)
    x, h0, bz = randn((length, batch, hidden), (batch, hidden), (hidden,))
    return [x, h0, *matrices, bz]


def loop(step, x, h, Wz, Wg, Uz, Ug, bz):
    """The same in torch operations."""
    out = []
    for fed in zip(x @ Wz + bz, x @ Wg, strict=True):
        h = step(*fed, h, Uz, Ug)
        out.append(h)
    return torch.stack(out)


def step(a, c, h, Uz, Ug):
    """One step from the inputs' products."""
    z = torch.sigmoid(a + h @ Uz)
    return (1 - z) * h + z * torch.tanh(c + z * (h @ Ug))


def eager(*arguments):
    """Torch operation by torch operation."""
    return loop(step, *arguments)


def compiled(*arguments):
    """With each step a graph."""
    return loop(_compiled_step(), *arguments)


@cache
def _compiled_step():
    torch._dynamo.config.recompile_limit = 64
    return torch.compile(step, dynamic=False)


@cache
def _worker() -> subprocess.Popen[str]:
    threads = torch.get_num_threads()
    alone = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {}
    command = [str(JAX), str(PEERS / "jax_cell.py")]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", **alone}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)


def jax_scan(size: tuple[int, int, int], clock: Clock):
    """A peer that asks the process with JAX in it for the seconds of one call."""

    def seconds(backward: bool) -> Seconds:
        worker = _worker()
        assert worker.stdin
        assert worker.stdout
        print(*size, int(backward), int(clock.busy), file=worker.stdin, flush=True)
        return float(worker.stdout.readline()), 0.0

    return seconds


def cases(small: bool, clock: Clock) -> Iterator[Case]:
    """One for each length, batch and width."""
    if handwritten.library() is None:
        note("No C++ compiler (g++) here, so the hand-written cell is not measured.")
    if not JAX.exists():
        note(f"JAX is not installed (see benchmarks/peers/jax.txt), so it is not measured: {JAX}")
    for size in sizes(small):
        length, batch, hidden = size
        peers = [Peer("eager", eager, wanted=EAGER[hidden]), Peer("torch.compile", compiled)]
        if handwritten.library() is not None:
            peers.insert(0, Peer("C++", handwritten.cell, wanted=WITHIN))
        if JAX.exists():
            wanted = JAX_AT_16_64 if (batch, hidden) == (16, 64) else None
            scan = jax_scan(size, clock)
            peers.append(Peer("JAX scan", wanted=wanted, mean_wanted=JAX_MEAN, seconds=scan))
        name = f"gated cell T {length} B {batch} H {hidden}"
        yield Case(name, gallery.gated, arguments(*size), peers)
    _worker.cache_clear()
