"""The novel gated cell: handful.kernels against PyTorch eager, forward and forward + backward.

    python benchmarks/kernels/cell.py [--repeat 7] [--large]

The peer hoists the input products out of time, as a careful author would. Each line gives medians
and the ratio; first-call time is that of a process that has never seen the shapes.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from handful.kernels import F, axes, kernel, scan, sigmoid, sum, tanh
from handful.machine import conditions

b, i, j, k, t = axes("b i j k t")


@kernel
def cell(
    x: F[t, b, i], h0: F[b, k], Wz: F[i, k], Wg: F[i, k], Uz: F[j, k], Ug: F[j, k], bz: F[k]
) -> F[t, b, k]:
    """The gate scales the recurrent term inside the tanh."""

    def step(s):
        z = sigmoid(sum(i, x[t, b, i] * Wz[i, k]) + sum(j, s[b, j] * Uz[j, k]) + bz[k])
        g = tanh(sum(i, x[t, b, i] * Wg[i, k]) + z * sum(j, s[b, j] * Ug[j, k]))
        return (1 - z) * s[b, k] + z * g

    return scan(t, step, init=h0[b, k])


def eager(x, h, Wz, Wg, Uz, Ug, bz):
    """The same in torch operations."""
    a, c, out = x @ Wz + bz, x @ Wg, []
    for now in range(x.shape[0]):
        z = torch.sigmoid(a[now] + h @ Uz)
        h = (1 - z) * h + z * torch.tanh(c[now] + z * (h @ Ug))
        out.append(h)
    return torch.stack(out)


def median(run, repeat: int) -> float:
    """Median seconds of `repeat` runs after one."""
    run()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--repeat", type=int, default=7)
    options.add_argument("--large", action="store_true", help="T = 512 and H = 512 too")
    chosen = options.parse_args()
    print(conditions(), f"torch {torch.__version__}", f"{torch.get_num_threads()} threads")
    lengths, widths = ((128, 512), (64, 128, 512)) if chosen.large else ((128,), (64, 128))
    for length in lengths:
        for batch in (1, 16, 64):
            for width in widths:
                line(length, batch, width, chosen.repeat)


def line(length: int, batch: int, width: int, repeat: int) -> None:
    """One row: both, in turn, on the same arguments."""
    torch.manual_seed(0)
    square = [torch.randn(width, width) * width**-0.5 for _ in range(4)]
    arguments = [torch.randn(length, batch, width), torch.randn(batch, width), *square]
    arguments = [a.requires_grad_() for a in (*arguments, torch.randn(width))]
    weight = torch.randn(length, batch, width)

    def train(function):
        torch.autograd.grad((function(*arguments) * weight).sum(), arguments)

    def infer(function):
        with torch.no_grad():
            function(*arguments)

    start = time.perf_counter()
    train(cell)
    first = time.perf_counter() - start
    row = [f"T {length:4d}  B {batch:3d}  H {width:4d}  first {first:6.2f} s"]
    for name, run in (("forward", infer), ("forward+backward", train)):
        theirs, ours = (median(lambda f=f, r=run: r(f), repeat) for f in (eager, cell))
        row.append(f"{name}: eager {theirs * 1e3:8.2f} ms, ours {ours * 1e3:7.2f} ms, "
                   f"{theirs / ours:5.1f} x")  # fmt: skip
    print("  |  ".join(row), flush=True)


if __name__ == "__main__":
    main()
