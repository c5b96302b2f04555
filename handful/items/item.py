"""What there is: an item, one that was set aside, and the collection of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SplitName = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be labelled.

    Args:
        path: place relative to the data folder, with forward slashes: the item's identity.
        source: absolute place on this machine. It never leaves the machine.
        label: the class that the folder name or the table gives; None where it is unknown.
        group: items that must not be parted (a patient, a site, a burst); None: stands alone.
        split: fixed by the table, or None.
        attributes: what the table's further columns say of it, by their names ("scanner": "B");
            blank cells are left out. They slice the report's errors and identify nothing, so two
            items that differ in them alone are equal.
    """

    path: str
    source: Path
    label: str | None = None
    group: str | None = None
    split: SplitName | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An item that was set aside: its path relative to the data folder, and why.

    Args:
        path: relative to the data folder.
        why: in plain words, without the path.
        label: the class that its folder names, where it was set aside before it became an item.
    """

    path: str
    why: str
    label: str | None = None

    def to_json(self) -> dict[str, str]:
        """As `--json` prints it."""
        return {"path": self.path, "why": self.why}


@dataclass(frozen=True, slots=True)
class Collection:
    """All that was found: items sorted by path, and what was set aside while looking.

    Args:
        root: the data folder, absolute (a table's own folder where DATA is a table).
        items: sorted by path, each path once.
        quarantined: sorted by path.
        notes: facts worth a line to the user ("12 hidden files were passed over").
    """

    root: Path
    items: tuple[Item, ...]
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)
