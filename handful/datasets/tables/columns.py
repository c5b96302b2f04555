"""Which column of a table is which: by its name, else by what its cells are."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from handful.datasets.sheets.header import PICTURE_NAME, key
from handful.datasets.sheets.sheet import Sheet
from handful.datasets.tables.lookup import Finder
from handful.errors import DataError, SettingError

# Names that people give to the column of pictures, by `key`; the plainer first.
PATH_KEYS = (
    *("path", "filepath", "imagepath", "imgpath", "picturepath", "fullpath", "pathname"),
    *("filename", "fname", "imagefilename", "imagefile", "imagename", "imgname", "picturename"),
    *("file", "files", "image", "img", "picture", "photo", "sourcefile", "imagelink"),
    *("imageid", "imgid", "idcode", "imageindex"),
)
# Names of a column that says in which folder the file lies, where another has its name alone.
FOLDER_KEYS = ("relativepath", "folder", "directory", "dir", "subfolder", "foldername", "dirname")
OTHER_KEYS = ("label", "labels", "class", "group", "split", "text")

_SAMPLED = 200
# Of a column's cells the share that must end as pictures do, or be found, to be taken for paths.
_MOST = 0.6
_NAMED = 12


@final
class Columns:
    """Column names, found whatever their case and the spaces around them.

    Args:
        header: the names.
    """

    def __init__(self, header: Sequence[str]) -> None:
        self.header = tuple(header)

    def __str__(self) -> str:
        named = ", ".join(name or "(nameless)" for name in self.header[:_NAMED])
        rest = len(self.header) - _NAMED
        return named + (f" and {rest:,} more" if rest > 0 else "")

    def find(self, name: str) -> int | None:
        """The place of the column, or None. Exact first, then without regard to case.

        Raises:
            DataError: several columns have that name.
        """
        if name in self.header:
            return self._only(name, [at for at, one in enumerate(self.header) if one == name])
        wanted = name.strip().casefold()
        return self._only(
            name, [at for at, one in enumerate(self.header) if one.casefold() == wanted]
        )

    def demand(self, name: str, option: str) -> int:
        """The place of the column that an option names.

        Args:
            name: of the column.
            option: such as "--labels", for the error.
        Raises:
            SettingError: there is no such column.
            DataError: several columns have that name.
        """
        place = self.find(name)
        if place is None:
            near = difflib.get_close_matches(name, self.header, n=1)
            raise SettingError(
                f"The table has no column {name!r}.",
                found=f"its columns are {self}",
                expected="one of these",
                attempt=f"{option} {near[0]}" if near else f"{option} COLUMN",
            )
        return place

    def others(self, *taken: int | None) -> dict[str, int]:
        """Name and place of every column that has no part of its own, nor a name that another has.

        Args:
            taken: places of the columns that have one.
        """
        return {
            name: at
            for at, name in enumerate(self.header)
            if name and at not in taken and self.header.count(name) == 1
        }

    def by_key(self, keys: Sequence[str]) -> list[int]:
        """Places of the columns whose names have one of these keys, in the keys' order."""
        known = [key(name) for name in self.header]
        return [at for wanted in keys for at, one in enumerate(known) if one == wanted]

    def _only(self, name: str, places: list[int]) -> int | None:
        if len(places) > 1:
            raise DataError(
                f"The table has {len(places)} columns named {name!r}.",
                found="columns " + " and ".join(str(place + 1) for place in places),
                expected="each name once",
                attempt="rename one of them",
            )
        return places[0] if places else None


@dataclass(frozen=True, slots=True)
class PathColumn:
    """Where a row says which file it is.

    Args:
        file: place of the column with the path or the name.
        folder: place of a column with the folder that the name lies in, or None.
        notes: why these were taken, where that is not plain.
    """

    file: int
    folder: int | None = None
    notes: tuple[str, ...] = ()

    def cell(self, cells: Sequence[str]) -> str:
        """The path in a row; "" where it has none."""
        name = cells[self.file] if self.file < len(cells) else ""
        if self.folder is None or not name:
            return name
        folder = cells[self.folder] if self.folder < len(cells) else ""
        return f"{folder}/{name}" if folder else name


