"""Files that cannot be read, or are not what their names say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from handful.datasets.checks.examined import Examined, counted, paths_of
from handful.items.finding import Finding
from handful.items.item import Item
from handful.modalities.image.formats import ENDINGS


def quarantined(examined: Examined) -> Iterator[Finding]:
    """What was set aside; what has one reason is told once."""
    by_reason: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in examined.set_aside:
        by_reason["set-aside", one.why].append(one.path)
    for one in examined.unreadable:
        kind = "empty" if one.why.startswith("empty") else "unreadable"
        by_reason[kind, one.why].append(one.path)
    for (kind, why), paths in by_reason.items():
        yield Finding(
            kind=kind,
            paths=tuple(paths),
            reason=f"{counted(len(paths), 'item')} set aside: {why}",
            severity="warning",
            suggestion="The rest goes on without; fix the cause, or take it out.",
        )


def wrong_ending(examined: Examined) -> Iterator[Finding]:
    """Files whose ending names another format than they hold."""
    wrong: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item, seen in zip(examined.items, examined.facts, strict=True):
        suffix = PurePosixPath(item.path).suffix.lower()
        if suffix and suffix not in ENDINGS[seen.format]:
            wrong[suffix, seen.format].append(item)
    for (suffix, kind), items in wrong.items():
        hold = "holds" if len(items) == 1 else "hold"
        yield Finding(
            kind="wrong-extension",
            paths=paths_of(items),
            reason=f"{counted(len(items), 'file')} named {suffix} {hold} {kind}: read all the same",
            severity="note",
            suggestion=f"Rename to {ENDINGS[kind][0]}: other programs may refuse them.",
        )


def several_frames(examined: Examined) -> Iterator[Finding]:
    """Files that hold more than one picture."""
    by_kind: dict[str, list[Item]] = defaultdict(list)
    most: dict[str, int] = {}
    for item, seen in zip(examined.items, examined.facts, strict=True):
        if seen.frames > 1:
            by_kind[seen.format].append(item)
            most[seen.format] = max(most.get(seen.format, 0), seen.frames)
    for kind, items in by_kind.items():
        yield Finding(
            kind="several-frames",
            paths=paths_of(items),
            reason=f"{counted(len(items), kind + ' file')} with up to {most[kind]} frames:"
            " only the first is used",
            severity="note",
            suggestion="If the others count, save each as a file of its own.",
        )
