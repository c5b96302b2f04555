"""A folder of items: which files are pictures, and what their folders say of them.

- A picture's label is the folder that it lies in, relative to the top: `cat/tabby/1.jpg` is
  labelled "cat/tabby". A picture that lies at the top has no label.
- A single folder around all the others is looked through (`archive/cat/1.jpg` is a "cat").
- Folders `train` and `test` at the top are a split, and labels begin below them. They are taken so
  only if no other folder lies beside them and one is for training; `val` is learned from.
- Symbolic links are followed; a folder is read once, however many ways lead to it.
- Hidden files and what systems leave behind are passed over, other files that are no pictures are
  named in a note, pictures of kinds that are not read here are set aside.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from handful.errors import DataError
from handful.items.damage import EXPECTED, looks_like_a_picture
from handful.items.groups import group_by_pattern
from handful.items.item import Collection, Item, Quarantined, SplitName
from handful.items.names import printable
from handful.items.split_names import part_named, side_of

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".tif", ".tiff", ".webp", ".bmp", ".dib"}
    | {".gif", ".mpo"}
)
"""Endings of pictures that are read here, in lower case."""

UNREAD = frozenset(
    {".heic", ".heif", ".avif", ".jxl", ".jp2", ".j2k", ".psd", ".svg", ".dcm", ".dicom", ".nii"}
    # Raw photographs open as TIFF, but what comes out is the thumbnail inside.
    | {".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"}
)
"""Endings of pictures that are not read here yet: set aside, not passed over."""

_LEFT_BY_SYSTEMS = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir"})
_OWN_SUFFIX = ".handful"
_NAMED_IN_NOTES = 3


def read_folder(folder: Path, *, group: str | None = None) -> Collection:
    """The pictures below a folder, with labels and split as its folders' names give them.

    Args:
        folder: where to look.
        group: a regular expression on the relative path; None: every item stands alone.
    Raises:
        DataError: there is no picture, or the folder cannot be listed.
        SettingError: `group` is no regular expression, or is found in no path.
    """
    root = folder.resolve()
    walk = _Walk(root)
    found = sorted(walk.pictures())
    if not found:
        raise _nothing(folder, walk)
    paths = [path for path, _ in found]
    layout = _layout(paths)
    items: tuple[Item, ...] = tuple(
        Item(path, source, label=layout.label(path), split=layout.split(path))
        for path, source in found
    )
    notes = (*layout.notes, *walk.notes(), *_unlabelled(items))
    if group is not None:
        items, more = group_by_pattern(items, group)
        notes += more
    quarantined = tuple(sorted(walk.quarantined, key=lambda one: one.path))
    return Collection(root=root, items=items, quarantined=quarantined, notes=notes)


@dataclass(slots=True)
class _Walk:
    """One walk through all folders below `root`, and what was met besides pictures."""

    root: Path
    quarantined: list[Quarantined] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    num_hidden: int = 0
    _visited: set[tuple[int, int]] = field(default_factory=set)

    def pictures(self) -> Iterator[tuple[str, Path]]:
        """Relative path and place of each picture."""
        waiting = [("", str(self.root))]
        while waiting:
            within, folder = waiting.pop()
            below = []
            for entry in self._entries(within, folder):
                path = within + printable(entry.name)
                if entry.name.lower().endswith(_OWN_SUFFIX):
                    continue
                if self._is_passed_over(entry.name):
                    self.num_hidden += 1
                elif self._is_folder(entry):
                    below.append((path + "/", entry.path))
                elif self._is_picture(entry, path):
                    yield path, Path(entry.path)
            waiting += reversed(below)

    def notes(self) -> tuple[str, ...]:
        """What was passed over."""
        notes = []
        if self.num_hidden:
            what = "file or folder was" if self.num_hidden == 1 else "files or folders were"
            notes.append(f"{self.num_hidden:,} hidden {what} passed over.")
        if self.others:
            named = ", ".join(sorted(self.others)[:_NAMED_IN_NOTES])
            rest = len(self.others) - _NAMED_IN_NOTES
            more = f" and {rest:,} more" if rest > 0 else ""
            notes.append(f"Not pictures by their names, so passed over: {named}{more}.")
        return tuple(notes)

    def _entries(self, within: str, folder: str) -> list[os.DirEntry[str]]:
        """What lies in a folder, sorted; nothing if it was read before or cannot be."""
        try:
            status = os.stat(folder)  # noqa: PTH116  (a name that may hold any bytes)
            identity = (status.st_dev, status.st_ino)
            if identity in self._visited:
                self._set_aside(within.rstrip("/"), "the same folder as one read before, by a link")
                return []
            self._visited.add(identity)
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: printable(entry.name))
        except OSError as error:
            if not within:
                raise _cannot_list(self.root, error) from error
            self._set_aside(within.rstrip("/"), f"this folder cannot be listed: {error.strerror}")
            return []

    @staticmethod
    def _is_passed_over(name: str) -> bool:
        small = name.lower()
        return name.startswith(".") or small in _LEFT_BY_SYSTEMS

    @staticmethod
    def _is_folder(entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir()
        except OSError:
            return False  # a link in a circle: `_is_picture` says so

    def _is_picture(self, entry: os.DirEntry[str], path: str) -> bool:
        suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122  (not yet a path)
        known = suffix in SUFFIXES
        try:
            if not entry.is_file():
                if known:
                    why = "a link to nothing" if entry.is_symlink() else "not a file"
                    self._set_aside(path, why)
                return False
            if suffix in UNREAD:
                kind = suffix[1:].upper()
                self._set_aside(path, f"{kind} is not read yet; export it as JPEG, PNG or TIFF")
                return False
            if known or (not suffix and _begins_as_picture(entry.path)):
                return True
        except OSError as error:
            self._set_aside(path, f"it cannot be looked at: {error.strerror}")
            return False
        self.others.append(path)
        return False

    def _set_aside(self, path: str, why: str) -> None:
        self.quarantined.append(Quarantined(path, why))


def _begins_as_picture(place: str) -> bool:
    with open(place, "rb") as file:  # noqa: PTH123  (a name that may hold any bytes)
        return looks_like_a_picture(file.read(32))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the folders' names mean.

    Args:
        wrapper: the folder around all others, with a slash at its end; "" if there is none.
        splits: whether the folders inside it are a split.
    """

    wrapper: str
    splits: bool
    notes: tuple[str, ...] = ()

    def split(self, path: str) -> SplitName | None:
        """The split that the path's first folder names."""
        inner = self._inner(path)
        return _split_name(inner[0]) if self.splits and len(inner) > 1 else None

    def label(self, path: str) -> str | None:
        """The class that the path's folders name."""
        folders = self._inner(path)[self.splits : -1]
        return "/".join(folders) or None

    def _inner(self, path: str) -> list[str]:
        return path[len(self.wrapper) :].split("/")


