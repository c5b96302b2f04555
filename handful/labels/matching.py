"""Which item an address in a file of labels means: a path, an upload, a place on another machine.

An address means the one item whose path shares the longest end with it. Where several items share
as much, or several addresses would mean one item, none is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

Miss = Literal["unknown", "ambiguous"]
_UPLOADED = re.compile(r"^[0-9a-f]{8}-(?=.)")  # Label Studio puts this before an upload's name


def path_of(address: str) -> str:
    """The path inside an address: of a local file, of an upload, of a web address, or itself."""
    parts = urlsplit(address)
    if parts.path.endswith("/data/local-files/") and (given := parse_qs(parts.query).get("d")):
        return given[0]
    if parts.scheme in {"http", "https", "s3", "gs"} or address.startswith("/data/"):
        return unquote(parts.path)
    return address


def match(addresses: Iterable[str], items: Collection[str]) -> dict[str, str | Miss]:
    """Address to the path of the item that it means, or why there is none.

    Args:
        addresses: as the file has them.
        items: paths of all items.
    """
    places = _Places(items)
    found: dict[str, tuple[str, int] | Miss] = {one: places.find(one) for one in set(addresses)}
    meant: dict[str, list[str]] = defaultdict(list)
    for address, one in found.items():
        if isinstance(one, tuple):
            meant[one[0]].append(address)
    result: dict[str, str | Miss] = {}
    for address, one in found.items():
        if not isinstance(one, tuple):
            result[address] = one
            continue
        item, length = one
        whole = length == len(_parts(item))  # the address ends with all of the item's path
        result[address] = item if whole or meant[item] == [address] else "ambiguous"
    return result


class _Places:
    """Items by the ends of their paths."""

    def __init__(self, items: Collection[str]) -> None:
        self._items = {_plain(item): item for item in items}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for item in items:
            name = _parts(item)[-1]
            self._by_name[name].append(item)
            self._by_stem[name.rpartition(".")[0] or name].append(item)

    def find(self, address: str) -> tuple[str, int] | Miss:
        """The item, and how many parts at the end of its path the address shares."""
        path = _plain(path_of(address))
        if path in self._items:
            item = self._items[path]
            return item, len(_parts(item))
        name = path.rpartition("/")[2]
        for candidate, items in (
            (name, self._by_name),
            (_UPLOADED.sub("", name), self._by_name),
            (name, self._by_stem),  # FiftyOne leaves endings away
        ):
            if found := items.get(candidate):
                return _longest_end(path, found)
        return "unknown"


def _longest_end(path: str, items: list[str]) -> tuple[str, int] | Miss:
    above = path.split("/")[:-1]
    shared = {item: 1 + _num_shared(above, _parts(item)[:-1]) for item in items}
    most = max(shared.values())
    best = [item for item, length in shared.items() if length == most]
    return (best[0], most) if len(best) == 1 else "ambiguous"


def _num_shared(one: list[str], other: list[str]) -> int:
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def _plain(path: str) -> str:
    """With forward slashes, one form of each accented letter, and without `./` in front."""
    plain = unicodedata.normalize("NFC", path.strip().replace("\\", "/"))
    while plain.startswith("./"):
        plain = plain[2:]
    return plain


def _parts(path: str) -> list[str]:
    return _plain(path).split("/")
