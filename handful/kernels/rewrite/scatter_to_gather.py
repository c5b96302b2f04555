"""A product that is scattered becomes a product of what is gathered, by inverting the index table.

    δ1'[n,o,c] += out'[n,e]*w[o,c,e]          over e
    x'[near[n,o], c] += δ1'[n,o,c]            over n, o, c
        →  gather1[m,o,e] += where(at >= 0, out'[at,e], 0)    over r, at = near⁻¹[m,o,r]
           x'[m,c] += gather1[m,o,e]*w[o,c,e]            over o, e

near⁻¹[m,o,r] is the r-th n at which near[n,o] is m, or -1; `run/tables.py` makes it, once for a
table that stays as it is. So the backward of a gather is again a gather and a matrix product, in
parallel blocks of m. Where a table holds no value twice, r is always 0, and the product reads what
it needs as the forward pass does:

        →  x'[m,c] += where(at >= 0, out'[at,e]*w[o,c,e], 0)    over o, e, at = near⁻¹[m,o]

A scatter that is no product, as a sum by segments, runs in parallel over its other axes already. An
inverse costs more than it saves in one call, and far-off memory is all that it saves. So what is
only copied is gathered, by a table that stays, where the sums are larger than a cache: the same
sums in the same order, so the same bits.

    y[node[e],c] += x[e,c]    over e, c
        →  y[n,c] += where(at >= 0, x[at,c], 0)    over r, at = node⁻¹[n,r]

Where no n is found, that adds nothing; a gathered zero is multiplied, so there an infinite weight
gives NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node, Op
from handful.kernels.ir.program import Equation, Program, Statement, check, flat, needed, reads


@dataclass(frozen=True, slots=True)
class Inverse:
    """`array[m, …, r]` is the r-th place along dimension `dim` of `table` where the table is m; or
    `array[m, …]` the only one."""

    array: Array
    table: Array
    dim: int


def scatter_to_gather(
    program: Program, *, once: bool = False, plain: bool = False
) -> tuple[Program, tuple[Inverse, ...]]:
    """`program` with products gathered, and the inverses that it takes as further inputs.

    Args:
        once: no table holds a value twice.
        plain: gather what is only copied, too.
    """
    inverses: dict[Inverse, None] = {}
    body: list[Statement] = []
    for statement in program.body:
        found = None
        if isinstance(statement, Equation):
            inlined = _inlined(statement, program)
            found = _gathered(inlined, program, len(body), once, plain)
            if found is None and inlined is not statement:
                found = _gathered(statement, program, len(body), once, plain)
        if found is None:
            body.append(statement)
        else:
            inverses[found[0]] = None
            body += found[1]
    inputs = (*program.inputs, *[i.array for i in inverses])
    whole = replace(program, inputs=inputs, body=tuple(body))
    return check(needed(whole, whole.outputs)), tuple(inverses)


def _inlined(e: Equation, program: Program) -> Equation:
    """`e` with the sum that it scatters written out, if nothing else reads that.

    δ[n,c] += y[n,k]*w[k,c] over k; x[g[n],c] += where(p, δ[n,c], 0)
        →  x[g[n],c] += where(p, y[n,k]*w[k,c], 0)    over n, c, k
    """
    guard, scattered = ops.guarded(e.expr)
    if not isinstance(scattered, Load) or scattered.array in (*program.inputs, *program.outputs):
        return e
    if guard is not None and any(r.array is scattered.array for r in nodes.loads(guard)):
        return e  # relu(sum(...)): the sum is stored for its guard, so nothing is saved
    made = [s for s, _ in flat(program.body) if s.target is scattered.array]
    readers = [
        s for s, _ in flat(program.body) if any(r.array is scattered.array for r in reads(s))
    ]
    if readers != [e] or len(made) != 1 or not isinstance(made[0], Equation):
        return e
    source = made[0]
    if source.op != "sum" or any(not isinstance(i, Axis) for i in source.index):
        return e
    new = dict(zip(source.index, scattered.index, strict=True))
    domain = list(e.domain)
    for axis in source.domain:
        if axis not in new:
            bound = _unused(axis.name, domain)
            new[axis] = bound
            domain.append(bound)
    term = _replaced(source.expr, new)
    if guard is not None:
        term = ops.op("where", guard, term, Const(0.0))
    return replace(e, domain=tuple(domain), expr=term)


def _gathered(
    e: Equation, program: Program, number: int, once: bool, plain: bool
) -> tuple[Inverse, list[Statement]] | None:
    """The inverse, and what stands for `e`: a gather, and a product or one of both. None if it is
    no such scatter."""
    place, load = _scattered_by(e, program)
    if load is None:
        return None
    kept = {i for i in e.index if isinstance(i, Axis)}
    own = [i for i in load.index if isinstance(i, Axis) and i in set(e.domain)]
    free = [i for i in own if i not in kept]
    if len(set(own)) != len(load.index) or not free:
        return None
    gone, target = free[0], e.target.dims[place]
    if target.extra:
        return None
    m = _unused(target.axis, e.domain)
    rank = Axis(f"rank_{load.array.name}_{gone.name}", 0)
    axes = (m, *[a for a in own if a is not gone], *([] if once else [rank]))
    array = Array(f"inverse_{load.array.name}_{gone.name}", tuple(Dim(a.name) for a in axes), "i")
    inverse = Inverse(array, load.array, own.index(gone))
    at = Load(array, axes)
    guard, term = ops.guarded(_replaced(e.expr, {load: m, gone: at}))
    parts = ops.factors(term)
    moving = [p for p in parts if at in nodes.topological(p)]
    still = [p for p in parts if p not in moving]
    summed = set(e.domain) - kept - {gone}
    product = moving and summed & nodes.union(nodes.free(p) for p in still).keys()
    if not product and not (plain and all(isinstance(p, Load) for p in parts)):
        return None
    index = tuple(a for a in (m, *e.domain) if a in nodes.union(nodes.free(p) for p in moving))
    decided = guard is None or nodes.free(guard).keys() <= {*index, rank}
    if product and not once and not decided:
        return None  # the gather comes before the product, so its guard must be known there
    left = tuple(m if d == place else i for d, i in enumerate(e.index))
    domain = (m, *[a for a in e.domain if a is not gone])

    def guarded(product: list[Node]) -> Node:
        found = ops.op("ge", at, Const(0))
        there = found if guard is None else ops.op("and", found, guard)
        return ops.op("where", there, ops.product(product), Const(0.0))

    if once or not product:
        ranks = () if once else (rank,)
        whole = guarded([*moving, *still])
        return inverse, [Equation(e.target, left, "sum", (*domain, *ranks), whole)]
    gather = Array(f"gather{number}", tuple(Dim(a.name) for a in index), "f")
    rest = ops.product([Load(gather, index), *still])
    return inverse, [
        Equation(gather, index, "sum", (*index, rank), guarded(moving)),
        Equation(e.target, left, "sum", domain, rest),
    ]


def _scattered_by(e: Equation, program: Program) -> tuple[int, Load | None]:
    """(dimension, table load) if one index of the target comes from an argument's table."""
    moving = [(d, i) for d, i in enumerate(e.index) if not isinstance(i, Axis)]
    if e.op == "sum" and e.target.kind == "f" and len(moving) == 1:
        place, index = moving[0]
        if isinstance(index, Load) and index.array in program.inputs:
            return place, index
    return 0, None


def _unused(name: str, domain: Iterable[Axis]) -> Axis:
    """An axis of this name that the domain does not have."""
    have = [a for a in domain if a.name == name]
    return Axis(name, 1 + max((a.level for a in have), default=-1))


def _replaced(term: Node, new: Mapping[Any, Node]) -> Node:
    """`term` with nodes replaced, and simplified: near[n,o] >= 0 becomes m >= 0, which holds."""
    done: dict[Node, Node] = {}
    for node in nodes.topological(term):
        if node in new:
            done[node] = new[node]
        elif isinstance(node, Op):
            done[node] = ops.op(node.name, *[done[a] for a in node.args])
        else:
            done[node] = nodes.rebuild(node, done)
    return done[term]
