"""Pictures of more than 8 bits: in which range they are shown and learned, and what lies beyond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from handful.datasets.checks.examined import Examined, counted, paths_of
from handful.items.finding import Finding
from handful.items.item import Item
from handful.modalities.image.levels import of_kind
from handful.modalities.image.odd_tiff import bands_of, taken

# A picture whose white lies this many ranges beyond the set's is mostly white in it.
_FAR_BEYOND = 1.0


def bands(examined: Examined) -> Iterator[Finding]:
    """TIFFs of values or bands that no screen shows: what of them is used."""
    found: dict[tuple[int, str], list[Item]] = defaultdict(list)
    for item, seen in zip(examined.items, examined.facts, strict=True):
        if (several := bands_of(seen.mode)) is not None:
            found[several].append(item)
    for (number, values), items in found.items():
        what = f"{number} bands of {values}" if number > 1 else f"values of {values}"
        yield Finding(
            kind="several-bands",
            paths=paths_of(items),
            reason=f"{counted(len(items), 'picture')} with {what}: {taken(number, values)}",
            severity="note",
            suggestion="If others matter, save each picture with the bands that do."
            if number > 1
            else "",
        )


def one_range(examined: Examined) -> Iterator[Finding]:
    """What was done with deep pictures: one range for all of the set, and which lie far outside."""
    for kind in ("float", "integer"):
        deep = [
            (item, seen.levels)
            for item, seen in zip(examined.items, examined.facts, strict=True)
            if seen.levels is not None and seen.levels.kind == kind
        ]
        if not deep:
            continue
        what = "floating values" if kind == "float" else "more than 8 bits"
        many = counted(len(deep), "picture")
        levels = of_kind(examined.shared, kind)
        if levels is None:
            yield Finding(
                kind="deep-pictures",
                paths=paths_of(item for item, _ in deep),
                reason=f"{many} with {what}: each is stretched by itself from black to white",
                severity="warning",
                suggestion="They are few or flat, so no range was found for all: save them as"
                " 8 bits, in one range, if brightness matters.",
            )
            continue
        yield Finding(
            kind="deep-pictures",
            paths=(),
            reason=f"{many} with {what}: in all of them {levels.low:g} is black and"
            f" {levels.high:g} white",
            severity="note",
        )
        reach = _FAR_BEYOND * (levels.high - levels.low)
        beyond = [
            item
            for item, own in deep
            if own.high > levels.high + reach or own.low < levels.low - reach
        ]
        if beyond:
            yield Finding(
                kind="beyond-range",
                paths=paths_of(beyond),
                reason=f"{counted(len(beyond), 'picture')} with values far beyond that range:"
                " they are cut off at black and white",
                severity="warning",
                suggestion="If those values mean that nothing was measured, mark them as NaN or"
                " declare them (GDAL_NODATA).",
            )
