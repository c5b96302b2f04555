"""`F`, `I` and `scan`, and the one call that turns a Python function into terms. Nothing is run.

def double(x: F[n]) -> F[n]: return 2 * x[n]
    →  Traced("double", (Parameter(x, [n], "f"),), (Result("out", [n], 2.0*x[n]),), scans=())
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from handful.kernels.front.expr import (
    AxisExpr,
    Expr,
    Value,
    fault,
    integer,
    lift,
    names,
    place,
    tracing,
)
from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Array, Axis, Dim, Load, Node, Size


class Spec(type):
    """What an annotation says: kind, axes, and for integers the axis that the values index.

    It is a class of which everything is an instance, so that run-time checkers of annotations leave
    a kernel's to the kernel.
    """

    kind: str
    axes: tuple[str, ...]
    indexes: str | None

    def __new__(cls, kind: str, axes: tuple[str, ...], indexes: str | None = None) -> Spec:
        made = super().__new__(cls, f"{kind.upper()}{names(axes)}", (), {})
        made.kind, made.axes, made.indexes = kind, axes, indexes
        return made

    def __init__(cls, *_: Any) -> None:
        super().__init__(cls.__name__)

    def __instancecheck__(cls, _: object) -> bool:
        return True

    def into(cls, axis: AxisExpr) -> Spec:
        """The same, with values that are indices of `axis`; -1 stands for none."""
        if cls.kind != "i":
            raise fault(".into(axis) belongs to I[...], not to F[...]")
        return Spec("i", cls.axes, axis.name)


class _Kind:
    """`F` or `I`: square brackets give a `Spec`."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __getitem__(self, found: Any) -> Any:
        found = found if isinstance(found, tuple) else (found,)
        for one in found:
            if not isinstance(one, AxisExpr):
                raise fault(f"an annotation lists axes, not {one!r}", attempt="F[n, k], or F[()]")
        return Spec(self._kind, tuple(a.name for a in found))


F: Any = _Kind("f")
"""Annotation of a float tensor: `F[n, k]`."""
I: Any = _Kind("i")  # noqa: E741
"""Annotation of an integer tensor: `I[n, o]`, `I[n, o].into(m)`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a kernel."""

    array: Array
    indexes: str | None = None

    def __str__(self) -> str:
        return f"{self.array.name}{names(d.axis for d in self.array.dims)}"


@dataclass(frozen=True, slots=True)
class Result:
    """One result: its axes in order, its kind, its term."""

    name: str
    axes: tuple[str, ...]
    kind: str
    term: Node


@dataclass(frozen=True, slots=True)
class Scan:
    """state[t+1] = step(state[t]); with `reverse`, state[t] = step(state[t+1])."""

    axis: Axis
    states: tuple[Array, ...]
    inits: tuple[Node, ...]
    steps: tuple[Node, ...]
    reverse: bool
    checkpoint: bool


