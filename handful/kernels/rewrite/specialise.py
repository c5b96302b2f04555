"""Axes of different names that index one dimension: one axis, when their sizes agree.

    def cell(…, U: F[j, k]): … sum(j, s[b, j] * U[j, k])        the state s is [b, k]

Here j runs over the dimension k of the state. If both have one size, which a call shows, then
j is renamed to a second copy of k, and every later pass sees that s[t,b,k₁] is in range and lies
contiguous. Code is compiled once for each set of equal pairs: in practice, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Axis, Dim, Load, Node, Size
from handful.kernels.ir.program import (
    Choose,
    Equation,
    Loop,
    Program,
    Statement,
    check,
    flat,
    reads,
)
from handful.kernels.ir.strides import shift


def pairs(program: Program) -> frozenset[tuple[str, str]]:
    """(axis, dimension's axis) wherever the two names differ."""
    out = set()
    for e, _ in flat(program.body):
        for load in [*reads(e), Load(e.target, e.index)]:
            for index, dim in zip(load.index, load.array.dims, strict=False):
                axis = shift(index)
                if axis is not None and axis.name != dim.axis:
                    out.add((axis.name, dim.axis))
    return frozenset(out)


def unify(program: Program, equal: frozenset[tuple[str, str]]) -> Program:
    """`program` with the axes of each pair made copies of one axis."""
    if not equal:
        return program
    leader = _leaders(equal)
    members: dict[str, list[str]] = {}
    for name in sorted(leader):
        members.setdefault(leader[name], []).append(name)
    arrays = {a: Array(a.name, _dims(a, leader), a.kind) for a in program.arrays().values()}

    def axis(old: Axis) -> Axis:
        if old.name not in leader:
            return old
        group = members[leader[old.name]]
        return Axis(leader[old.name], old.level * len(group) + group.index(old.name))

    def term(node: Node) -> Node:
        done: dict[Node, Node] = {}
        for one in nodes.topological(node):
            match one:
                case Axis():
                    done[one] = axis(one)
                case Size(axis=name):
                    done[one] = Size(leader.get(name, name))
                case Load(array=array, index=index):
                    done[one] = Load(arrays[array], tuple(done[i] for i in index))
                case _:
                    done[one] = nodes.rebuild(one, done)
        return done[node]

    def equation(e: Equation | Choose) -> Equation | Choose:
        new = replace(
            e,
            target=arrays[e.target],
            index=tuple(term(i) for i in e.index),
            domain=tuple(axis(a) for a in e.domain),
            expr=term(e.expr),
        )
        if not isinstance(new, Choose):
            return new
        bound = None if new.bound is None else term(new.bound)
        return replace(new, axis=axis(new.axis), over=tuple(axis(a) for a in new.over), bound=bound)

    body: list[Statement] = []
    for s in program.body:
        if isinstance(s, Loop):
            body.append(replace(s, axis=axis(s.axis), body=tuple(equation(e) for e in s.body)))
        else:
            body.append(equation(s))
    return check(
        replace(
            program,
            inputs=tuple(arrays[a] for a in program.inputs),
            outputs=tuple(arrays[a] for a in program.outputs),
            body=tuple(body),
            counts=tuple((leader.get(name, name), count) for name, count in program.counts),
        )
    )


def _leaders(equal: frozenset[tuple[str, str]]) -> Mapping[str, str]:
    """Each name → the first name of its class."""
    leader: dict[str, str] = {}
    for one, two in sorted(equal):
        a, b = leader.get(one, one), leader.get(two, two)
        low, high = min(a, b), max(a, b)
        for name in (one, two):
            leader.setdefault(name, low)
        leader = {n: low if found == high else found for n, found in leader.items()}
    return leader


def _dims(array: Array, leader: Mapping[str, str]) -> tuple[Dim, ...]:
    return tuple(Dim(leader.get(d.axis, d.axis), d.extra) for d in array.dims)
