"""Kernels as one registered operator, for `torch.compile` and `torch.export`.

The eager path does not pass here: a registered operator costs microseconds that a call need not pay
(pytorch #177109). A kernel is found by a key, the hash of its equations, so an exported graph finds
it again in any process that has made the same kernel.
"""

from __future__ import annotations

from typing import Any

import torch

from handful.errors import KernelError
from handful.kernels.run.definition import Definition
from handful.kernels.torch.autograd import call

known: dict[str, Definition] = {}


def _find(key: str) -> Definition:
    if key not in known:
        raise KernelError(
            f"a compiled graph asks for kernel {key}, which was not made in this process.",
            attempt="import the module that holds it, then load the graph",
        )
    return known[key]


def _sizes(names: str, values: list[int]) -> dict[str, int]:
    return dict(zip(names.split(), values, strict=True))


_SCHEMA = "(str key, Tensor[] arguments, str names, int[] values) -> Tensor[]"


@torch.library.custom_op("handful::kernel", mutates_args=(), schema=_SCHEMA)
def run(
    key: str, arguments: list[torch.Tensor], names: str, values: list[int]
) -> list[torch.Tensor]:
    """The kernel called `key`; `names` and `values` are the sizes given by keyword."""
    with torch.no_grad():
        return list(call(_find(key), list(arguments), _sizes(names, values)))


@run.register_fake
def _shapes(
    key: str, arguments: list[torch.Tensor], names: str, values: list[int]
) -> list[torch.Tensor]:
    kernel = _find(key)
    sizes = kernel.sizes(list(arguments), _sizes(names, values))
    like = next(a for a in arguments if a.dtype.is_floating_point)
    return [
        like.new_empty(
            [sizes[d.axis] + d.extra for d in array.dims],
            dtype=like.dtype if array.kind == "f" else torch.int64,
        )
        for array in kernel.program.outputs
    ]


def _setup(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    key, arguments, names, values = inputs
    ctx.key, ctx.names, ctx.values = key, names, values
    ctx.shapes = [o.shape for o in output]
    ctx.save_for_backward(*arguments)


def _backward(ctx: Any, cotangents: list[torch.Tensor | None]) -> tuple[Any, ...]:
    kernel, arguments = _find(ctx.key), ctx.saved_tensors
    like = next(a for a in arguments if a.dtype.is_floating_point)
    seeds = [
        like.new_zeros(shape) if c is None else c
        for c, shape, array in zip(cotangents, ctx.shapes, kernel.program.outputs, strict=True)
        if array.kind == "f"
    ]
    found = iter(run(register(kernel.grad), [*arguments, *seeds], ctx.names, ctx.values))
    grads = [next(found) if a.kind == "f" else None for a in kernel.program.inputs]
    return None, grads, None, [None] * len(ctx.values)


run.register_autograd(_backward, setup_context=_setup)


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def register(kernel: Definition) -> str:
    """The key under which the operator finds `kernel`."""
    known[kernel.key] = kernel
    return kernel.key
