"""Classes of which no picture can be read: without a word they would be gone, and the rest "right".

A class is known by its folder, also where none of its files ever became an item.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from handful.items.item import Item, Quarantined


@dataclass(frozen=True, slots=True)
class Vanished:
    """A class of which no picture can be read.

    Args:
        label: its name.
        paths: of its files.
        why: the commonest reason.
    """

    label: str
    paths: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        files = "its one file" if len(self.paths) == 1 else f"its {len(self.paths):,} files"
        return f"class {self.label!r} has no picture that can be read: {files} ({self.why})"

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return {"class": self.label, "files": len(self.paths), "why": self.why}


def vanished(items: Iterable[Item], quarantined: Iterable[Quarantined]) -> tuple[Vanished, ...]:
    """The classes that are gone, in the order of their names.

    Args:
        items: all that were found, also those that turned out to be unreadable.
        quarantined: all that was set aside, before and after.
    """
    aside = {one.path: one for one in quarantined}
    there: set[str] = set()
    lost: dict[str, list[Quarantined]] = defaultdict(list)
    known: set[str] = set()
    for item in items:
        known.add(item.path)
        if item.label is None:
            continue
        if item.path in aside:
            lost[item.label].append(aside[item.path])
        else:
            there.add(item.label)
    for one in aside.values():
        if one.label is not None and one.path not in known:
            lost[one.label].append(one)
    return tuple(
        Vanished(
            label,
            tuple(sorted(one.path for one in gone)),
            Counter(one.why for one in gone).most_common(1)[0][0],
        )
        for label, gone in sorted(lost.items())
        if label not in there
    )
