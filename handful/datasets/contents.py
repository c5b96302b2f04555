"""Content hashes of items' files, from the index where a file has not changed, else from the file.

By its content an item is known again under another name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from handful.datasets.index import FILE_NAME, Index
from handful.items.item import Item
from handful.modalities.content import content_hash, read
from handful.modalities.failure import DecodeFailure


def contents(items: Sequence[Item], folder: Path) -> dict[str, str]:
    """Content hash by path, of every item whose file can be read.

    Args:
        items: whose files.
        folder: of the project, where the index lies; nothing is written there.
    Raises:
        StoreError: another program has held the index for half a minute.
    """
    found: dict[str, str] = {}
    if items and (folder / FILE_NAME).exists():
        with Index(folder) as index:
            found = index.contents(items)
    for item in items:
        if item.path not in found:
            try:
                found[item.path] = content_hash(read(item))
            except DecodeFailure:
                continue  # what is wrong with it is said by whoever learns from it
    return found


def last_contents(paths: Sequence[str], folder: Path) -> dict[str, str]:
    """Content hash that files had when they were last looked at, those that are gone too."""
    if not paths or not (folder / FILE_NAME).exists():
        return {}
    with Index(folder) as index:
        return index.last_contents(paths)
