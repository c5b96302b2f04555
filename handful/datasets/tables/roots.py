"""The data folder of a table's pictures, and each picture's path below it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from handful.items.names import printable


def named_below(places: Iterable[str], *bases: Path) -> tuple[Path, Mapping[str, str]]:
    """The data folder, and each file's path relative to it.

    It is the first of `bases` that all files are below, else the nearest folder around all of
    them. Where that would be the whole disk, files are named by as many of their last folders as
    tell them apart.
    """
    distinct = list(dict.fromkeys(places))
    for base in bases:
        inside = _below(distinct, base)
        if inside is not None:
            return base, inside
    root = _around(distinct)
    if root != Path(root.anchor):
        return root, _below(distinct, root) or {}
    for count in range(1, 1 + max(len(Path(place).parts) for place in distinct)):
        names = {place: "/".join(Path(place).parts[1:][-count:]) for place in distinct}
        if len(set(names.values())) == len(distinct):
            return root, {place: printable(name) for place, name in names.items()}
    raise AssertionError("whole paths differ")


def _around(places: Sequence[str]) -> Path:
    try:
        return Path(os.path.commonpath([os.path.dirname(place) for place in places]))  # noqa: PTH120
    except ValueError:  # on several drives
        return Path(Path(places[0]).anchor)


def _below(places: Sequence[str], base: Path) -> dict[str, str] | None:
    """Paths relative to a folder; None if a file is not below it."""
    names = {}
    above: dict[str, str] = {}
    inside = str(base).rstrip(os.sep) + os.sep
    for place in places:
        below = place
        if not place.startswith(inside):
            folder, file = os.path.split(place)
            if folder not in above:
                above[folder] = os.path.realpath(folder)
            below = f"{above[folder]}{os.sep}{file}"
            if not below.startswith(inside):
                return None
        names[place] = printable(below[len(inside) :].replace(os.sep, "/"))
    return names
