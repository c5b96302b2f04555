"""The two passes of a kernel that learns: what the forward pass saves, and the backward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Load, Node, Op
from handful.kernels.ir.ops import op
from handful.kernels.ir.program import (
    Equation,
    Loop,
    Program,
    Statement,
    check,
    ends,
    fits,
    flat,
    needed,
    read_by,
    writes,
)
from handful.kernels.rewrite.grad import copied, gradients
from handful.kernels.run.execute import Executable
from handful.kernels.schedule.share import LEAST_WORK, work

Tensor = torch.Tensor
Sizes = Mapping[str, int]


class Training:
    """A kernel's forward with the arrays that its backward wants, and that backward.

    Saved are the results of reductions, the states and the choices, where they are no larger than
    what goes in and comes out anyway (judged by their axes), and the outputs that the derivative
    can be told from; all else is computed again.
    """

    def __init__(self, program: Program, wanted: tuple[bool, ...]) -> None:
        floats = wanted_inputs(program, wanted)
        backward = _told_from_outputs(gradients(program, floats), program)
        worth = _worth_saving(program, backward)
        cut = _without(backward, (*worth, *program.outputs))
        read = read_by(*cut.body)
        extra = tuple(a for a in worth if a in read)
        self.kept = [place for place, a in enumerate(program.outputs) if a in read]
        self.saved = (*extra, *[program.outputs[place] for place in self.kept])
        self.program = check(replace(cut, inputs=(*cut.inputs, *self.saved)))
        self.program, self.places = _distinct(self.program)
        self.num_outputs = len(program.outputs)
        self.run_forward = Executable(replace(program, outputs=(*program.outputs, *extra)))
        self.run_backward = Executable(self.program)

    def forward(
        self, tensors: list[Tensor], sizes: Sizes
    ) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The outputs, and what to save: last, again, the outputs in the places `kept`."""
        if not self.run_forward.knows(tensors, sizes):
            for executable in (self.run_forward, self.run_backward):  # compiled side by side
                executable.begin(tensors, sizes)
        found = self.run_forward.run(tensors, sizes)
        outputs, extra = found[: self.num_outputs], found[self.num_outputs :]
        return outputs, (*extra, *[outputs[place] for place in self.kept])

    def backward(
        self, tensors: list[Tensor], saved: Sequence[Tensor], seeds: list[Tensor], sizes: Sizes
    ) -> Sequence[Tensor]:
        """The cotangents of the wanted inputs; `seeds` are those of the float outputs. Equal ones
        are one tensor, as those of a sum's terms are in torch."""
        found = self.run_backward.run([*tensors, *seeds, *saved], sizes)
        return [found[place] for place in self.places]


def wanted_inputs(program: Program, wanted: tuple[bool, ...]) -> list[Array]:
    """The float inputs among those that want a gradient."""
    pairs = zip(program.inputs, wanted, strict=True)
    return [a for a, want in pairs if want and a.kind == "f"]


def _distinct(program: Program) -> tuple[Program, list[int]]:
    """`program` without results that only repeat another, and the place of each result in it."""
    copies: dict[Array, Array] = {}
    for s in program.body:
        source = copied(s)
        if isinstance(s, Equation) and s.target in program.outputs and source in program.outputs:
            copies[s.target] = copies.get(source, source)
    outputs = tuple(a for a in program.outputs if a not in copies)
    body = tuple(s for s in program.body if not writes(s) & copies.keys())
    places = [outputs.index(copies.get(a, a)) for a in program.outputs]
    return check(replace(program, outputs=outputs, body=body)), places


def _told_from_outputs(backward: Program, program: Program) -> Program:
    """`backward` with dear terms read from an output that holds them, alone or divided.

    y[n,d] = exp(x[n,d])/s[n]; x'[n,d] = y'[n,d]*exp(x[n,d])*f[n]
        →  x'[n,d] = y'[n,d]*(y[n,d]*s[n])*f[n]
    """
    new: dict[Node, Node] = {}
    for e in program.body:
        if isinstance(e, Equation) and e.op == "=" and e.target in program.outputs:
            new |= _held(e)
    made = {e.target for e, _ in flat(program.body)}  # by the forward pass, and maybe made again

    def told_from(s: Statement) -> Statement:
        if isinstance(s, Loop) or s.target in made:
            return s
        return replace(s, expr=nodes.replaced(s.expr, new))

    body = tuple(map(told_from, backward.body))
    told = replace(backward, body=body, inputs=(*backward.inputs, *program.outputs))
    return replace(needed(told, told.outputs), inputs=backward.inputs)


def _held(e: Equation) -> dict[Node, Node]:
    """What an output's equation lets one read: itself, or what it divides."""
    output = Load(e.target, e.index)
    found: dict[Node, Node] = {e.expr: output} if work(e.expr, ()) >= LEAST_WORK else {}
    match e.expr:
        case Op(name="div", args=(a, b)) if work(a, ()) >= LEAST_WORK > work(b, ()):
            found[a] = op("mul", output, b)
    return found


def _worth_saving(program: Program, backward: Program) -> tuple[Array, ...]:
    around, fixed = ends(program), {axis for axis, _ in program.counts}
    plain_loops = {e.target for e, loop in flat(program.body) if loop and loop.checkpoint}
    states = {a for s in program.body if isinstance(s, Loop) for a in _states(s)}
    made = {e.target: None for e, _ in flat(program.body)}
    used = {e.target for e, _ in flat(backward.body)}
    return tuple(
        a
        for a in made
        if a in used
        and a not in program.outputs
        and fits(a.axes, around, but=fixed)
        and (a not in plain_loops or a in states)
    )


def _states(loop: Loop) -> set[Array]:
    return {e.target for e in loop.body if isinstance(e, Equation) and e.op == "="}


def _without(program: Program, arrays: tuple[Array, ...]) -> Program:
    """`program` without the statements that write `arrays`, nor what only they needed."""
    gone = set(arrays)
    body: list[Statement] = []
    for s in program.body:
        if isinstance(s, Loop):
            inner = tuple(e for e in s.body if e.target not in gone)
            if inner:
                body.append(replace(s, body=inner))
        elif not writes(s) & gone:
            body.append(s)
    cut = replace(program, body=tuple(body))
    return needed(cut, cut.outputs)
