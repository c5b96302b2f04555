"""What the planner decides, as data."""

from __future__ import annotations

from dataclasses import dataclass

from handful.kernels.ir.nodes import Array, Axis
from handful.kernels.ir.program import Loop
from handful.kernels.schedule.contractions import Item


@dataclass(frozen=True, slots=True)
class Region:
    """Items that run one after the other, for each value of `single` and each block of `block`.

    Different values and blocks are independent, so they are the parallel tasks. With `loop` the
    items are repeated along it, inside the task: no barrier per step. With `number` the blocks are
    those of `partial_sums.py`, and this is the axis that numbers them.
    """

    single: tuple[Axis, ...]
    block: Axis | None
    items: tuple[Item, ...]
    local: tuple[Array, ...] = ()
    loop: Loop | None = None
    number: Axis | None = None
