"""Elementwise arrays that are as cheap to compute as to read are computed where they are read.

    δ1'[n,d] = y'[n,d]*w[d];  x'[n,d] = δ1'[n,d]*r[n]  →  x'[n,d] = y'[n,d]*w[d]*r[n]

An operand of a product stays an array, and so does what is read elsewhere or at computed places.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Node
from handful.kernels.ir.program import Equation, at_load
from handful.kernels.schedule.contractions import (
    Item,
    is_made_once,
    is_packed,
    item_reads,
    target_of,
)
from handful.kernels.schedule.share import LEAST_WORK, work


def inline(items: list[Item], elsewhere: Set[Array]) -> list[Item]:
    """The items without the arrays that need not be; those `elsewhere` are read by others."""
    made: dict[Array, Equation] = {}
    out: list[Item] = []
    for item in items:
        new: dict[Node, Node] = {}
        for load in item_reads(item):
            if load.array in made:
                e = made[load.array]
                new[load] = at_load(e.expr, e, load)
        if new and isinstance(item, Equation):
            item = replace(item, expr=nodes.replaced(item.expr, new))
        if isinstance(item, Equation) and item.target not in elsewhere and _spare(item, items):
            made[item.target] = item
        else:
            out.append(item)
    return out


def _spare(e: Equation, items: list[Item]) -> bool:
    """Whether the readers of an elementwise array may compute it."""
    if e.op != "=" or is_packed(e.target) or is_made_once(e.target):
        return False
    readers = [i for i in items if any(load.array is e.target for load in item_reads(i))]
    uses = [load for i in readers for load in item_reads(i) if load.array is e.target]
    plain = all(isinstance(i, Axis) for i in (*e.index, *[i for u in uses for i in u.index]))
    alone = [target_of(i) for i in items].count(e.target) == 1
    if not (plain and alone and all(isinstance(i, Equation) for i in readers)):
        return False
    first = readers[0] if readers else e
    once = len(uses) == 1 and isinstance(first, Equation) and len(e.index) == len(first.domain)
    return once or work(e.expr, e.index) < LEAST_WORK
