"""Questions about the loop IR: which arrays and axes a command names, and how much work it is."""

from __future__ import annotations

from collections.abc import Iterable

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Node, Op, Size
from handful.kernels.loops.ir import (
    ONCE,
    Command,
    Fill,
    Folds,
    For,
    Gemm,
    Leaf,
    Pick,
    Picked,
    Strip,
    Task,
    own_axes,
    terms,
)


def with_axes(
    body: tuple[Command, ...], axes: tuple[Axis, ...] = ()
) -> list[tuple[Leaf, tuple[Axis, ...]]]:
    """Every command that is no loop, with the axes open around it."""
    out: list[tuple[Leaf, tuple[Axis, ...]]] = []
    for c in body:
        if isinstance(c, For):
            out += with_axes(c.body, (*axes, c.axis))
        elif isinstance(c, Folds):
            out += with_axes(c.body, axes)
        else:
            out.append((c, axes))
    return out


def leaves(body: tuple[Command, ...]) -> list[Leaf]:
    """Every command that is no loop."""
    return [c for c, _ in with_axes(body)]


def chooses(body: tuple[Command, ...]) -> bool:
    """Whether a command chooses the smallest of values or of sums."""
    return any(isinstance(c, Pick) or (isinstance(c, Strip) and c.chosen) for c in leaves(body))


def mentioned(tasks: tuple[Task, ...]) -> dict[Array, None]:
    """Every array that the tasks read or write, in order."""
    out: dict[Array, None] = {}
    for task in tasks:
        for c in (*task.before, *leaves(task.body)):
            out[c.target] = None
            out.update({load.array: None for load in nodes.loads(*terms(c))})
    return out


def axis_names(arrays: Iterable[Array], tasks: tuple[Task, ...]) -> set[str]:
    """Every axis whose size the code needs."""
    out = {d.axis for a in arrays for d in a.dims}
    for task in tasks:
        out |= {a.name for a in task.single} | ({task.block.name} if task.block else set())
        for c, axes in with_axes(task.body):
            out |= {a.name for a in axes if a is not ONCE}
            for node in nodes.topological(*terms(c)):
                if isinstance(node, Axis):
                    out.add(node.name)
                elif isinstance(node, Size):
                    out.add(node.axis)
    return out


def work(task: Task) -> str:
    """C text of roughly how many scalar operations the task makes."""
    parts = []
    for c, axes in with_axes(task.body):
        if isinstance(c, Fill):
            continue
        own, each = own_axes(c), 1
        if isinstance(c, Pick) and c.bound is not None:  # few more than bounds are computed
            own, each = (c.axis,), flops(c.bound)
        elif not isinstance(c, Gemm | Picked):
            each = flops(c.expr)
        over = {*axes, *task.single, *own}
        names = sorted(f"n_{a.name}" for a in over if a is not ONCE)
        parts.append(" * ".join([str(each), *names]))
    return " + ".join(parts) or "0"


def flops(node: Node) -> int:
    """Operations of one evaluation of a term."""
    return 1 + sum(ops.TABLE[n.name].flops for n in nodes.topological(node) if isinstance(n, Op))
