"""Kernels among torch's autograd: the call, and who gets a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from handful.errors import KernelError
from handful.kernels.rewrite.segments import segments
from handful.kernels.run.definition import Definition
from handful.kernels.run.execute import Executable
from handful.kernels.run.tables import span
from handful.kernels.torch.checkpoint import Checkpointed
from handful.kernels.torch.training import Training

Tensor = torch.Tensor
Sizes = dict[str, int]

_FLOATS = {torch.float32: "float32", torch.float64: "float64"}


def call(kernel: Definition, arguments: list[Any], given: Sizes) -> tuple[Tensor, ...]:
    """Check, then run, with autograd where it is asked for."""
    # arguments like those that were found right once need no second look, unless they are tables
    seen = [(a.shape, a.dtype, a.is_cpu) if isinstance(a, Tensor) else None for a in arguments]
    key = (*seen, *given.items())
    sizes = kernel.known_sizes.get(key)
    if sizes is None or kernel.tables:
        arguments, sizes = _checked(kernel, arguments, given, sizes)
        kernel.known_sizes[key] = sizes
    if torch.is_grad_enabled() and any(a.requires_grad for a in arguments):
        return tuple(_apply(kernel, sizes, *arguments))
    return plain(kernel).run(arguments, sizes)


def _checked(
    kernel: Definition, arguments: list[Any], given: Sizes, known: Sizes | None
) -> tuple[list[Tensor], Sizes]:
    """Tensors as the code takes them, and the size of every axis.

    Args:
        known: the sizes, where only what stands in the tables may be wrong.
    """
    kernel.check_count(len(arguments))
    tensors = _tensors(kernel, arguments)
    sizes = kernel.sizes(tensors, given) if known is None else known
    spans = {a.name: span(tensors[i]) for i, a in kernel.tables if tensors[i].numel()}
    kernel.check_ranges(sizes, spans, tensors)
    return tensors, sizes


def plain(kernel: Definition) -> Executable:
    """The kernel's forward pass, by itself."""
    if "plain" not in kernel.variants:
        kernel.variants["plain"] = Executable(kernel.wide)
    found = kernel.variants["plain"]
    assert isinstance(found, Executable)
    return found


def _tensors(kernel: Definition, arguments: list[Any]) -> list[Tensor]:
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
        if not value.is_cpu:
            raise KernelError(
                f"{kernel.name}: {parameter.name} is on {value.device}",
                expected="tensors in main memory; kernels have no other back end yet",
                attempt=f"{parameter.name}.cpu()",
            )
        whole = parameter.kind == "f" or value.dtype is torch.int64
        out.append(value if whole else value.long())
    return out


def _training(kernel: Definition, wanted: tuple[bool, ...]) -> Training | Checkpointed:
    if wanted not in kernel.variants:
        cut = segments(kernel.wide)
        kernel.variants[wanted] = (
            Training(kernel.wide, wanted) if cut is None else Checkpointed(kernel.wide, cut, wanted)
        )
    found = kernel.variants[wanted]
    assert isinstance(found, Training | Checkpointed)
    return found


class _Apply(torch.autograd.Function):
    """Forward and backward as two executables; a backward of the backward is the same class."""

    @staticmethod
    def forward(ctx: Any, kernel: Definition, sizes: Sizes, *tensors: Tensor) -> tuple[Tensor, ...]:
        training = _training(kernel, tuple(ctx.needs_input_grad[2:]))
        outputs, saved = training.forward(list(tensors), sizes)
        ctx.kernel, ctx.sizes, ctx.training = kernel, sizes, training
        extra = len(saved) - len(training.kept)
        ctx.save_for_backward(*tensors, *saved[extra:])
        # no part of the graph, so plain references; freed with the graph node
        ctx.extra = saved[:extra]
        ctx.mark_non_differentiable(
            *[o for o, a in zip(outputs, kernel.program.outputs, strict=True) if a.kind != "f"]
        )
        ctx.set_materialize_grads(False)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Any, ...]:
        kernel, sizes, count = ctx.kernel, ctx.sizes, len(ctx.kernel.program.inputs)
        tensors, kept = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
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
        found = iter(ctx.training.backward(list(tensors), [*ctx.extra, *kept], seeds, sizes))
        wants = zip(kernel.program.inputs, ctx.needs_input_grad[2:], strict=True)
        return (None, None, *[next(found) if want and a.kind == "f" else None for a, want in wants])


_apply: Callable[..., tuple[Tensor, ...]] = _Apply.apply
