"""One walk through a folder: which files are items, what is passed over, what is set aside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from handful.datasets.folders.documents import DOCUMENTS
from handful.errors import DataError
from handful.items.item import Quarantined
from handful.items.names import printable
from handful.modalities.files import claimed, nouns, suffixes, why_unread

# What systems, network drives and programs leave behind; what begins with a full stop is hidden.
_LEFT_BY_SYSTEMS = frozenset(
    {"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "lost+found", "lost.dir"}
    | {"system volume information", "$recycle.bin", "recycler", "recycled", "#recycle", "@recycle"}
    | {"#snapshot", "@recently-snapshot", "~snapshot", "@tmp", "__pycache__", "found.000"}
    | {"network trash folder", "temporary items", "thevolumesettingsfolder", "$extend"}
)
_OWN_SUFFIX = ".handful"
_NAMED_IN_NOTES = 3


@dataclass(slots=True)
class Walk:
    """One walk through all folders below `root`, and what was met besides items."""

    root: Path
    quarantined: list[Quarantined] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    num_hidden: int = 0
    _visited: set[tuple[int, int]] = field(default_factory=set)

    def items(self) -> Iterator[tuple[str, Path]]:
        """Relative path and place of each item."""
        waiting = [("", str(self.root))]
        while waiting:
            within, folder = waiting.pop()
            below = []
            entries = self._entries(within, folder)
            if within and entries == []:
                self.empty.append(within)
            for entry in entries or ():
                path = within + printable(entry.name)
                if entry.name.lower().endswith(_OWN_SUFFIX):
                    continue
                if self._is_passed_over(entry.name):
                    self.num_hidden += 1
                elif self._is_folder(entry):
                    below.append((path + "/", entry.path))
                elif self._is_item(entry, path):
                    yield path, Path(entry.path)
            waiting += reversed(below)

    def notes(self) -> tuple[str, ...]:
        """What was passed over."""
        notes = []
        if self.num_hidden:
            what = "file or folder was" if self.num_hidden == 1 else "files or folders were"
            notes.append(f"{self.num_hidden:,} hidden {what} passed over.")
        if self.others:
            notes.append(f"Not {nouns()} by their names, so passed over: {_some(self.others)}.")
        if self.empty:
            notes.append(f"Empty, so no class: {_some(self.empty)}.")
        return tuple(notes)

    def _entries(self, within: str, folder: str) -> list[os.DirEntry[str]] | None:
        """What lies in a folder, sorted; None if it was read before or cannot be."""
        try:
            status = os.stat(folder)  # noqa: PTH116  (a name that may hold any bytes)
            identity = (status.st_dev, status.st_ino)
            if identity in self._visited:
                self._set_aside(within.rstrip("/"), "the same folder as one read before, by a link")
                return None
            self._visited.add(identity)
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: printable(entry.name))
        except OSError as error:
            if not within:
                raise _cannot_list(self.root, error) from error
            self._set_aside(within.rstrip("/"), f"this folder cannot be listed: {error.strerror}")
            return None

    @staticmethod
    def _is_passed_over(name: str) -> bool:
        small = name.lower()
        return name.startswith(".") or small in _LEFT_BY_SYSTEMS

    @staticmethod
    def _is_folder(entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir()
        except OSError:
            return False  # a link in a circle: `_is_item` says so

    def _is_item(self, entry: os.DirEntry[str], path: str) -> bool:
        suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122  (not yet a path)
        known = suffix in suffixes()
        try:
            if not entry.is_file():
                if known or why_unread(suffix):
                    why = "a link to nothing" if entry.is_symlink() else "not a file"
                    self._set_aside(path, why)
                return False
            if known:
                return True
            unread = why_unread(suffix)
            if unread is not None:
                self._set_aside(path, unread)
                return False
            # `.jpg_large`, `.jpg!d`, `.jpeg-1`, or no ending at all: the first bytes tell.
            if suffix not in DOCUMENTS and _begins_as_item(entry.path):
                return True
        except OSError as error:
            self._set_aside(path, f"it cannot be looked at: {error.strerror}")
            return False
        self.others.append(path)
        return False

    def _set_aside(self, path: str, why: str) -> None:
        self.quarantined.append(Quarantined(path, why))


def _some(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    rest = len(names) - _NAMED_IN_NOTES
    return ", ".join(sorted(names)[:_NAMED_IN_NOTES]) + (f" and {rest:,} more" if rest > 0 else "")


def _begins_as_item(place: str) -> bool:
    with open(place, "rb") as file:  # noqa: PTH123  (a name that may hold any bytes)
        return claimed(file.read(32))


def _cannot_list(root: Path, error: OSError) -> DataError:
    return DataError(
        "The folder cannot be listed.",
        found=f"{printable(str(root))} ({error.strerror})",
        expected="a folder that may be read",
        attempt="check its permissions, or copy the data to where you may read it",
    )
