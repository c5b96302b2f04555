"""Reads inside a branch of `where`: does the condition keep them inside of their arrays?

    where(m < size(n), x[m], 0)      never reads beyond x
    where(m <= size(n), x[m], 0)     reads x[size(n)]: refused at the call
    where(flag[m] > 0, x[m], 0)      says nothing of m: refused where m is longer than x

What a condition on data allows cannot be known before it is computed, so a place that a table names
is left to the rule of tables: -1 stands for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handful.kernels.ir import nodes, ops
from handful.kernels.ir.nodes import Axis, Const, Load, Node, Op, Size

MOST_PLACES = 1 << 18
"""Values of the index's axes that are tried at a call of new sizes: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class GuardedRead:
    """One dimension of a load that is reached through conditions only.

    Args:
        load: the load.
        dim: the dimension.
        conditions: those that hold where it is read and speak of the same axes alone.
    """

    load: Load
    dim: int
    conditions: tuple[Node, ...]

    def outside(self, sizes: Mapping[str, int]) -> int | None:
        """A place outside of the array that is read at these sizes; None where none was found.

        All values of the axes are tried; of long axes those at both ends.
        """
        index, extent = self.load.index[self.dim], self.load.array.dims[self.dim]
        axes = list(nodes.free(index))
        axes += [a for c in self.conditions for a in nodes.free(c) if a not in axes]
        axes = list(dict.fromkeys(axes))
        if any(sizes[a.name] == 0 for a in axes):
            return None
        each = max(2, int(MOST_PLACES ** (1 / max(1, len(axes)))))
        grids = np.meshgrid(*[_ends(sizes[a.name], each) for a in axes], indexing="ij", sparse=True)
        values = _Values(dict(zip(axes, grids, strict=True)), sizes)
        place = values.of(index)
        wrong = np.asarray((place < 0) | (place >= sizes[extent.axis] + extent.extra))
        for condition in self.conditions:
            wrong = wrong & values.of(condition)
        if not wrong.any():
            return None
        return int(np.broadcast_to(place, wrong.shape)[wrong].flat[0])


def guarded_reads(roots: Iterable[Node], bare: Iterable[Node]) -> list[GuardedRead]:
    """The reads at computed places that only conditions lead to.

    Args:
        roots: all terms of a kernel.
        bare: the terms that are reached without a condition too; they are checked as windows.
    """
    known = set(bare)
    out: dict[GuardedRead, None] = {}
    for load, conditions in _reached(roots):
        if load in known:
            continue
        for d, (index, dim) in enumerate(zip(load.index, load.array.dims, strict=True)):
            same = isinstance(index, Axis) and index.name == dim.axis
            if same or not _is_plain(index):
                continue
            # Those of the same axes, and those of sizes alone: where(size(n) > 3, x[3], 0).
            about = [c for c in conditions if _atoms(c) & _atoms(index) or not _atoms(c)]
            # A limit that depends on data, such as t < length[b], is not known before it is read.
            if all(_is_plain(c) for c in about):
                out[GuardedRead(load, d, tuple(about))] = None
    return list(out)


def _reached(roots: Iterable[Node]) -> Iterator[tuple[Load, tuple[Node, ...]]]:
    """Each load with the conditions on a way to it; one that two ways reach comes twice."""
    seen: set[tuple[Node, frozenset[Node]]] = set()
    stack: list[tuple[Node, frozenset[Node]]] = [(root, frozenset()) for root in roots]
    while stack:
        node, held = stack.pop()
        if (node, held) in seen:
            continue
        seen.add((node, held))
        if isinstance(node, Load):
            yield node, tuple(held)
        if isinstance(node, Op) and node.name == "where":
            condition, yes, no = node.args
            stack.append((condition, held))
            stack.append((yes, held | set(ops.conjuncts(condition))))
            stack.append((no, held | {ops.op("not", condition)}))
        else:
            stack += [(child, held) for child in nodes.children(node)]


def _atoms(node: Node) -> set[Node]:
    """The axes and loads that a term compares: not the axes inside of a load's own index."""
    if isinstance(node, Axis | Load):
        return {node}
    return {atom for child in nodes.children(node) for atom in _atoms(child)}


def _is_plain(node: Node) -> bool:
    """Whether a term is made of axes, sizes and numbers by operators alone."""
    return all(isinstance(n, Axis | Size | Const | Op) for n in nodes.topological(node))


def _ends(size: int, most: int) -> np.ndarray:
    """All values of an axis, or as many at its two ends."""
    if size <= most:
        return np.arange(size)
    return np.concatenate([np.arange(most - most // 2), np.arange(size - most // 2, size)])


@dataclass(slots=True)
class _Values:
    """Terms over a grid of values of their axes."""

    axes: Mapping[Axis, np.ndarray]
    sizes: Mapping[str, int]
    known: dict[Node, Any] = field(default_factory=dict)

    def of(self, term: Node) -> Any:
        """The term at all places of the grid."""
        with np.errstate(all="ignore"):
            for node in nodes.topological(term):
                if node not in self.known:
                    self.known[node] = self._one(node)
        return self.known[term]

    def _one(self, node: Node) -> Any:
        match node:
            case Axis():
                return self.axes[node]
            case Const(value=value):
                return np.asarray(value)
            case Size(axis=axis):
                return np.asarray(self.sizes[axis])
            case Op(name=name, args=args):
                return ops.TABLE[name].numpy(*[self.known[a] for a in args])
        raise TypeError(node)
