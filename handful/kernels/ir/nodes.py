"""The index IR's expressions: what stands on the right of an equation. No operator table here.

A node is immutable and interned: equal fields give the same object, so `is` is equality, a dict
keyed by nodes shares common subterms, and every walk below visits a shared subterm once.

    sum(k, x[n,k] * w[k,m])
        →  Reduce("sum", (k₁,), Op("mul", (Load(x, (n, k₁)), Load(w, (k₁, m)))))

Hygiene: an axis that a user writes has level 0; `bind` gives the axes of a reduction a level that
nothing else has. So no substitution can capture, and every free axis of a user's expression has
level 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

_interned: dict[Any, Any] = {}


class _Interned(type):
    """Calling the class with equal fields gives the same object."""

    if not TYPE_CHECKING:

        def __call__(cls, *fields):
            # 1, 1.0 and True are equal in Python and different constants here
            key = (cls, fields, tuple(map(type, fields)))
            found = _interned.get(key)
            if found is None:
                found = _interned.setdefault(key, super().__call__(*fields))
            return found


class Node(metaclass=_Interned):
    """An expression of the index IR."""

    __slots__ = ()


class Dim(NamedTuple):
    """One dimension of an array, of extent `size(axis) + extra`: a scan keeps one more state."""

    axis: str
    extra: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Array(metaclass=_Interned):
    """A named array; `kind` is "f" (the call's float type), "i" (integer) or "b" (boolean)."""

    name: str
    dims: tuple[Dim, ...]
    kind: str

    def __repr__(self) -> str:
        return self.name

    @property
    def axes(self) -> set[str]:
        """The names of its axes."""
        return {d.axis for d in self.dims}


@dataclass(frozen=True, slots=True, eq=False)
class Const(Node):
    """A number."""

    value: bool | int | float


@dataclass(frozen=True, slots=True, eq=False)
class Axis(Node):
    """An index: `name` decides its size, `level` tells bound copies apart."""

    name: str
    level: int

    def __repr__(self) -> str:
        return self.name + str(self.level).translate(SUBSCRIPTS) if self.level else self.name


@dataclass(frozen=True, slots=True, eq=False)
class Size(Node):
    """How many values an axis has."""

    axis: str


@dataclass(frozen=True, slots=True, eq=False)
class Load(Node):
    """`array[index]`. Out of range it reads zero, so that its adjoint may drop the store."""

    array: Array
    index: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Op(Node):
    """An operator of the table in `ops.py`."""

    name: str
    args: tuple[Node, ...]


class Slot(NamedTuple):
    """One entry of `to={axis: dst}`: [dst == at], where `at` is an index over `axis`."""

    axis: str
    dst: Node
    at: Node


@dataclass(frozen=True, slots=True, eq=False)
class Reduce(Node):
    """`op` ("sum", "max" or "min") of `body` over `axes`, sent to `to` where that is given."""

    op: str
    axes: tuple[Axis, ...]
    body: Node
    to: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Smallest(Node):
    """The value of `axis` at which `body` is the `at`-th smallest of `count`."""

    axis: Axis
    body: Node
    rank: str
    count: int
    at: Node


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly beneath `node`."""
    match node:
        case Op(args=args):
            return args
        case Load(index=index):
            return index
        case Reduce(body=body, to=to):
            return (body, *[n for slot in to for n in (slot.dst, slot.at)])
        case Smallest(body=body, at=at):
            return (body, at)
    return ()


_beneath: dict[Node, tuple[Node, ...]] = {}


def topological(*roots: Node) -> tuple[Node, ...]:
    """Every node beneath `roots`, each once, children before parents."""
    if len(roots) != 1:
        return tuple(dict.fromkeys(node for root in roots for node in topological(root)))
    found = _beneath.get(roots[0])
    if found is None:
        found = _beneath.setdefault(roots[0], _find_beneath(roots[0]))
    return found


def _find_beneath(root: Node) -> tuple[Node, ...]:
    order: dict[Node, None] = {}
    stack: list[tuple[Node, Iterator[Node]]] = [(root, iter(children(root)))]
    while stack:
        node, rest = stack[-1]
        child = next((c for c in rest if c not in order), None)
        if child is None:
            order[node] = None
            stack.pop()
        else:
            stack.append((child, iter(children(child))))
    return tuple(order)


_free: dict[Node, dict[Axis, None]] = {}


def free(node: Node) -> dict[Axis, None]:
    """The axes that `node` varies over, in the order of their first appearance."""
    found = _free.get(node)
    if found is None:
        found = _free.setdefault(node, _find_free(node))
    return found


def _find_free(node: Node) -> dict[Axis, None]:
    match node:
        case Axis():
            return {node: None}
        case Reduce(axes=axes, body=body, to=to):
            inner = union(free(n) for n in (body, *[s.dst for s in to]))
            bound = dict.fromkeys(axes)
            return union([{a: None for a in inner if a not in bound}, *[free(s.at) for s in to]])
        case Smallest(axis=axis, body=body, at=at):
            return union([{a: None for a in free(body) if a is not axis}, free(at)])
    return union(free(child) for child in children(node))


def union(sets: Iterable[dict[Axis, None]]) -> dict[Axis, None]:
    """All of them, in the order of first appearance."""
    out: dict[Axis, None] = {}
    for one in sets:
        out.update(one)
    return out


_loads: dict[tuple[Node, ...], tuple[Load, ...]] = {}


def loads(*roots: Node) -> tuple[Load, ...]:
    """Every load beneath `roots`."""
    found = _loads.get(roots)
    if found is None:
        here = tuple(node for node in topological(*roots) if isinstance(node, Load))
        found = _loads.setdefault(roots, here)
    return found


_fresh = itertools.count(1)


def fresh(axis: Axis) -> Axis:
    """A copy of `axis` that nothing else uses."""
    return Axis(axis.name, next(_fresh))


def bind(op: str, axes: tuple[Axis, ...], body: Node, to: tuple[Slot, ...] = ()) -> Reduce:
    """A reduction whose axes are renamed apart from everything else.

    sum(k, x[n, k])  →  Reduce("sum", (k₁,), x[n, k₁])
    """
    new = {axis: fresh(axis) for axis in axes}
    slots = tuple(Slot(s.axis, substitute(s.dst, new), s.at) for s in to)
    return Reduce(op, tuple(new.values()), substitute(body, new), slots)


def bind_smallest(axis: Axis, body: Node, rank: str, count: int, at: Node) -> Smallest:
    """The same for `Smallest`."""
    new = fresh(axis)
    return Smallest(new, substitute(body, {axis: new}), rank, count, at)


def rebuild(node: Node, done: Mapping[Node, Node]) -> Node:
    """`node` over new children."""
    match node:
        case Op(name=name, args=args):
            return Op(name, tuple(done[a] for a in args))
        case Load(array=array, index=index):
            return Load(array, tuple(done[i] for i in index))
        case Reduce(op=op, axes=axes, body=body, to=to):
            slots = tuple(Slot(s.axis, done[s.dst], done[s.at]) for s in to)
            return Reduce(op, axes, done[body], slots)
        case Smallest(axis=axis, body=body, rank=rank, count=count, at=at):
            return Smallest(axis, done[body], rank, count, done[at])
    return node


def replaced(node: Node, new: Mapping[Node, Node]) -> Node:
    """`node` with whole subterms exchanged."""
    done: dict[Node, Node] = {}
    for one in topological(node):
        done[one] = new[one] if one in new else rebuild(one, done)
    return done[node]


def substitute(node: Node, new: Mapping[Axis, Node]) -> Node:
    """`node` with free axes replaced. Bound axes are fresh, so nothing is ever captured.

    x[i, d] with {i: idx[r]}  →  x[idx[r], d]
    """
    memo: dict[tuple[Node, frozenset[Axis]], Node] = {}

    def go(node: Node, live: frozenset[Axis]) -> Node:
        live = live.intersection(free(node))
        if not live:
            return node
        if isinstance(node, Axis):
            return new[node]
        key = (node, live)
        if key not in memo:
            memo[key] = step(node, live)
        return memo[key]

    def step(node: Node, live: frozenset[Axis]) -> Node:
        match node:
            case Reduce(op=op, axes=axes, body=body, to=to):
                inner = live - frozenset(axes)
                slots = tuple(Slot(s.axis, go(s.dst, inner), go(s.at, live)) for s in to)
                return Reduce(op, axes, go(body, inner), slots)
            case Smallest(axis=axis, body=body, rank=rank, count=count, at=at):
                return Smallest(axis, go(body, live - {axis}), rank, count, go(at, live))
        return rebuild(node, {child: go(child, live) for child in children(node)})

    return go(node, frozenset(new))