@dataclass(slots=True)
class Traced:
    """A kernel as its author wrote it: terms with nested reductions."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    results: tuple[Result, ...] = ()
    scans: list[Scan] = field(default_factory=list)
    places: dict[Load, str] = field(default_factory=dict)
    stepping: bool = False

    def roots(self) -> list[Node]:
        """Every term of it."""
        out = [r.term for r in self.results]
        return out + [term for s in self.scans for term in (*s.inits, *s.steps)]


current: ContextVar[Traced] = ContextVar("current")


class Tensor:
    """A parameter, or a state in a step: indices in square brackets give an expression."""

    __slots__ = ("_array", "_prefix")

    def __init__(self, array: Array, prefix: tuple[Node, ...] = ()) -> None:
        self._array, self._prefix = array, prefix

    def __getitem__(self, found: Any) -> Expr:
        index = found if isinstance(found, tuple) else (found,)
        dims = self._array.dims[len(self._prefix) :]
        shown = f"{self._array.name} has {len(dims)} axes {names(d.axis for d in dims)}"
        if len(index) != len(dims):
            raise fault(f"{shown} but is indexed with {len(index)}")
        terms = tuple(
            integer(lift(i), f"dimension {d} of {self._array.name}") for d, i in enumerate(index)
        )
        if self._prefix:
            _check_order(self._array.name, [d.axis for d in dims], terms)
        load = Load(self._array, self._prefix + terms)
        current.get().places.setdefault(load, place())
        return Expr(load)

    def __getattr__(self, name: str) -> Any:
        raise fault(
            f"{self._array.name}.{name}: inside a kernel a tensor has no attributes",
            expected="index notation, not NumPy or torch",
            attempt=_indexed(self._array.name, self._array.dims),
        )

    def _alone(self, *_: Any) -> Any:
        raise fault(
            f"{self._array.name} is used without indices",
            attempt=_indexed(self._array.name, self._array.dims[len(self._prefix) :]),
        )

    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = _alone
    __truediv__ = __rtruediv__ = __pow__ = __neg__ = __matmul__ = __iter__ = _alone


def _indexed(name: str, dims: tuple[Dim, ...]) -> str:
    """How an array is read, as Python: `x[n, k]`, and a scalar `x[()]`."""
    return f"{name}{names(d.axis for d in dims)}" if dims else f"{name}[()]"


def _check_order(name: str, own: list[str], index: tuple[Node, ...]) -> None:
    """A state is indexed by its own axes in its own order: equal sizes would hide a slip.

    Axes that stand in each other's places, h[s - 1, b] of a state over (b, s), are the slip. An
    axis of another name in a place, h[b, d], is a read of other values, and so is `.at`.
    """
    places = {}
    for at, term in enumerate(index):
        found = {own.index(a.name) for a in nodes.free(term) if a.level == 0 and a.name in own}
        if len(found) == 1:
            places[at] = found.pop()
    for at, to in places.items():
        if to != at and places.get(to) == at:
            swapped = list(own)
            swapped[at], swapped[to] = own[to], own[at]
            raise fault(
                f"state {name} has axes {names(own)} but is indexed in another order",
                expected=f"{name}{names(own)}",
                attempt=f"init={{({', '.join(swapped)}): …}}, if its axes are {names(swapped)}; "
                f"{name}{names(own)}.at({own[at]}={own[to]}, {own[to]}={own[at]}) to transpose it",
            )


def trace(function: Callable[..., Any], scope: dict[str, Any]) -> Traced:
    """Read `function` once. `scope` holds the names that its annotations may use."""
    function = inspect.unwrap(function)  # from beneath a run-time checker of annotations
    token = tracing.set(function.__name__)
    try:
        return _trace(function, scope)
    finally:
        tracing.reset(token)


def _trace(function: Callable[..., Any], scope: dict[str, Any]) -> Traced:
    at = f"{function.__code__.co_filename.rpartition('/')[2]}:{function.__code__.co_firstlineno}"
    specs = _annotations(function, scope, at)
    wanted = specs.pop("return")
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    parameters = tuple(
        Parameter(Array(name, tuple(Dim(a) for a in spec.axes), spec.kind), spec.indexes)
        for name, spec in specs.items()
    )
    traced = Traced(function.__name__, parameters)
    used = {
        a
        for s in (*specs.values(), *wanted)
        for a in (*s.axes, *([s.indexes] if s.indexes else []))
    }
    for parameter in parameters:
        if parameter.array.name in used:
            raise fault(f"parameter {parameter.array.name} has the name of an axis", found=at)
    token = current.set(traced)
    try:
        found = function(*[Tensor(p.array) for p in parameters])
    finally:
        current.reset(token)
    found = found if isinstance(found, tuple) else (found,)
    if len(found) != len(wanted):
        raise fault(f"{len(wanted)} results are declared but {len(found)} returned", found=at)
    results = []
    for number, (value, spec) in enumerate(zip(found, wanted, strict=True)):
        name = "out" if len(wanted) == 1 else f"out{number + 1}"
        results.append(_result(name, value, spec, at))
    traced.results = tuple(results)
    return traced


def _annotations(function: Callable[..., Any], scope: dict[str, Any], at: str) -> dict[str, Any]:
    try:
        found = inspect.get_annotations(function, locals=scope, eval_str=True)
    except NameError as error:
        raise fault(
            f"annotation: {error}", found=at, expected="axes made before the kernel"
        ) from None
    code = function.__code__
    wanted = [*code.co_varnames[: code.co_argcount], "return"]
    for name in wanted:
        specs = found.get(name)
        if not all(isinstance(s, Spec) for s in (specs if isinstance(specs, tuple) else (specs,))):
            raise fault(
                f"{name if name != 'return' else 'the result'} is not annotated with F[…] or I[…]",
                found=at,
                attempt="def double(x: F[n]) -> F[n]: return 2 * x[n]",
            )
    return {name: found[name] for name in wanted}


def _result(name: str, value: Value, spec: Spec, at: str) -> Result:
    term = lift(value)
    where = value.place if isinstance(value, Expr) else at
    extra = [a for a in nodes.free(term) if a.name not in spec.axes]
    if extra:
        raise fault(
            f"result has free axis {extra[0]}, not in -> {names(spec.axes)}",
            found=where,
            attempt=f"did you mean sum({extra[0]}, …)?",
        )
    have = ops.kind(term)
    if have == "f" and spec.kind == "i":
        raise fault("result is a float but -> I[…] is declared", found=where)
    return Result(name, spec.axes, spec.kind, ops.cast(term, spec.kind))


def rank_counts(traced: Traced) -> dict[str, int]:
    """How many values each rank axis of `smallest` has."""
    out: dict[str, int] = {}
    for node in nodes.topological(*traced.roots()):
        if isinstance(node, nodes.Smallest):
            known = out.setdefault(node.rank, node.count)
            if known != node.count:
                raise fault(
                    f"axis {node.rank} ranks {known} values in one smallest and "
                    f"{node.count} in another"
                )
    return out


def size_axes(traced: Traced) -> list[str]:
    """Every axis name that the kernel speaks of."""
    out: dict[str, None] = {}
    for array in [p.array for p in traced.parameters] + [a for s in traced.scans for a in s.states]:
        out.update({d.axis: None for d in array.dims})
    for result in traced.results:
        out.update(dict.fromkeys(result.axes))
    for node in nodes.topological(*traced.roots()):
        match node:
            case Axis(name=name) | Size(axis=name):
                out[name] = None
            case nodes.Reduce(axes=bound, to=to):
                out.update({a.name: None for a in bound} | {s.axis: None for s in to})
            case nodes.Smallest(axis=axis, rank=rank):
                out.update({axis.name: None, rank: None})
    return list(out)
