"""`python -m benchmarks.kernels`: all that the kernel language claims, as Markdown tables.

python -m benchmarks.kernels [--only NAME ...] [--case TEXT] [--budget 1.5] [--small] [--busy]
"""

from __future__ import annotations

import argparse

import torch

from benchmarks.kernels import (
    attention,
    cell,
    depthwise,
    first_call,
    lines,
    memory,
    points,
    product,
    recurrent,
    rows,
    segment,
    sparse_conv,
)
from benchmarks.kernels.compare import Clock, measure, note
from benchmarks.report import print_conditions

COMPARED = {
    "recurrent": recurrent.cases,
    "sparse_conv": sparse_conv.cases,
    "attention": attention.cases,
    "points": points.cases,
    "rows": rows.cases,
    "segment": segment.cases,
    "product": product.cases,
    "depthwise": depthwise.cases,
}
OTHERS = {"first_call": first_call.table, "memory": memory.table, "lines": lines.table}
NAMES = ["cell", *COMPARED, *OTHERS]


def main() -> None:
    """Print the chosen tables, and what was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=NAMES, help="this table, repeatable")
    parser.add_argument(
        "--case", default="", help="of a table, workloads whose name has this in it"
    )
    parser.add_argument(
        "--budget", type=float, default=1.5, help="seconds for each size and pass, about"
    )
    parser.add_argument("--small", action="store_true", help="tiny sizes: does it run at all?")
    parser.add_argument(
        "--busy", action="store_true", help="one thread and processor time, beside other work"
    )
    chosen = parser.parse_args()
    clock = Clock(chosen.budget, chosen.busy)
    if chosen.busy:
        torch.set_num_threads(1)
    print_conditions("kernels")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, float32")
    for name in chosen.only or NAMES:
        note(f"## {name}")
        if name == "cell":
            measure(cell.cases(chosen.small, clock), clock, chosen.case)
        elif name in COMPARED:
            measure(COMPARED[name](chosen.small), clock, chosen.case)
        else:
            OTHERS[name](chosen.small, clock)
    missed = dict.fromkeys(clock.missed)
    note(f"{clock.rows} rows, {len(missed)} below what was wanted" + (":" if missed else "."))
    print("\n".join(f"- {name}" for name in missed))


if __name__ == "__main__":
    main()
