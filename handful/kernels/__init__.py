"""The kernel language: write the equation, get a layer with its derivative.

Files in the order of the passes:

    nodes.py       terms of the index IR                       ┐
    ops.py         the one table of operators                  │ the language
    expr.py        what a user writes                          │
    trace.py       a Python function → terms                   │
    scans.py       a scan's states and one step of them        │
    named.py       names for what is made of other constructs  ┘
    program.py     equations, and their checker                ┐
    normal.py      terms → equations                           │ the index IR
    beside.py      products of the same rows become one        │
    factor.py      factors in front of sums                    │
    slices.py      sums of all slices become one               │
    into_loops.py  what is done at each step of a loop         │
    grad.py        equations → equations of the derivative     ┘
    guards.py      what a condition lets a read reach
    arguments.py   checks of a call
    interp.py      what it means, in NumPy
    definition.py  equations, their checks, their derivative
    fallback.py    the same in torch operations
    invert.py      a scattered product becomes a gathered one  ┐
    bounds.py      what is nearest is looked for by a bound    │
    tables.py      what is known of an index table             │
    specialise.py  axes of one size become one axis            │
    strides.py     how a load lies in memory                   │
    contract.py    which equations are matrix products         │
    blocks.py      which of them can run block by block        │
    recompute.py   what is too large to store is made again    │
    share.py       what several sums read is computed once     │
    inline.py      what is cheap is computed where it is read  │
    region.py      what the planner decides                    │
    parts.py       a sum over rows, block by block             │
    plan.py        what runs together, in what scratch         │
    loops.py       loops, and their checker                    │ native code
    fuse.py        neighbouring loops put together             │
    lower.py       the plan as loops                           │
    prelude.py     the C that stands before every kernel       │
    walks.py       questions about loops                       │
    emit_terms.py  places in memory and terms → C              │
    emit_sums.py   sums and choices → C                        │
    emit_products.py  matrix products → C                      │
    emit_c.py      loops → C                                   │
    build.py       C → shared object, once per machine         │
    memory.py      what a call writes to                       │
    native.py      the call                                    ┘
    execute.py     native code, or the fallback
    segments.py    a scan cut in time                          ┐
    training.py    what is saved, what is computed again       │ learning
    checkpoint.py  the same, segment by segment                ┘
    torch_op.py    the call, and autograd
    library.py     the operator that torch.compile and torch.export see
    explain.py     the report
    kernel.py      the public object
"""

from handful.kernels.expr import (
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
from handful.kernels.kernel import Kernel, kernel
from handful.kernels.named import argmax, argmin, cumsum, logaddexp, logsumexp, prod
from handful.kernels.scans import scan
from handful.kernels.trace import F, I

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
