"""The kernel language: write the equation, get a layer with its derivative.

Folders in the order of the passes; a folder imports those above it, never those below it:

    ir/        the index IR: terms, the one table of operators, equations and their checker
    front/     a Python function → terms → equations; the checks of a call
    rewrite/   equations → equations that mean the same; the derivative
    schedule/  which equations are matrix products, what runs together, in what scratch memory
    loops/     the plan → loops, and their checker
    c/         loops → C → a shared object, once per machine
    oracle/    what equations mean, in NumPy and in torch operations
    run/       the definition of a kernel, and its call: native code, or the torch operations
    torch/     autograd, training passes, checkpoints, torch.compile and torch.export
    explain.py the report
    kernel.py  the public object
    gallery/   kernels that are ready to use
"""

from handful.kernels.front.composed import argmax, argmin, cumsum, logaddexp, logsumexp, prod
from handful.kernels.front.expr import (
    AxisExpr,
    Expr,
    axes,
    clip,
    cos,
    erf,
    exp,
    floor,
    gelu,
    inf,
    log,
    max,
    maximum,
    mean,
    min,
    minimum,
    padded,
    relu,
    round,
    rsqrt,
    sigmoid,
    silu,
    sin,
    size,
    smallest,
    softmax,
    sqrt,
    stop,
    sum,
    tanh,
    trunc,
    where,
)
from handful.kernels.front.scans import scan
from handful.kernels.front.trace import F, I
from handful.kernels.kernel import Kernel, kernel

__all__ = [
    "AxisExpr",
    "Expr",
    "F",
    "I",
    "Kernel",
    "argmax",
    "argmin",
    "axes",
    "clip",
    "cos",
    "cumsum",
    "erf",
    "exp",
    "floor",
    "gelu",
    "inf",
    "kernel",
    "log",
    "logaddexp",
    "logsumexp",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "padded",
    "prod",
    "relu",
    "round",
    "rsqrt",
    "scan",
    "sigmoid",
    "silu",
    "sin",
    "size",
    "smallest",
    "softmax",
    "sqrt",
    "stop",
    "sum",
    "tanh",
    "trunc",
    "where",
]
