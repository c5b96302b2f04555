"""What every check is given: the items that can be read, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from handful.datasets.scan import Scan
from handful.datasets.vanished import Vanished, vanished
from handful.items.finding import Finding
from handful.items.item import Collection, Item, Quarantined
from handful.items.units import units
from handful.modalities.modality import Shared
from handful.modalities.registry import alike


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """A collection after a look at each of its files.

    Args:
        items: n items that can be read, sorted by path.
        facts: what is known of each item.
        clusters: (n,) which items are the same.
        units: (n,) which items must not be parted.
        set_aside: what could not be taken for an item while looking for them.
        unreadable: items that cannot be read or decoded.
        shared: what the items of the set share.
        vanished: classes of which no item can be read.
    """

    items: tuple[Item, ...]
    facts: tuple[Any, ...]
    clusters: Int[np.ndarray, " n"]
    units: Int[np.ndarray, " n"]
    set_aside: tuple[Quarantined, ...]
    unreadable: tuple[Quarantined, ...]
    shared: Shared = ()
    vanished: tuple[Vanished, ...] = ()

    @staticmethod
    def of(collection: Collection, scan: Scan) -> Examined:
        """Puts together what was found and what was seen."""
        items = tuple(item for item in collection if item.path in scan.facts)
        facts = tuple(scan.facts[item.path] for item in items)
        same = alike(facts)
        bound = units([item.group for item in items], same)
        before = set(collection.quarantined)
        unreadable = tuple(one for one in scan.quarantined if one not in before)
        return Examined(
            items,
            facts,
            same,
            bound,
            collection.quarantined,
            unreadable,
            scan.shared,
            vanished(collection.items, (*scan.quarantined, *collection.quarantined)),
        )


Check = Callable[[Examined], Iterable[Finding]]
"""A check takes what was examined and tells what is worth a look."""


def paths_of(items: Iterable[Item]) -> tuple[str, ...]:
    """The items' paths, as a finding names them."""
    return tuple(item.path for item in items)


def counted(n: int, noun: str, plural: str = "") -> str:
    """ "1 file", "2 files", "1,024 files"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def span(low: int, high: int) -> str:
    """ "3 to 9", or "3" where the two are the same."""
    return f"{low:,} to {high:,}" if low < high else f"{low:,}"
