"""Small sets to examine: items by hand, with fingerprints of pictures that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from handful.datasets.checks.examined import Examined
from handful.datasets.scan import Scan
from handful.items.finding import Finding
from handful.items.item import Collection, Item, Quarantined
from handful.modalities.image.decode import decode
from handful.modalities.image.facts import Fingerprint, fingerprint
from tests.modalities.image.pictures import encoded, scene


@cache
def seen(seed: int) -> Fingerprint:
    """The fingerprint of a picture that looks like that of no other seed."""
    data = encoded(scene(64, 64, seed=seed))
    return fingerprint(data, decode(data))


def examined(
    items: Sequence[Item],
    fingerprints: Sequence[Fingerprint] | None = None,
    unreadable: Sequence[Quarantined] = (),
    set_aside: Sequence[Quarantined] = (),
) -> Examined:
    """The items as if their files had been looked at; all pictures differ unless given."""
    ordered = tuple(sorted(items, key=lambda item: item.path))
    if fingerprints is None:
        fingerprints = [
            replace(seen(0), content=str(i), pixels=str(i), thumb=bytes(1024))
            for i in range(len(ordered))
        ]
    known = {item.path: one for item, one in zip(items, fingerprints, strict=True)}
    collection = Collection(Path("/data"), ordered, tuple(set_aside))
    return Examined.of(collection, Scan(known, (*set_aside, *unreadable)))


def item(path: str, label: str | None = None, **fields: Any) -> Item:
    """An item without a file."""
    return Item(path, Path("/data") / path, label=label, **fields)


def labelled(**counts: int) -> list[Item]:
    """So many items of each class."""
    return [item(f"{name}/{i:03}.png", name) for name, n in counts.items() for i in range(n)]


def only(findings: Sequence[Finding]) -> Finding:
    """The one finding that there is."""
    [finding] = findings
    return finding
