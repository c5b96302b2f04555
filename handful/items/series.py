"""Orders in which items may have been made: by file name, by time of capture.

Neighbours in such an order often show the same thing: cells of one module, frames of one film, a
specimen seen from all sides. Whether they do is found out in `estimate/blocked.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from jaxtyping import Int

from handful.items.item import Item

OrderName = Literal["file names", "capture time"]

_NUMBERS = re.compile(r"(\d+)")
_SEPARATORS = " _-."
SHARED = 0.1  # of the items: more names than these in two classes, and each class counts by itself
WITH_TIME = 0.8  # of the items: with fewer the figure would be of too few of them


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Items one after another: all n, or the m whose place in the order is known.

    Args:
        name: what they are ordered by.
        places: (m,) which item comes first, second, ...
        parts: (m,) the part of the order that each of `places` lies in. Items of two parts are no
            neighbours: where each class counts its files by itself, a class is a part.
    """

    name: OrderName
    places: Int[np.ndarray, " n"]
    parts: Int[np.ndarray, " n"]


def orders(items: Sequence[Item], times: Sequence[str]) -> list[Order]:
    """The orders that are worth trying: by name, and by time of capture where that is another.

    Args:
        items: n of them.
        times: n times of capture, as for `by_time`.
    """
    named, timed = by_name(items), by_time(items, times)
    if timed is None or np.array_equal(named.places, timed.places):
        return [named]  # a camera counts its files as it takes them
    return [named, timed]


def by_name(items: Sequence[Item]) -> Order:
    """The items by file name, numbers by their value, without what names the class.

    `ok/cell0007.png` comes before `defect/cell0010.png`, because one camera numbered both. Where
    the same names come back in several classes (`ok/001.png`, `defect/001.png`), or where names
    sort the classes one after another, the order says nothing across classes: each class is then a
    part of its own.
    """
    names = [name_of(item) for item in items]
    keys = [natural(name) for name in names]
    labels = [item.label or "" for item in items]
    places = sorted(range(len(items)), key=lambda at: (keys[at], items[at].path))
    if _is_apart(names, labels, places):
        places.sort(key=lambda at: labels[at])  # stable: within a class the order stays
        parts = np.unique([labels[at] for at in places], return_inverse=True)[1]
    else:
        parts = np.zeros(len(items), np.int64)
    return Order("file names", np.array(places, np.int64), parts.astype(np.int64))


def by_time(items: Sequence[Item], times: Sequence[str]) -> Order | None:
    """The items by time of capture; None unless most items have one, and most times differ.

    Items without a time are left out of the order. Where each class was taken by itself, one after
    another, the order says nothing across classes: each class is then a part of its own.

    Args:
        items: n of them.
        times: n texts that sort as the times do ("2024:01:31 12:04:55"); empty where unknown.
    """
    timed = [at for at, time in enumerate(times) if time]
    if len(timed) < WITH_TIME * len(items) or len({*times} - {""}) < len(timed) / 2 or not timed:
        return None
    timed.sort(key=lambda at: (times[at], natural(items[at].path)))
    labels = [items[at].label or "" for at in timed]
    if _is_sorted(labels):
        timed.sort(key=lambda at: items[at].label or "")  # stable: within a class the order stays
        parts = np.unique([items[at].label or "" for at in timed], return_inverse=True)[1]
    else:
        parts = np.zeros(len(timed), np.int64)
    return Order("capture time", np.array(timed, np.int64), parts.astype(np.int64))


def name_of(item: Item) -> str:
    """The item's path without what its class is called: folders, and the beginning of the name."""
    folders = [part.casefold() for part in (item.label or "").split("/") if part]
    *above, name = item.path.split("/")
    kept = [part for part in above if part.casefold() not in folders]
    for word in folders:
        if name.casefold().startswith(word) and not name[len(word) : len(word) + 1].isalpha():
            name = name[len(word) :].lstrip(_SEPARATORS)
            break
    return "/".join([*kept, name])


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts `b9` before `b10`."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in _NUMBERS.split(name)
        if part
    )


def _is_apart(names: Sequence[str], labels: Sequence[str], places: Sequence[int]) -> bool:
    """Whether each class counts its files by itself."""
    classes_of: dict[str, set[str]] = {}
    for name, label in zip(names, labels, strict=True):
        classes_of.setdefault(name, set()).add(label)
    common = sum(len(classes_of[name]) > 1 for name in names)
    return common > SHARED * len(names) or _is_sorted([labels[at] for at in places])


def _is_sorted(labels: Sequence[str]) -> bool:
    """Whether the classes come one after another."""
    runs = 1 + sum(before != after for before, after in pairwise(labels))
    return runs <= 2 * len(set(labels))
