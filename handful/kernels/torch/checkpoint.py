"""Training a scan that asks for checkpoints: segment by segment, one state kept for each.

Both passes go through slices of the timed arrays, √T of them, so what is saved between the passes
and what is at work within them grow with √T; arguments and results are what they are. The forward
pass is computed twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch

from handful.kernels.ir.nodes import Array
from handful.kernels.ir.program import Program
from handful.kernels.rewrite.grad import gradients
from handful.kernels.rewrite.segments import Segments
from handful.kernels.run.execute import Executable
from handful.kernels.torch.training import wanted_inputs

Tensor = torch.Tensor
Sizes = Mapping[str, int]
Values = dict[Array, Tensor]


def spans(length: int) -> list[tuple[int, int]]:
    """About √length segments of equal length, the last perhaps shorter: (start, stop) of each."""
    size = max(1, math.isqrt(max(0, length - 1)) + 1)
    return [(start, min(start + size, length)) for start in range(0, length, size)]


class Checkpointed:
    """The two passes, made of the three programs of `rewrite/segments.py`."""

    kept: tuple[int, ...] = ()
    """No output is saved beside the segments' states."""

    def __init__(self, program: Program, parts: Segments, wanted: tuple[bool, ...]) -> None:
        self.program, self.parts = program, parts
        self.wanted = wanted_inputs(program, wanted)
        learned = [*self.wanted, *parts.firsts, *parts.lasts, *parts.sums]
        self.first, self.step, self.end = (
            _Part(one, learned, parts) for one in (parts.first, parts.step, parts.end)
        )

    def segments(self, sizes: Sizes) -> list[tuple[int, int]]:
        """(start, stop) of each, in the order of the scan."""
        found = spans(sizes[self.parts.axis])
        return found[::-1] if self.parts.descending else found

    def within(self, values: Values, span: tuple[int, int], sizes: Sizes) -> Sizes:
        """Tell the step where it is; its sizes."""
        values[self.parts.start] = torch.tensor(span[0])
        values[self.parts.total] = torch.tensor(sizes[self.parts.axis])
        return {**sizes, self.parts.axis: span[1] - span[0]}

    def forward(
        self, tensors: list[Tensor], sizes: Sizes
    ) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The outputs; and the first state of every segment, the last state, and the sums."""
        parts, whole, saved = self.parts, (0, sizes[self.parts.axis]), []
        values = dict(zip(self.program.inputs, tensors, strict=True))
        kept = [a for a in parts.step.outputs if a not in parts.lasts]
        values.update({a: _zeros(a, sizes, values) for a in kept})
        values.update(zip(parts.first.outputs, self.first.run(values, whole, sizes), strict=True))
        for span in self.segments(sizes):
            saved += [values[a] for a in parts.firsts]
            own = self.within(values, span, sizes)
            found = self.step.run(values, span, own)
            for array, value in zip(kept, found, strict=False):
                parts.cut(array, values[array], span).add_(value)
            values.update(zip(parts.firsts, found[len(kept) :], strict=True))
        values.update(zip(parts.lasts, [values[a] for a in parts.firsts], strict=True))
        values.update(zip(parts.end.outputs, self.end.run(values, whole, sizes), strict=True))
        saved += [values[a] for a in (*parts.lasts, *parts.sums)]
        return [values[a] for a in self.program.outputs], saved

    def backward(
        self, tensors: list[Tensor], saved: Sequence[Tensor], seeds: list[Tensor], sizes: Sizes
    ) -> Sequence[Tensor]:
        """The cotangents of the wanted inputs, from the last segment to the first."""
        parts, whole, many = self.parts, (0, sizes[self.parts.axis]), len(self.parts.firsts)
        values = dict(zip(self.program.inputs, tensors, strict=True))
        ended = saved[len(saved) - many - len(parts.sums) :]
        values.update(zip((*parts.lasts, *parts.sums), ended, strict=True))
        outputs = [a for a in self.program.outputs if a.kind == "f"]
        bars = {a: _zeros(a, sizes, values) for a in (*self.wanted, *parts.lasts, *parts.sums)}
        for array, seed in zip(outputs, seeds, strict=True):
            bars[array] = bars[array] + seed if array in bars else seed
        self.end.pull(values, bars, whole, sizes)
        for number, span in reversed(list(enumerate(self.segments(sizes)))):
            values.update(zip(parts.firsts, saved[number * many :], strict=False))
            bars.update({a: _zeros(a, sizes, values) for a in parts.firsts})
            own = self.within(values, span, sizes)
            self.step.pull(values, bars, span, own)
            bars.update(zip(parts.lasts, [bars[a] for a in parts.firsts], strict=True))
        bars.update(zip(parts.firsts, [bars[a] for a in parts.lasts], strict=True))
        self.first.pull(values, bars, whole, sizes)
        return [bars[a] for a in self.wanted]


class _Part:
    """One program and its derivative, on the slices that a segment has."""

    def __init__(self, program: Program, learned: list[Array], parts: Segments) -> None:
        self.program, self.parts = program, parts
        self.learned = [a for a in learned if a in program.inputs and a.kind == "f"]
        self.forward = Executable(program)
        self.backward = Executable(gradients(program, self.learned))

    def inputs(self, values: Values, span: tuple[int, int]) -> list[Tensor]:
        return [self.parts.cut(a, values[a], span) for a in self.program.inputs]

    def run(self, values: Values, span: tuple[int, int], sizes: Sizes) -> Sequence[Tensor]:
        """The outputs."""
        if not self.program.outputs:
            return []
        return self.forward.run(self.inputs(values, span), sizes)

    def pull(self, values: Values, bars: Values, span: tuple[int, int], sizes: Sizes) -> None:
        """Add to the cotangents of the inputs what those of the outputs bring."""
        outputs = [a for a in self.program.outputs if a.kind == "f"]
        if not outputs:
            return
        seeds = [self.parts.cut(a, bars[a], span) for a in outputs]
        found = self.backward.run([*self.inputs(values, span), *seeds], sizes)
        for array, value in zip(self.learned, found, strict=True):
            self.parts.cut(array, bars[array], span).add_(value)


def _zeros(array: Array, sizes: Sizes, values: Values) -> Tensor:
    like = next(t for a, t in values.items() if a.kind == "f")
    shape = [sizes[d.axis] + d.extra for d in array.dims]
    return like.new_zeros(shape, dtype=like.dtype if array.kind == "f" else torch.int64)
