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


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """n items one after another.

    Args:
        name: what they are ordered by.
        places: (n,) which item comes first, second, ...
        parts: (n,) the part of the order that each of `places` lies in. Items of two parts are no
            neighbours: where each class counts its files by itself, a class is a part.
    """

    name: OrderName
    places: Int[np.ndarray, " n"]
    parts: Int[np.ndarray, " n"]


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


def by_time(times: Sequence[str]) -> Order | None:
    """The items by time of capture; None unless every item has one and most differ.

    Args:
        times: n texts that sort as the times do ("2024:01:31 12:04:55"); empty where unknown.
    """
    if not all(times) or len(set(times)) < len(times) / 2:
        return None
    places = np.array(sorted(range(len(times)), key=lambda at: times[at]), np.int64)
    return Order("capture time", places, np.zeros(len(times), np.int64))


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
    ordered = [labels[at] for at in places]
    runs = 1 + sum(before != after for before, after in pairwise(ordered))
    return common > SHARED * len(names) or runs <= 2 * len(set(labels))
