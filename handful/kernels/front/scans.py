"""A scan as it is written: its states, their axes, and one step of them.

scan(t, lambda h: tanh(h[b, k] + x[t, b, k]), init=h0[b, k])        axes b, k, as `init` has them
scan(t, lambda h: …h[b, s]…, init={(b, s): where(s == 0, 1, 0)})    axes b, s, as they are named
scan(t, lambda h: h[b, k] + x[t, b, k], init=0)                     axes b, k, as `step` reads it
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from handful.kernels.front.expr import AxisExpr, Expr, fault, integer, lift, names, place
from handful.kernels.front.trace import Scan, Tensor, Traced, current
from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Const, Dim, Load, Node

Shape = tuple[Axis, ...]


def scan(
    over: AxisExpr,
    step: Callable[..., Any],
    *,
    init: Any,
    axes: Any = None,
    reverse: bool = False,
    checkpoint: bool = False,
) -> Any:
    """The states that `step` makes, one after the other, along an axis.

    `step` takes one tensor per state, without the axis, and returns their next values; the result
    varies over the axis and holds the state *after* each step. With `reverse` time runs down.

    Args:
        init: the first state, or a tuple of them. The axes of a state are those of its `init`, as
            they appear there; `{(b, k): 0}` names them, and an `init` without any takes them as
            `step` indexes the state. A state is always indexed in this order.
        axes: another way to name them: `init=0.0, axes=(b, k)`; a tuple of such tuples for several
            states.
        checkpoint: keep only some √T of the states for the derivative, and compute all else again.
    Raises:
        KernelError: the axes do not follow, or a state and its steps do not have the same.
    """
    trace = current.get(None)
    if trace is None or trace.stepping:
        raise fault("a scan stands directly in a kernel, not " +
                    ("in the step of another scan" if trace else "outside of one"))  # fmt: skip
    several = isinstance(init, tuple)
    t = over.node
    assert isinstance(t, Axis)
    given = [None] * len(init) if axes is None and several else (axes if several else (axes,))
    firsts = [
        _first(one, own) for one, own in zip(init if several else (init,), given, strict=True)
    ]
    inits = [term for term, _ in firsts]
    labels = _state_names(trace, step, len(inits))
    shapes = _shapes(trace, step, labels, firsts, t)
    for term, shape in zip(inits, shapes, strict=True):
        if t in nodes.free(term):
            raise fault(f"the first state varies over the scanned axis {t}")
        if not set(nodes.free(term)) <= set(shape):
            raise fault(f"the first state varies over {names(nodes.free(term))}, "
                        f"but its axes are {names(shape)}")  # fmt: skip
    states = tuple(
        Array(label, (Dim(t.name, 1), *[Dim(a.name) for a in shape]), "f")
        for label, shape in zip(labels, shapes, strict=True)
    )
    later = ops.op("add", t, Const(1))
    before, after = (later, t) if reverse else (t, later)
    found = _one_step(trace, step, [Tensor(state, (before,)) for state in states])
    steps = []
    for value, shape in zip(found, shapes, strict=True):
        term = ops.cast(lift(value), "f")
        got = [a for a in nodes.free(term) if a is not t]
        if not set(got) <= set(shape):
            raise fault(
                f"state has axes {names(shape)} but step returned {names(got)}",
                found=value.place if isinstance(value, Expr) else "",
                attempt=f"sum({next(a for a in got if a not in shape)}, …), or re-index with .at",
            )
        steps.append(term)
    trace.scans.append(Scan(t, states, tuple(inits), tuple(steps), reverse, checkpoint))
    out = tuple(
        Expr(Load(state, (after, *shape))) for state, shape in zip(states, shapes, strict=True)
    )
    return out if several else out[0]


def _first(init: Any, axes: Any) -> tuple[Node, Shape | None]:
    """The first state, and its axes where they are named."""
    if isinstance(init, Mapping):
        if len(init) != 1 or axes is not None:
            raise fault(
                "init={(b, k): 0} names the axes of one state", attempt="one such per state"
            )
        ((axes, init),) = init.items()
    term = ops.cast(lift(init), "f")
    if axes is None:
        own = tuple(nodes.free(term))
        return term, own or None
    named = axes if isinstance(axes, tuple) else (axes,)
    for one in named:
        if not isinstance(one, AxisExpr):
            raise fault(f"{one!r} is no axis of a state", attempt="init={(b, k): 0}")
    return term, tuple(a.node for a in named)


def _one_step(trace: Traced, step: Callable[..., Any], states: list[Any]) -> tuple[Any, ...]:
    """What `step` returns for these states."""
    trace.stepping = True
    try:
        found = step(*states)
    finally:
        trace.stepping = False
    found = found if isinstance(found, tuple) else (found,)
    if len(found) != len(states):
        raise fault(f"the scan has {len(states)} states but step returned {len(found)}")
    return found


class _Probe(Tensor):
    """Stands for a state whose axes are not known, and remembers how it is indexed."""

    __slots__ = ("seen",)

    def __init__(self, label: str) -> None:
        super().__init__(Array(label, (), "f"))
        self.seen: list[tuple[Node, ...]] = []

    def __getitem__(self, found: Any) -> Expr:
        name = self._array.name
        index = found if isinstance(found, tuple) else (found,)
        terms = tuple(integer(lift(i), f"dimension {d} of {name}") for d, i in enumerate(index))
        self.seen.append(terms)
        return Expr(Load(Array(name, tuple(Dim("?") for _ in terms), "f"), terms), place())


def _shapes(
    trace: Traced,
    step: Callable[..., Any],
    labels: list[str],
    firsts: list[tuple[Node, Shape | None]],
    t: Axis,
) -> list[Shape]:
    """The axes of every state; where `init` shows none, as `step` indexes what it returns."""
    if all(shape is not None for _, shape in firsts):
        return [shape or () for _, shape in firsts]
    probes = [_Probe(label) for label in labels]
    found = _one_step(trace, step, list(probes))
    out: list[Shape] = []
    for label, probe, value, (_, shape) in zip(labels, probes, found, firsts, strict=True):
        if shape is not None:
            out.append(shape)
            continue
        got = [a for a in nodes.free(lift(value)) if a is not t]
        orders = [i for i in probe.seen if {*i} == {*got} and len(i) == len(got)]
        if len(got) > 1 and not orders:
            shown = ", ".join(a.name for a in got)
            raise fault(
                f"the order of the axes of state {label} is not known",
                found=value.place if isinstance(value, Expr) else "",
                expected=f"a step that reads {label}{names(got)}, or axes that are named",
                attempt=f"init={{({shown}): …}}",
            )
        axes = orders[0] if orders else tuple(got)
        out.append(tuple(a for a in axes if isinstance(a, Axis)))
    return out


def _state_names(trace: Traced, step: Callable[..., Any], count: int) -> list[str]:
    """The names that `step` gives its states, made unique in the kernel."""
    wanted = list(inspect.signature(step).parameters)
    if len(wanted) != count:
        raise fault(f"the scan has {count} states but step takes {len(wanted)}")
    taken = {p.array.name for p in trace.parameters}
    taken |= {s.name for one in trace.scans for s in one.states}
    out: list[str] = []
    for name in wanted:
        unique, number = name, 1
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        taken.add(unique)
        out.append(unique)
    return out
