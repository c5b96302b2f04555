"""What all terms of a sum are multiplied by goes in front of the sum.

    δ1'[n] += c[n]*x[n,d] + c[n]*y[n,d] over d;    z'[n] = δ1'[n]*e[n]
        →  δ1'[n] += x[n,d] + y[n,d] over d;       z'[n] = c[n]*δ1'[n]*e[n]

Then sums that waited for each other's results read their rows together, in one pass. Derivatives
are full of such sums: a cotangent goes along a row as one factor of all that it meets there.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Const, Load, Node, Op
from handful.kernels.ir.ops import op
from handful.kernels.ir.program import (
    Choose,
    Equation,
    Loop,
    Program,
    Statement,
    at_load,
    check,
    covers,
    flat,
    reads,
)

Parts = tuple[Node | None, Node]
"""The factor in front, if there is one, and what is left of each term."""


def factored(program: Program, kept: Set[Array]) -> Program:
    """`program` with factors in front of sums outside of loops; arrays in `kept` stay as they are.

    A program in which no sum has such a factor comes out as it went in.
    """
    targets = [e.target for e, _ in flat(program.body)]
    once = {a for a in targets if targets.count(a) == 1} - kept - {*program.outputs}
    plain: dict[Array, Equation] = {}
    front: dict[Array, tuple[Equation, Node]] = {}

    def reread(e: Equation | Choose) -> Equation | Choose:
        new: dict[Node, Node] = {}
        for load in reads(e):
            if load.array in front:
                sum_, factor = front[load.array]
                new[load] = op("mul", at_load(factor, sum_, load), load)
        return replace(e, expr=nodes.replaced(e.expr, new)) if new else e

    body: list[Statement] = []
    for s in program.body:
        if isinstance(s, Loop):
            body.append(replace(s, body=tuple(map(reread, s.body))))
            continue
        e = reread(s)
        if isinstance(e, Equation) and e.target in once and covers(e.target, e.index):
            over = {*e.domain} - {*e.index}
            if e.op == "=":
                plain[e.target] = e
            elif e.op == "sum" and over:
                factor, rest = _parted(e.expr, over, plain)
                if factor is not None:
                    e = replace(e, expr=rest)
                    front[e.target] = e, factor
        body.append(e)
    return check(replace(program, body=tuple(body))) if front else program


def _parted(expr: Node, over: Set[Axis], plain: dict[Array, Equation]) -> Parts:
    """`expr` as a factor that does not vary over these axes, times the rest."""
    if not nodes.free(expr).keys() & over:
        return (expr, Const(1.0)) if nodes.loads(expr) else (None, expr)
    match expr:
        case Op(name="mul", args=(a, b)):
            (one, left), (two, right) = _parted(a, over, plain), _parted(b, over, plain)
            return _times(one, two), op("mul", left, right)
        case Op(name="div", args=(a, b)):
            one, left = _parted(a, over, plain)
            if nodes.free(b).keys() & over or not nodes.loads(b):
                return one, op("div", left, b)
            return op("div", Const(1.0) if one is None else one, b), left
        case Op(name="neg", args=(a,)):
            one, left = _parted(a, over, plain)
            return one, op("neg", left)
        case Op(name="add" | "sub" as name, args=(a, b)):
            (one, left), (two, right) = _parted(a, over, plain), _parted(b, over, plain)
            return (one, op(name, left, right)) if one is two else (None, expr)
        case Load(array=array) if array in plain:
            made = plain[array]
            one, left = _parted(at_load(made.expr, made, expr), over, plain)
            return (None, expr) if one is None else (one, left)
    return None, expr


def _times(one: Node | None, two: Node | None) -> Node | None:
    if one is None or two is None:
        return two if one is None else one
    return op("mul", one, two)
