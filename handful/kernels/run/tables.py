"""What is known of an index table: its range and its inverses, kept while it stays as it is."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import torch

Tensor = torch.Tensor
Fact = TypeVar("Fact")
MOST_PADDING, MOST_ABSENT = 4, 16
"""An inverse so many times larger than its table is not worth making: one place is hit by far too
many; or, of a table without doubles, few places are hit, which products then pass over."""

_known: dict[tuple[int, object], tuple[Any, int, Any]] = {}


def known(table: Tensor, name: object, find: Callable[[], Fact]) -> Fact:
    """The fact called `name`; found once for a tensor in one state (its version counter)."""
    version = -1 if table.is_inference() else table._version
    key = id(table), name
    have = _known.get(key)
    if have and have[0]() is table and have[1] == version >= 0:
        found: Fact = have[2]
        return found
    found = find()
    _known[key] = weakref.ref(table, lambda _: _known.pop(key, None)), version, found
    return found


def span(table: Tensor) -> tuple[int, int]:
    """Smallest and largest value."""

    def find() -> tuple[int, int]:
        low, high = torch.aminmax(table)
        return int(low), int(high)

    return known(table, "span", find)


def stays(table: Tensor) -> bool:
    """Whether it was asked this of the same table, unchanged, twice before: then a next call will
    likely bring it again."""
    asked = known(table, "asked", lambda: itertools.count(1))
    return next(asked) > 2


def inverse(table: Tensor, dim: int, extent: int) -> Tensor | None:
    """`found[m, …, r]`: the r-th place along `dim` at which the table is m, rising, or -1.

    Args:
        table: integers; what is outside of 0 … extent - 1 has no place.
        dim: the dimension that becomes the value; the others keep their order.
        extent: how many values there are.
    Returns:
        None where most of it would be padding.
    """
    return known(table, ("inverse", dim, extent), lambda: _inverse(table, dim, extent))


def _inverse(table: Tensor, dim: int, extent: int) -> Tensor | None:
    moved = table.movedim(dim, -1)
    flat = moved.reshape(-1, table.shape[dim])
    rows = torch.arange(len(flat))[:, None]
    there = (flat >= 0) & (flat < extent)
    keys = (flat * len(flat) + rows)[there]
    places = torch.arange(flat.shape[1]).expand_as(flat)[there]
    total = extent * len(flat)
    if total > MOST_ABSENT * table.numel():
        return None
    once = torch.full((total,), -1)
    once[keys] = places
    if torch.equal(once[keys], places):  # no value twice: no sort is needed
        return once.view(extent, *moved.shape[:-1], 1)
    counts = torch.bincount(keys, minlength=total)
    width = int(counts.max())
    if total * width > MOST_PADDING * table.numel():
        return None
    ordered, order = keys.sort(stable=True)
    ranks = torch.arange(len(keys)) - (counts.cumsum(0) - counts)[ordered]
    found = torch.full((total, width), -1)
    found[ordered, ranks] = places[order]
    return found.view(extent, *moved.shape[:-1], width)
