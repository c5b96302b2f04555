"""A table of items: which column names the file, the class, the group and the split.

Rows that cannot be used are set aside with their line and a reason; the rest goes on.
"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from handful.errors import DataError, SettingError
from handful.items.groups import group_by_pattern
from handful.items.item import Collection, Item, Quarantined, SplitName
from handful.items.label_names import label_name
from handful.items.sheets import Sheet, read_sheet
from handful.items.split_names import part_named, side_of

# Taken for `path` where there is no such column and only one of these; said in a note.
PATH_SYNONYMS = ("file", "filename", "file_name", "filepath", "file_path", "image", "image_path")


def read_table(path: Path, *, labels: str | None = None, group: str | None = None) -> Collection:
    """The items that a table names; their paths are relative to the table's folder.

    Args:
        path: a CSV, TSV, Parquet or Excel file with a header row.
        labels: the column that holds the class; None: `label`, where there is one.
        group: a column, or a regular expression on the path; None: the column `group`, where
            there is one.
    Raises:
        DataError: the table cannot be read, or names no file that can be used.
        SettingError: a column that was asked for is not there.
    """
    path = path.resolve()
    sheet = read_sheet(path)
    columns = _Columns(sheet.header)
    files, notes = _path_column(columns, path)
    by_pattern = group is not None and columns.find(group) is None
    reader = _Rows(
        table=path,
        width=len(sheet.header),
        files=files,
        labels=columns.demand(labels) if labels else columns.find("label"),
        groups=columns.find(group or "group"),
        splits=columns.find("split"),
    )
    reader.attributes = columns.others(reader.files, reader.labels, reader.groups, reader.splits)
    for line, cells in sheet.rows:
        reader.read(line, cells)
    items = tuple(sorted(reader.items(), key=lambda item: item.path))
    if not items:
        raise _nothing(path, sheet, reader)
    if by_pattern:
        items, more = group_by_pattern(items, group or "")
        notes += more
    if reader.labels is None:
        notes += (f"No column `label`, so no labels are known; the columns are {columns}.",)
    return Collection(
        root=path.parent,
        items=items,
        quarantined=tuple(sorted(reader.quarantined, key=lambda one: one.path)),
        notes=(*sheet.notes, *notes, *reader.notes()),
    )


class _Columns:
    """Column names, found whatever their case and the spaces around them."""

    def __init__(self, header: Sequence[str]) -> None:
        self.header = tuple(header)

    def __str__(self) -> str:
        return ", ".join(name or "(nameless)" for name in self.header)

    def find(self, name: str) -> int | None:
        """The place of the column, or None. Exact first, then without regard to case."""
        if name in self.header:
            return self._only(name, [at for at, one in enumerate(self.header) if one == name])
        wanted = name.strip().casefold()
        return self._only(
            name, [at for at, one in enumerate(self.header) if one.casefold() == wanted]
        )

    def demand(self, name: str) -> int:
        """The place of the column."""
        place = self.find(name)
        if place is None:
            near = difflib.get_close_matches(name, self.header, n=1)
            raise SettingError(
                f"The table has no column {name!r}.",
                found=f"its columns are {self}",
                expected="one of these",
                attempt=f"--labels {near[0]}" if near else "--labels COLUMN",
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

    def _only(self, name: str, places: list[int]) -> int | None:
        if len(places) > 1:
            raise DataError(
                f"The table has {len(places)} columns named {name!r}.",
                found="columns " + " and ".join(str(place + 1) for place in places),
                expected="each name once",
                attempt="rename one of them",
            )
        return places[0] if places else None


def _path_column(columns: _Columns, path: Path) -> tuple[int, tuple[str, ...]]:
    place = columns.find("path")
    if place is not None:
        return place, ()
    others = [(name, at) for name in PATH_SYNONYMS if (at := columns.find(name)) is not None]
    if len(others) == 1:
        name, place = others[0]
        return place, (f"The column `{name}` was taken for `path`.",)
    if columns.find("text") is not None:
        raise DataError(
            "Tables of texts cannot be learned from yet.",
            found=f"{path.name} has a column text and no column path",
            expected="a column `path` that names pictures",
            attempt="handful learns from pictures today; texts come next",
        )
    raise DataError(
        "The table does not say where the pictures are.",
        found=f"{path.name} has the columns {columns}",
        expected="a column `path`, and if you like `label`, `group`, `split`",
        attempt="rename the column that holds the file names to path",
    )


@dataclass(slots=True)
class _Rows:
    """Rows read one after another; each becomes an item or is set aside."""

    table: Path
    width: int
    files: int
    labels: int | None
    groups: int | None
    splits: int | None
    attributes: dict[str, int] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    _items: dict[str, tuple[int, Item]] = field(default_factory=dict)
    _conflicts: dict[str, str] = field(default_factory=dict)
    _repeated: int = 0
    _validation: int = 0

    def items(self) -> list[Item]:
        """The items of all rows read so far that agree with each other."""
        return [item for path, (_, item) in self._items.items() if path not in self._conflicts]

    def notes(self) -> tuple[str, ...]:
        """What was done with rows that are neither plain nor bad."""
        notes = []
        if self._repeated:
            notes.append(
                f"{self._repeated:,} rows say again what another says; each item counts once."
            )
        if self._validation:
            notes.append(
                f"{self._validation:,} validation rows are learned from: no such set is needed."
            )
        return tuple(notes)

    def read(self, line: int, cells: tuple[str, ...]) -> None:
        """One row."""
        while len(cells) > self.width and not cells[-1]:
            cells = cells[:-1]
        if len(cells) != self.width:
            self._set_aside(line, f"{len(cells)} cells where the header has {self.width}")
            return
        if not cells[self.files]:
            self._set_aside(line, "no path")
            return
        path = self._relative(cells[self.files])
        if path is None:
            self._set_aside(
                line, f"{cells[self.files]}: outside the table's folder", cells[self.files]
            )
            return
        item = Item(
            path=path,
            source=self.table.parent / path,
            label=label_name(self._cell(cells, self.labels)),
            group=self._cell(cells, self.groups),
            split=self._split(line, self._cell(cells, self.splits)),
            attributes={name: cells[at] for name, at in self.attributes.items() if cells[at]},
        )
        self._add(line, item)

    def _add(self, line: int, item: Item) -> None:
        earlier = self._items.get(item.path)
        if earlier is None:
            why = _unusable(item.source)
            if why:
                self._set_aside(line, why, item.path)
            else:
                self._items[item.path] = (line, item)
            return
        first_line, first = earlier
        if first == item:
            self._repeated += 1
            agreed = dict(first.attributes.items() & item.attributes.items())
            self._items[item.path] = (first_line, replace(first, attributes=agreed))
        elif item.path not in self._conflicts:
            parts = [
                f"{name} {before!r} in line {first_line} and {after!r} in line {line}"
                for name in ("label", "group", "split")
                if (before := getattr(first, name)) != (after := getattr(item, name))
            ]
            self._conflicts[item.path] = "; ".join(parts)
            self.quarantined.append(
                Quarantined(item.path, "its rows contradict: " + "; ".join(parts))
            )

    def _relative(self, cell: str) -> str | None:
        """The path relative to the table's folder, or None where it leads out of it."""
        root = self.table.parent.as_posix()
        if "\\" in cell and not (self.table.parent / cell).exists():
            cell = cell.replace("\\", "/")
        joined = posixpath.normpath(posixpath.join(root, cell))
        inside = root.rstrip("/") + "/"
        return joined[len(inside) :] if joined.startswith(inside) else None

    def _split(self, line: int, value: str | None) -> SplitName | None:
        if value is None:
            return None
        part = part_named(value)
        if part is None:
            raise DataError(
                "The column `split` says something other than train or test.",
                found=f"{self.table.name}, line {line}: {value!r}",
                expected="train or test, or nothing",
                attempt="rename the column if it means something else",
            )
        self._validation += part == "validation"
        return side_of(part)

    def _set_aside(self, line: int, why: str, path: str | None = None) -> None:
        place = f"{self.table.name}, line {line}"
        self.quarantined.append(Quarantined(path or place, f"{place}: {why}" if path else why))

    @staticmethod
    def _cell(cells: tuple[str, ...], place: int | None) -> str | None:
        return (cells[place] or None) if place is not None else None


def _unusable(source: Path) -> str:
    try:
        if source.is_dir():
            return "a folder, not a picture"
        return "" if source.exists() else "no such file"
    except (OSError, ValueError) as error:
        return f"not a usable path: {error}"


def _nothing(path: Path, sheet: Sheet, reader: _Rows) -> DataError:
    first = reader.quarantined[0] if reader.quarantined else None
    return DataError(
        f"None of the table's {len(sheet.rows):,} rows names a picture that can be used.",
        found=f"{first.path} ({first.why})" if first else f"{path.name} has a header and no rows",
        expected=f"paths of pictures, relative to {path.parent.name}/, the table's own folder",
        attempt="put the table into the folder that its paths start from",
    )
