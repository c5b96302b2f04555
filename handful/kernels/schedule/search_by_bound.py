"""What lies nearest is looked for by a lower bound that is one matrix product.

    sum1[i,j] += (x[i,d] - y[j,d])**2 over d;  near[i,:] = smallest 8 over j of sum1[i,j]
        →  square#1[i] += x[i,d]**2 over d;  square#2[j] += y[j,d]**2 over d
           product#1[i,j] += x[i,d]*y[j,d] over d
           near[i,:] = smallest 8 over j of the sum over d of (x[i,d] - y[j,d])**2,
               where (square#1[i] + square#2[j])*(1 - slack) - 2*product#1[i,j] leaves it a chance

The three sums are as far from the true distance as their rounding lets them be, and what is far
from zero loses the digits in which neighbours differ. So they choose nothing: they only tell which
of the distances are worth computing, and those are computed as they are written. The slack is the
most by which rounding can part the two. Source: Higham, Accuracy and Stability of Numerical
Algorithms (2002), section 3.1: a sum of d products is off by at most d·u/(1 - d·u) of the sum of
their sizes, in whatever order it is taken.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node, Op, Size
from handful.kernels.ir.ops import op, product
from handful.kernels.ir.program import (
    Choose,
    Equation,
    Program,
    Statement,
    at_load,
    check,
    read_by,
    writes,
)
from handful.kernels.schedule.contractions import Contraction, Namer

SQUARE, PRODUCT = "square#", "product#"
"""Begin names of the arrays that make a bound."""

UNIT = 2.0**-24
"""The most by which rounding changes a float32, as a part of it; a float64 it changes less."""

UNDERFLOW = 1e-37
"""More than a product of two float32 loses where it is rounded, or flushed, to zero."""

LEAST, MOST = 48, 2**20
"""Numbers of a point from which a product is sooner had than the distances; and up to which its
rounding, times those, is small."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A program that looks by bounds, and the axes that each of its distances sums over."""

    program: Program
    over: tuple[tuple[str, ...], ...]

    def pays(self, sizes: Mapping[str, int]) -> bool:
        """Whether to run it, for these sizes."""
        return all(LEAST <= math.prod(sizes[a] for a in axes) <= MOST for axes in self.over)


def bounded(program: Program) -> Bounded | None:
    """The program with bounds, if it looks for what is nearest."""
    body: list[Statement] = []
    replaced: list[Equation] = []
    for s in program.body:
        found = _distances(s, program) if isinstance(s, Choose) else None
        if isinstance(s, Choose) and found is not None:
            body += _by_bound(s, *found, len(replaced))
            replaced.append(found[0])
        else:
            body.append(s)
    if not replaced:
        return None
    left = tuple(s for s in body if s not in replaced)
    over = tuple(tuple(a.name for a in _summed(e)) for e in replaced)
    return Bounded(check(replace(program, body=left)), over)


def _distances(c: Choose, program: Program) -> tuple[Equation, Load, Load] | None:
    """What makes the squared distances that are chosen from, and the two points of each."""
    if not isinstance(c.expr, Load) or c.expr.array in program.inputs:
        return None
    e, *others = [s for s in program.body if c.expr.array in writes(s)]
    if others or not isinstance(e, Equation) or e.op != "sum":
        return None
    if not all(isinstance(i, Axis) for i in e.index):
        return None
    readers = [s for s in program.body if e.target in read_by(s)]
    match e.expr:
        case Op(name="mul", args=(Op(name="sub", args=(Load() as x, Load() as y)) as t, u)) if (
            t is u and readers == [c] and e.target not in program.outputs
        ):
            pair = replace(e, expr=op("mul", x, y))
            matrix = any(isinstance(i, Contraction) for i in Namer().contract(pair))
            return (e, x, y) if matrix else None
    return None


def _summed(e: Equation) -> tuple[Axis, ...]:
    return tuple(a for a in e.domain if a not in {*e.index})


def _by_bound(c: Choose, e: Equation, x: Load, y: Load, number: int) -> list[Statement]:
    """The three sums, and the choice by them."""
    assert isinstance(c.expr, Load)
    over = _summed(e)
    body: list[Statement] = []

    def summed(kind: str, count: int, *factors: Node) -> Node:
        term = product(list(factors))
        own = tuple(i for i in e.index if isinstance(i, Axis) and i in nodes.free(term))
        target = Array(f"{kind}{count}", tuple(Dim(a.name) for a in own), "f")
        body.append(Equation(target, own, "sum", (*own, *over), term))
        return Load(target, own)

    sizes = op("add", summed(SQUARE, 2 * number + 1, x, x), summed(SQUARE, 2 * number + 2, y, y))
    twice = op("mul", Const(2.0), summed(PRODUCT, number + 1, x, y))
    terms = product([Size(a.name) for a in over])
    slack = op("mul", op("add", op("mul", Const(5.0), terms), Const(20.0)), Const(UNIT))
    bound = op("sub", op("mul", sizes, op("sub", Const(1.0), slack)), twice)
    bound = op("sub", bound, op("mul", terms, Const(UNDERFLOW)))
    near = replace(c, expr=at_load(e.expr, e, c.expr), bound=at_load(bound, e, c.expr), over=over)
    return [*body, near]
