"""What is done for each step beside a loop is done in the loop, where the numbers are at hand.

    h'[t+1,b] += out'[t,b]              for t falling:
    for t falling:                        h'[t+1,b] += out'[t,b]
      z'[t,b] = h'[t+1,b]*…        →      z'[t,b] = h'[t+1,b]*…
    w'[t,b] = z'[t,b]                     w'[t,b] = z'[t,b]

`hoist` takes out of loops what is one operation over all of time; these are not. A program without
such neighbours comes out as it went in.
"""

from __future__ import annotations

from dataclasses import replace

from handful.kernels.ir import nodes
from handful.kernels.ir.nodes import Array, Load
from handful.kernels.ir.program import Equation, Loop, Program, Statement, read_by, reads, writes


def into_loops(program: Program) -> Program:
    """`program` with additions moved into the loop after them, and copies into that before them."""
    body = list(program.body)
    for loop in [s for s in body if isinstance(s, Loop)]:
        at = next(n for n, s in enumerate(body) if s is loop)
        first = [s for n, s in enumerate(body[:at]) if _is_added(s, body[n + 1 : at], loop)]
        last = [s for n, s in enumerate(body[at + 1 :]) if _is_copied(s, body[at + 1 :][:n], loop)]
        if first or last:
            inside = [_at_a_step(s, loop) for s in first] + list(loop.body)
            for s in last:
                made = [n for n, e in enumerate(inside) if e.target is _source(s)]
                inside.insert(made[-1] + 1, _at_a_step(s, loop))
            body[at] = replace(loop, body=tuple(inside))
            moved = {id(s) for s in (*first, *last)}
            body = [s for s in body if id(s) not in moved]
    return replace(program, body=tuple(body))


def _is_added(s: Statement, between: list[Statement], loop: Loop) -> bool:
    """Whether the loop reads what this adds to only at the step that would add it."""
    if not (isinstance(s, Equation) and s.op == "sum" and s.target in writes(loop)):
        return False
    used = [load for e in loop.body for load in reads(e) if load.array is s.target]
    made = {a for b in between for a in writes(b)}
    place = next((d for d, i in enumerate(s.index) if loop.axis in nodes.free(i)), None)
    return (
        place is not None
        and loop.axis in s.domain
        and {*s.domain} == {*nodes.union(map(nodes.free, s.index))}
        and all(load.index[place] is s.index[place] for load in used)
        and not read_by(s) & (writes(loop) | made)
        and s.target not in read_by(*between) | made
    )


def _is_copied(s: Statement, between: list[Statement], loop: Loop) -> bool:
    """Whether this copies, for each step, what that step alone writes."""
    source = _source(s)
    if source is None or source not in writes(loop) or not isinstance(s, Equation):
        return False
    assert isinstance(s.expr, Load)
    place = next((d for d, i in enumerate(s.expr.index) if i is loop.axis), None)
    return (
        place is not None
        and loop.axis in s.domain
        and any(i is loop.axis for i in s.index)
        and all(e.index[place] is loop.axis for e in loop.body if e.target is source)
        and all(source not in writes(b) for b in between)
    )


def _source(s: Statement) -> Array | None:
    """The array of which a statement copies a part."""
    if isinstance(s, Equation) and s.op == "=" and isinstance(s.expr, Load):
        return s.expr.array
    return None


def _at_a_step(s: Statement, loop: Loop) -> Equation:
    assert isinstance(s, Equation)
    return replace(s, domain=tuple(a for a in s.domain if a is not loop.axis))