def _layout(paths: Sequence[str]) -> _Layout:
    wrapper = _wrapper(paths)
    notes = []
    if wrapper:
        notes.append(f"All pictures lie in {wrapper}, so labels are read from the folders in it.")
    inner = [path[len(wrapper) :] for path in paths]
    tops = sorted({path.partition("/")[0] for path in inner if "/" in path})
    named = [top for top in tops if _split_name(top)]
    splits = named == tops and any(part_named(top) == "train" for top in tops)
    if splits:
        notes.append("The folders " + ", ".join(tops) + " were taken for a split.")
        notes += [
            f"{top}/ is learned from: no validation set is needed."
            for top in tops
            if part_named(top) == "validation"
        ]
    elif 1 < len(named) < len(tops):
        beside = next(top for top in tops if top not in named)
        notes.append(f"{', '.join(named)} were taken for classes, as {beside}/ lies beside them.")
    return _Layout(wrapper, splits, tuple(notes))


def _wrapper(paths: Sequence[str]) -> str:
    """The folders around all others, as long as each holds further folders and stands alone."""
    wrapper = ""
    while True:
        tops = {path[len(wrapper) :].partition("/")[0] for path in paths}
        inner = wrapper + next(iter(tops)) + "/"
        is_alone = len(tops) == 1 and _split_name(next(iter(tops))) is None
        if not is_alone or not any("/" in path[len(inner) :] for path in paths):
            return wrapper
        wrapper = inner


def _split_name(folder: str) -> SplitName | None:
    part = part_named(folder)
    return side_of(part) if part else None


def _unlabelled(items: Sequence[Item]) -> tuple[str, ...]:
    without = sum(item.label is None for item in items)
    if 0 < without < len(items):
        return (f"{without:,} of {len(items):,} pictures lie in no class folder: no label.",)
    return ()


def _nothing(folder: Path, walk: _Walk) -> DataError:
    place = printable(str(folder))
    if walk.quarantined:
        bad = walk.quarantined[0]
        found = f"{bad.path} ({bad.why}); {len(walk.quarantined):,} such"
    elif walk.others:
        found = f"{place} holds {len(walk.others):,} other files, such as {walk.others[0]}"
    else:
        found = f"{place} is empty" + (" but for hidden files" if walk.num_hidden else "")
    return DataError(
        "No picture was found.",
        found=found,
        expected=f"{EXPECTED}, in one folder for each class, or a table that names them",
        attempt="give the folder that holds the class folders",
    )


def _cannot_list(root: Path, error: OSError) -> DataError:
    return DataError(
        "The folder cannot be listed.",
        found=f"{printable(str(root))} ({error.strerror})",
        expected="a folder that may be read",
        attempt="check its permissions, or copy the data to where you may read it",
    )
