"""Kernels among torch's autograd: what is saved, what is computed again, who gets a gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from handful.errors import KernelError
from handful.kernels.execute import Executable
from handful.kernels.grad import differentiate
from handful.kernels.kernel import Kernel, _finder
from handful.kernels.nodes import Array
from handful.kernels.program import (
    Equation,
    Loop,
    Program,
    Statement,
    check,
    ends,
    fits,
    flat,
    needed,
    writes,
)
from handful.kernels.tables import span

Tensor = torch.Tensor
Sizes = dict[str, int]
MOST_SHAPES = 256
"""Combinations of shapes remembered for each kernel."""

_FLOATS = {torch.float32: "float32", torch.float64: "float64"}


def call(kernel: Kernel, arguments: list[Any], given: Sizes) -> tuple[Tensor, ...]:
    """Check, then run, with autograd where it is asked for."""
    kernel.check_count(len(arguments))
    tensors = _tensors(kernel, arguments)
    # shapes that were found right once need no second look
    key = tuple([t.shape for t in tensors]), tuple(given.items())
    sizes = kernel.known_sizes.get(key)
    fresh = sizes is None
    if sizes is None:
        if len(kernel.known_sizes) >= MOST_SHAPES:
            kernel.known_sizes.clear()
        sizes = kernel.sizes(tensors, given)
    if fresh or kernel.tables:
        ranges = {kernel.program.inputs[i].name: span(tensors[i]) for i in kernel.tables
                  if tensors[i].numel()}  # fmt: skip
        kernel.arguments.ranges(sizes, ranges, _finder(kernel.program, tensors))
        kernel.known_sizes[key] = sizes
    if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
        return tuple(_apply(kernel, sizes, *tensors))
    return plain(kernel).run(tensors, sizes)


def plain(kernel: Kernel) -> Executable:
    """The kernel's forward pass, by itself."""
    if "plain" not in kernel.variants:
        kernel.variants["plain"] = Executable(kernel.program)
    found = kernel.variants["plain"]
    assert isinstance(found, Executable)
    return found


def _tensors(kernel: Kernel, arguments: list[Any]) -> list[Tensor]:
    parameters = kernel.program.inputs
    pairs = zip(arguments, parameters, strict=True)
    floats = (a.dtype for a, p in pairs if p.kind == "f" and isinstance(a, Tensor))
    wanted = next((d for d in floats if d in _FLOATS), torch.float32)
    out = []
    for value, parameter in zip(arguments, parameters, strict=True):
        if not isinstance(value, Tensor):
            raise KernelError(
                f"{kernel.name}: {parameter.name} is a {type(value).__name__} among tensors",
                expected="torch tensors alone, or NumPy arrays alone",
                attempt="torch.as_tensor(value)",
            )
        if value.dtype is not (wanted if parameter.kind == "f" else torch.int64):
            kernel.check_dtype(parameter, str(value.dtype).removeprefix("torch."), _FLOATS[wanted])
        if value.device.type != "cpu":
            raise KernelError(
                f"{kernel.name}: {parameter.name} is on {value.device}",
                expected="tensors in main memory; kernels have no other back end yet",
                attempt=f"{parameter.name}.cpu()",
            )
        whole = parameter.kind == "f" or value.dtype is torch.int64
        out.append(value if whole else value.long())
    return out


class Training:
    """A kernel's forward with the arrays that its backward wants, and that backward.

    Saved are the results of reductions, the states and the choices, where they are no larger than
    what goes in and comes out anyway (judged by their axes); all else is computed again.
    """

    def __init__(self, kernel: Kernel, wanted: tuple[bool, ...]) -> None:
        program = kernel.program
        whole = differentiate(program)
        floats = [a for a in program.inputs if a.kind == "f"]
        by_input = dict(zip(floats, whole.outputs, strict=True))
        pairs = zip(program.inputs, wanted, strict=True)
        outputs = tuple(by_input[a] for a, want in pairs if want and a in by_input)
        backward = needed(whole, outputs)
        self.saved = _worth_saving(program, backward)
        cut = _without(backward, self.saved)
        self.backward = check(replace(cut, inputs=(*cut.inputs, *self.saved)))
        self.forward = replace(program, outputs=(*program.outputs, *self.saved))
        self.run_forward, self.run_backward = Executable(self.forward), Executable(self.backward)


def _worth_saving(program: Program, backward: Program) -> tuple[Array, ...]:
    around = ends(program)
    plain_loops = {e.target for e, loop in flat(program.body) if loop and loop.checkpoint}
    states = {a for s in program.body if isinstance(s, Loop) for a in _states(s)}
    made = {e.target: None for e, _ in flat(program.body)}
    used = {e.target for e, _ in flat(backward.body)}
    return tuple(
        a
        for a in made
        if a in used
        and a not in program.outputs
        and fits(a, around)
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


def _training(kernel: Kernel, wanted: tuple[bool, ...]) -> Training:
    if wanted not in kernel.variants:
        kernel.variants[wanted] = Training(kernel, wanted)
    found = kernel.variants[wanted]
    assert isinstance(found, Training)
    return found


class _Apply(torch.autograd.Function):
    """Forward and backward as two executables; a backward of the backward is the same class."""

    @staticmethod
    def forward(ctx: Any, kernel: Kernel, sizes: Sizes, *tensors: Tensor) -> tuple[Tensor, ...]:
        training = _training(kernel, tuple(ctx.needs_input_grad[2:]))
        found = training.run_forward.run(list(tensors), sizes)
        outputs, saved = found[: len(kernel.program.outputs)], found[len(kernel.program.outputs) :]
        ctx.kernel, ctx.sizes, ctx.training = kernel, sizes, training
        ctx.save_for_backward(*tensors)
        # no part of the graph, so plain references; freed with the graph node
        ctx.extra = saved
        ctx.mark_non_differentiable(
            *[o for o, a in zip(outputs, kernel.program.outputs, strict=True) if a.kind != "f"]
        )
        ctx.set_materialize_grads(False)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Any, ...]:
        kernel, sizes, tensors = ctx.kernel, ctx.sizes, ctx.saved_tensors
        seeds = []
        like = next(t for t, a in zip(tensors, kernel.program.inputs, strict=True) if a.kind == "f")
        for cotangent, array in zip(cotangents, kernel.program.outputs, strict=True):
            if array.kind == "f":
                shape = tuple(sizes[d.axis] + d.extra for d in array.dims)
                seeds.append(like.new_zeros(shape) if cotangent is None else cotangent)
        if torch.is_grad_enabled():
            every = iter(_apply(kernel.grad, sizes, *tensors, *seeds))
            grads = [next(every) if a.kind == "f" else None for a in kernel.program.inputs]
            return (None, None, *grads)
        found = iter(ctx.training.run_backward.run([*tensors, *seeds, *ctx.extra], sizes))
        wants = zip(kernel.program.inputs, ctx.needs_input_grad[2:], strict=True)
        return (None, None, *[next(found) if want and a.kind == "f" else None for a, want in wants])


_apply: Callable[..., tuple[Tensor, ...]] = _Apply.apply
