"""What a kernel does on this machine: tasks, vectors, scratch, and time against the roof."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Op
from handful.kernels.ir.program import Choose, Program
from handful.kernels.rewrite.segments import segments
from handful.kernels.rewrite.specialise import unify
from handful.kernels.run.definition import Definition
from handful.kernels.schedule.contractions import Contraction, Item, in_panels, target_of
from handful.kernels.schedule.partial_sums import with_parts
from handful.kernels.schedule.plan import plan
from handful.kernels.schedule.region import Region
from handful.kernels.torch.autograd import plain
from handful.kernels.torch.training import Training


@cache
def roof() -> tuple[float, float]:
    """(arithmetic operations, bytes) a second: a large matrix product, and a large copy."""
    a = torch.randn(768, 768)
    big = torch.empty(2**24)
    other = torch.empty_like(big)

    def best(run: Any) -> float:
        run()
        times = []
        for _ in range(5):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        return min(times)

    return 2 * 768**3 / best(lambda: a @ a), 8 * 2**24 / best(lambda: other.copy_(big))


def explain(
    kernel: Definition,
    arguments: tuple[Any, ...],
    given: Mapping[str, int],
    run: Callable[[], object],
) -> str:
    """The report of the program as it is run, as text; `run` is a call with these arguments."""
    shown = kernel.sizes(list(arguments), dict(given))
    tensors = [torch.as_tensor(a) for a in arguments]
    executable, _, sizes = plain(kernel).gathered(tensors, shown | dict(kernel.wide.counts))
    program = unify(executable.program, executable.equal(sizes))
    sizes = with_parts(sizes)
    lines, flops = [f"{kernel.name}: {_sizes(shown)}"], 0
    if executable.program.inputs != kernel.wide.inputs:
        inverted = {i.table.name for i in plain(kernel).inverses}
        lines.append(f"gathers where it scattered, by the inverse of {', '.join(sorted(inverted))}")
    for number, region in enumerate(plan(program, rematerialise=executable.rematerialises(sizes))):
        lines.append(f"task {number}: {_how(region)}")
        for item in region.items:
            over = 1 if region.loop is None else sizes[region.loop.axis.name]
            work = over * _work(item, sizes)
            flops += work
            lines.append(f"  {target_of(item).name}: {_what(item)}, {work:.3g} operations")
        if region.local:
            lines.append(f"  scratch of one block: {', '.join(a.name for a in region.local)}")
    lines += _saved(kernel)
    moved = sum(_bytes(a, sizes) for a in (*program.inputs, *program.outputs))
    start = time.perf_counter()
    run()
    first = time.perf_counter() - start
    start = time.perf_counter()
    run()
    again = time.perf_counter() - start
    compute, memory = roof()
    predicted = max(flops / compute, moved / memory)
    lines += [
        f"total: {flops:.3g} operations, {moved:.3g} bytes of arguments and results",
        f"time: {again * 1e3:.3g} ms measured ({first * 1e3:.3g} ms at first), "
        f"{predicted * 1e3:.3g} ms at the machine's roof",
    ]
    return "\n".join(lines)


def _sizes(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items())


def _how(region: Region) -> str:
    parts = []
    if region.single:
        parts.append(f"parallel over each {', '.join(map(repr, region.single))}")
    parts.append(f"parallel over blocks of {region.block}" if region.block else "serial")
    if region.loop:
        way = "falling" if region.loop.descending else "rising"
        parts.append(f"all of {region.loop.axis} {way} inside each block")
    return ", ".join(parts)


def _what(item: Item) -> str:
    if isinstance(item, Contraction):
        rows, cols, over = (" × ".join(map(repr, a)) for a in (item.m, item.n, item.k))
        which = "" if item.present is None else f" of each {item.picked} that is present"
        return f"matrix product{which}, rows {rows}, columns {cols}, summed over {over}"
    if isinstance(item, Choose):
        how = "" if item.bound is None else ", computed where a bound leaves them a chance"
        return f"the {item.count} smallest over {item.axis}{how}"
    if in_panels(item.target):
        return "laid in panels"
    return {"=": "elementwise", "sum": "sum", "max": "maximum", "min": "minimum"}[item.op]


def _work(item: Item, sizes: Mapping[str, int]) -> int:
    axes: tuple[Axis, ...]
    if isinstance(item, Contraction):
        axes, each = item.domain, 2
    else:
        axes = (*item.domain, *([item.axis] if isinstance(item, Choose) else []))
        found = nodes.topological(item.expr)
        each = 1 + sum(ops.TABLE[n.name].flops for n in found if isinstance(n, Op))
    for axis in axes:
        each *= sizes[axis.name]
    return each


def _bytes(array: Array, sizes: Mapping[str, int]) -> int:
    count = 4 if array.kind == "f" else 8
    for dim in array.dims:
        count *= sizes[dim.axis] + dim.extra
    return count


def _saved(kernel: Definition) -> list[str]:
    floats = tuple(a.kind == "f" for a in kernel.wide.inputs)
    if kernel.wide.order or not any(floats):
        return []
    cut = segments(kernel.wide)
    if cut is not None:
        states = ", ".join(a.name.partition(".")[0] for a in cut.firsts)
        return [
            f"saved for the derivative: {states} at the first of each of √{cut.axis} segments",
            "computed again: all of a segment",
        ]
    training = Training(kernel.wide, floats)
    saved = [a.name for a in training.saved]
    made = {a.name for a in _made(training.program)} & {a.name for a in _made(kernel.wide)}
    return [
        f"saved for the derivative: {', '.join(saved) or 'nothing'}",
        f"computed again: {', '.join(sorted(made)) or 'elementwise terms only'}",
    ]


def _made(program: Program) -> list[Array]:
    return [target_of(i) for r in plan(program) for i in r.items]
