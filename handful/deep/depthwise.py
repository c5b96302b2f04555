"""Depthwise convolution of five by five whose derivative is not slow on a CPU.

oneDNN's derivative by the weights has a fast way for kernels three wide, and takes ten times as
long for five: at (32, 1152, 7, 7) 2.2 ms of a core against 25. So the five columns are computed as
two kernels of three that share the middle one. A kernel that begins two columns further right is
one that begins where it did, on outputs that stand two columns further right.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

SIDE, PART = 5, 3
BEYOND = SIDE - PART


def suits(x: Tensor, weight: Tensor, stride: int) -> bool:
    """Is this the case that is slow, and can be had faster?"""
    slow = x.device.type == "cpu" and weight.shape[1:] == (1, SIDE, SIDE) and stride in (1, 2)
    return slow and weight.requires_grad and torch.is_grad_enabled()


def depthwise(
    x: Float[Tensor, "n c h w"],
    weight: Float[Tensor, "c 1 5 5"],
    bias: Float[Tensor, " c"] | None,
    stride: int,
    padding: int,
) -> Float[Tensor, "n c h2 w2"]:
    """`F.conv2d` with a group for each channel; stride 1 or 2."""
    y: Tensor = _Depthwise.apply(x, weight, bias, stride, padding)  # type: ignore[no-untyped-call]
    return y


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int
    ) -> Tensor:
        context.save_for_backward(x, weight)
        context.stride, context.padding = stride, padding
        return F.conv2d(x, weight, bias, stride, padding, groups=len(weight))

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = context.saved_tensors
        slope, stride, padding = slopes[0], context.stride, context.padding
        by_x, by_weight, by_bias = context.needs_input_grad[:3]
        of_x = of_bias = of_weight = None
        if by_x:
            of_x = _backward(slope, x, weight, stride, padding, of_x=True)
        if by_weight:
            part = weight[:, :, :, :PART].contiguous()
            wide = F.pad(x, (padding,) * 4) if padding else x  # oneDNN's own padding is slow here
            room = (wide.shape[3] - PART) // stride + 1 - slope.shape[3]
            shift = BEYOND // stride
            left = _backward(F.pad(slope, (0, room)), wide, part, stride, 0)
            right = _backward(F.pad(slope, (shift, room - shift)), wide, part, stride, 0)
            of_weight = torch.cat([left, right[:, :, :, PART - BEYOND :]], 3)
        if by_bias:
            of_bias = slope.sum((0, 2, 3))
        return of_x, of_weight, of_bias, None, None


def _backward(
    slope: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int, *, of_x: bool = False
) -> Tensor:
    """The derivative by the input, or by the weight."""
    result: tuple[Tensor, ...] = torch.ops.aten.convolution_backward(
        slope,
        x,
        weight,
        None,
        [stride, stride],
        [padding, padding],
        [1, 1],
        False,
        [0, 0],
        len(weight),
        [of_x, not of_x, False],
    )
    return result[0 if of_x else 1]
