"""What a cell turned out to mean, and the words for it. How it is found is `lookup.py`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handful.datasets.tables.spelling import spellings
from handful.items.names import printable

ABSOLUTE = "by absolute paths"
ELSEWHERE = "by their names in other folders"
NOT_THERE = "no such file"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a cell means.

    Args:
        place: where it is, absolute.
        rule: how it was found, as a note says it; "" for as it is written.
        is_exact: whether every name is the one in the cell but for case and Unicode form.
    """

    place: str
    rule: str = ""
    is_exact: bool = True


@dataclass(slots=True)
class Looked:
    """What all cells mean.

    Args:
        base: the folder that relative paths start from.
        found: by cell.
        missing: by cell, why nothing can be used.
        notes: how they were found, where that is not plain.
    """

    base: Path
    found: dict[str, Found] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def joined(*rules: str) -> str:
    """Several rules as one; blank ones are left out."""
    return " and ".join(filter(None, rules))


def several(places: Sequence[str], base: Path) -> str:
    """The reason where several files could be meant: the first two are named, below `base`."""
    names = [printable(os.path.relpath(place, base)) for place in sorted(places)]
    more = f" and {len(names) - 2:,} more" if len(names) > 2 else ""
    return f"{len(names)} files could be meant: {names[0]} and {names[1]}{more}"


def shown(cell: str) -> str:
    """A cell as it may stand in a report: of an absolute path only the end."""
    last = list(spellings(cell))[-1]
    if not last.anchor:
        return cell
    return "…/" + "/".join(last.parts[-2:])
