"""What lies in folders, looked up whatever the case, the Unicode form and the ending of a name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar, final

from handful.datasets.sheets.header import PICTURE_NAME
from handful.datasets.tables.spelling import differs_in, digits_key, name_key, stem_key

T = TypeVar("T")
K = TypeVar("K")

# Files that are looked through below a folder before a name is given up: some seconds of a disk.
MOST_FILES = 300_000
# The same of the folder above the data, which was not named: under a second.
MOST_FILES_ABOVE = 20_000


@final
class Folder:
    """The names in one folder, listed once; none where it cannot be listed."""

    def __init__(self, place: str) -> None:
        try:
            self._names = os.listdir(place or ".")  # noqa: PTH208  (names that may hold any bytes)
        except OSError:
            self._names = []

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        return _sorted_by(name_key, self._names)

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        return _sorted_by(stem_key, filter(PICTURE_NAME.search, self._names))

    @cached_property
    def _by_digits(self) -> dict[str, list[str]]:
        return _sorted_by(digits_key, filter(PICTURE_NAME.search, self._names))

    def folders_like(self, name: str) -> list[str]:
        """Names that differ from this one in case or Unicode form alone; the nearest kind only."""
        return _nearest(name, self._by_name.get(name_key(name), []))

    def pictures_like(self, name: str) -> list[str]:
        """The same; where there are none, pictures whose ending is left out or another."""
        found = self._by_name.get(name_key(name)) or self._by_stem.get(stem_key(name))
        if not found and (digits := digits_key(name)):
            found = self._by_digits.get(digits)
        return _nearest(name, found or [])


@final
class Disk:
    """All folders that were looked into. Files named as they are there are found at once."""

    def __init__(self) -> None:
        self._folders: dict[str, Folder] = {}

    def find(self, base: str, parts: Sequence[str]) -> list[str]:
        """Places of all files that `parts` may name below `base`; several where it is not plain.

        Args:
            base: an absolute folder.
            parts: names of folders and of a file.
        """
        plain = joined_path(base, *parts)
        if parts and exists(plain):
            return [plain]
        places = [base]
        for at, part in enumerate(parts):
            last = at == len(parts) - 1
            places = [
                joined_path(place, name)
                for place in places
                for name in self._names(place, part, last=last)
            ]
            if not places:
                break
        return places if parts else []

    def _names(self, place: str, part: str, *, last: bool) -> list[str]:
        if part == "..":
            return [part]
        if exists(joined_path(place, part)):
            return [part]
        folder = self._folders.get(place)
        if folder is None:
            folder = self._folders[place] = Folder(place)
        return folder.pictures_like(part) if last else folder.folders_like(part)


@final
class Tree:
    """All files below a folder, looked up by their names alone.

    Hidden folders and what handful computed are passed over.

    Args:
        base: the folder.
        most: files that are looked through at most.
    """

    def __init__(self, base: Path, most: int) -> None:
        self.base, self.most = base, most
        self.is_whole = True
        files = list(self._files())
        self._by_name = _sorted_by(lambda file: name_key(file[-1]), files)
        pictures = [file for file in files if PICTURE_NAME.search(file[-1])]
        self._by_stem = _sorted_by(lambda file: stem_key(file[-1]), pictures)
        self._by_digits = _sorted_by(lambda file: digits_key(file[-1]), pictures)

    def named(self, name: str) -> list[tuple[str, ...]]:
        """Folders and name, relative to `base`, of all files that a name may mean."""
        found = self._by_name.get(name_key(name)) or self._by_stem.get(stem_key(name))
        if not found and (digits := digits_key(name)):
            found = self._by_digits.get(digits)
        return found or []

    def _files(self) -> Iterator[tuple[str, ...]]:
        count = 0
        for place, folders, names in os.walk(self.base):
            folders[:] = sorted(
                one for one in folders if one[0] != "." and not one.endswith(".handful")
            )
            within = Path(place).relative_to(self.base).parts
            for name in names:
                count += 1
                if count > self.most:
                    self.is_whole = False
                    return
                yield (*within, name)


def exists(place: str) -> bool:
    """Whether a file or folder is there; False for what no system takes for a name."""
    try:
        return os.path.exists(place)  # noqa: PTH110  (half of the time of Path.exists)
    except ValueError:
        return False


def joined_path(*parts: str) -> str:
    """The path of these parts."""
    return os.path.join(*parts)  # noqa: PTH118  (a fifth of the time of Path's)


def _nearest(name: str, found: list[str]) -> list[str]:
    """Of names that are alike those that differ least: Unicode form before case."""
    if len(found) > 1:
        for kind in ("in another Unicode form", "in other case"):
            near = [one for one in found if differs_in(name, one) == kind]
            if near:
                return near
    return found


def _sorted_by(key: Callable[[T], K | None], things: Iterable[T]) -> dict[K, list[T]]:
    found: dict[K, list[T]] = {}
    for thing in things:
        value = key(thing)
        if value is not None:
            found.setdefault(value, []).append(thing)
    return found
