"""Groups told by a pattern: which part of an item's path says what must not be parted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from handful.errors import SettingError
from handful.items.item import Item


def group_by_pattern(
    items: Sequence[Item], pattern: str
) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """The items with their groups, and notes worth a line to the user.

    The pattern is searched in the relative path; its first group, or the whole match where it has
    none, names the item's group. Where it is not found the item stands alone.

    Raises:
        SettingError: the pattern is no regular expression, or is found in no path.
    """
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise SettingError(
            "The group is neither a column nor a regular expression.",
            found=f"{pattern!r}: {error}",
            expected=r"for example patient\d+, matched against paths such as " + _example(items),
            attempt="handful doctor DATA proposes patterns",
        ) from error
    matches = [search(item.path) for item in items]
    if not any(matches):
        raise SettingError(
            "The group is found nowhere.",
            found=f"{pattern!r} is no column and matches no path",
            expected="a match in paths such as " + _example(items),
            attempt="handful doctor DATA proposes patterns",
        )
    grouped = tuple(
        replace(item, group=found.group(1 if found.re.groups else 0) or None) if found else item
        for item, found in zip(items, matches, strict=True)
    )
    alone = sum(item.group is None for item in grouped)
    notes = (f"{alone:,} of {len(items):,} paths do not match {pattern!r}: each stands alone.",)
    return grouped, notes if alone else ()


def _example(items: Sequence[Item]) -> str:
    return items[0].path if items else "(there are none)"