def path_column(
    columns: Columns, sheet: Sheet, finder: Finder, table: Path, asked: str | None
) -> PathColumn:
    """The column that names the pictures.

    It is the one asked for; else `path`; else one with a name that people give to it; else the one
    whose cells end as pictures' names do; else the one whose cells are found as files.

    Args:
        columns: of the table.
        sheet: what it holds.
        finder: looks cells up.
        table: for errors.
        asked: a column's name, or None.
    Raises:
        SettingError: there is no such column.
        DataError: there is no column of paths, or two have its name.
    """
    if asked is not None:
        return PathColumn(columns.demand(asked, "--path"))
    place = columns.find("path")
    if place is not None:
        return _names_within(columns, sheet, place, finder) or PathColumn(place)
    samples = {
        at: [cells[at] for _, cells in sheet.rows[:_SAMPLED] if at < len(cells) and cells[at]]
        for at in range(len(columns.header))
    }
    named = columns.by_key(PATH_KEYS)
    file = _best(named, samples, finder) if named else _by_content(samples, finder)
    if file is None:
        raise _none(columns, table)
    name = columns.header[file] or f"number {file + 1}"
    note = f"The column `{name}` was taken for `path`"
    others = [columns.header[at] for at in named if at != file]
    note += f", not `{others[0]}`." if others else "."
    folder = _folder(columns, sheet, file, finder)
    if folder is not None:
        note = f"Paths are the column `{name}`, in the folder that `{columns.header[folder]}` says."
    return PathColumn(file, folder, (note,))


def _names_within(columns: Columns, sheet: Sheet, place: int, finder: Finder) -> PathColumn | None:
    """The column of names beside a column `path` that holds folders; None where it does not."""
    rows = [cells for _, cells in sheet.rows[:_SAMPLED]]
    if any(PICTURE_NAME.search(PathColumn(place).cell(cells)) for cells in rows):
        return None
    for at in columns.by_key(PATH_KEYS):
        within = PathColumn(at, place)
        found = finder.look_up(map(within.cell, rows)).found.values()
        if at != place and any(one.is_exact for one in found):
            named = columns.header[at]
            note = f"Paths are the column `{named}`, in the folder that `path` says."
            return PathColumn(at, place, (note,))
    return None


def _best(named: list[int], samples: dict[int, list[str]], finder: Finder) -> int:
    """Of several columns with such names the one whose cells are found, or look most like paths."""
    if len(named) == 1:
        return named[0]
    return max(
        named,
        key=lambda at: (len(finder.look_up(samples[at]).found), _look_like_pictures(samples[at])),
    )


def _by_content(samples: dict[int, list[str]], finder: Finder) -> int | None:
    looking = [at for at, cells in samples.items() if _look_like_pictures(cells) >= _MOST]
    if looking:
        return _best(looking, samples, finder)
    found = {
        at: len(finder.look_up(cells).found) / len(cells)
        for at, cells in samples.items()
        if cells and len(set(cells)) > len(cells) / 2
    }
    best = max(found, key=lambda at: found[at], default=None)
    return best if best is not None and found[best] >= _MOST else None


def _folder(columns: Columns, sheet: Sheet, file: int, finder: Finder) -> int | None:
    """A column of folders, if names in them are found at least as often as names alone."""
    rows = [cells for _, cells in sheet.rows[:_SAMPLED]]
    names = PathColumn(file)
    alone = [names.cell(cells) for cells in rows]
    if any("/" in name or "\\" in name for name in alone):
        return None
    best, most = None, len(finder.look_up(alone).found)
    for at in columns.by_key(FOLDER_KEYS):
        within = PathColumn(file, at)
        found = len(finder.look_up(map(within.cell, rows)).found)
        if at != file and found and found >= most:
            best, most = at, found + 1
    return best


def _look_like_pictures(cells: list[str]) -> float:
    return sum(bool(PICTURE_NAME.search(cell)) for cell in cells) / max(1, len(cells))


def _none(columns: Columns, table: Path) -> DataError:
    if columns.find("text") is not None:
        return DataError(
            "Tables of texts cannot be learned from yet.",
            found=f"{table.name} has a column text and no column path",
            expected="a column `path` that names pictures",
            attempt="handful learns from pictures today; texts come next",
        )
    near = difflib.get_close_matches("path", [key(name) for name in columns.header], n=1)
    at = [key(name) for name in columns.header].index(near[0]) if near else None
    return DataError(
        "The table does not say where the pictures are.",
        found=f"{table.name} has the columns {columns}",
        expected="a column `path`, and if you like `label`, `group`, `split`",
        attempt=f"--path {columns.header[at]!r} if that column holds the file names"
        if at is not None
        else "--path COLUMN names the column that holds the file names",
    )
