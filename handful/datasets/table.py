"""A table of items: which column names the file, the class, the group and the split.

Rows that cannot be used are set aside with their line and a reason; the rest goes on. How a table
is read is in `sheets/`, what its cells mean in `tables/`.
"""

from __future__ import annotations

from pathlib import Path

from handful.datasets.sheets.header import key
from handful.datasets.sheets.sheet import Sheet, read_sheet
from handful.datasets.tables.columns import OTHER_KEYS, PATH_KEYS, Columns, PathColumn, path_column
from handful.datasets.tables.found import Looked
from handful.datasets.tables.labels import LabelColumn, label_column
from handful.datasets.tables.lookup import Finder
from handful.datasets.tables.proposals import Proposals
from handful.datasets.tables.roots import named_below
from handful.datasets.tables.rows import Rows
from handful.errors import DataError, SettingError
from handful.items.groups import group_by_pattern
from handful.items.item import Collection
from handful.items.names import printable


def read_table(
    path: Path,
    *,
    labels: str | None = None,
    group: str | None = None,
    column: str | None = None,
    root: Path | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Collection:
    """The items that a table names.

    Their paths are relative to the folder that the table's paths start from: its own, if they are
    all below it.

    Args:
        path: a CSV, TSV, Parquet or Excel file with a header row.
        labels: the column that holds the class; None: `label`, where there is one.
        group: a column, or a regular expression on the path; None: the column `group`, where
            there is one.
        column: the one that names the pictures; None: `path`, or the one that looks like it.
        root: the folder that its paths start from; None: the table's own, the folder that you are
            in or the one above the table's, whichever has the files.
        encoding: of a CSV or TSV table; None: guessed, and said where it is not UTF-8.
        sheet: of a workbook; None: the one that has the columns.
    Raises:
        DataError: the table cannot be read, or names no file that can be used.
        SettingError: a column, sheet or folder that was asked for is not there, or an option does
            not apply to this kind of table.
    """
    path = path.resolve()
    asked = {key(name) for name in (labels, group, column) if name}
    wanted = frozenset({*PATH_KEYS, *OTHER_KEYS, *asked} - {""})
    read = read_sheet(path, wanted=wanted, encoding=encoding, sheet=sheet)
    columns = Columns(read.header)
    finder = Finder(path, _checked(root) if root is not None else None)
    files = path_column(columns, read, finder, path, column)
    classes = _label_column(columns, read, labels)
    looked = finder.look_up(files.cell(cells) for _, cells in read.rows)
    bases = (path.parent, looked.base) if root is None else (looked.base, path.parent)
    base, names = named_below([found.place for found in looked.found.values()], *bases)
    by_pattern = group is not None and columns.find(group) is None
    proposals = Proposals(columns, read)
    groups = columns.find(group or "group")
    splits, split_notes = proposals.split()
    taken = (files.file, files.folder, classes[0] if classes else None, groups, splits)
    rows = Rows(
        table=path.name,
        width=len(read.header),
        files=files,
        looked=looked,
        names=names,
        labels=classes,
        groups=groups,
        splits=splits,
        attributes=proposals.attributes(*taken),
    )
    for line, cells in read.rows:
        rows.read(line, cells)
    items = tuple(sorted(rows.items(), key=lambda item: item.path))
    if not items:
        raise _nothing(path, read, rows, looked, finder, files)
    notes = (*read.notes, *files.notes, *split_notes, *looked.notes, *proposals.regions())
    if by_pattern:
        items, more = group_by_pattern(items, group or "")
        notes += more
    if group is None and groups is None:
        notes += proposals.groups(*taken)
    notes += (proposals.labels(*taken),) if classes is None else classes[1].notes
    return Collection(
        root=base,
        items=items,
        quarantined=tuple(sorted(rows.quarantined, key=lambda one: one.path)),
        notes=(*notes, *rows.notes()),
    )


def _label_column(
    columns: Columns, read: Sheet, labels: str | None
) -> tuple[int, LabelColumn] | None:
    place = columns.demand(labels, "--labels") if labels else columns.find("label")
    if place is None:
        return None
    cells = [cells[place] if place < len(cells) else "" for _, cells in read.rows]
    error = SettingError if labels else DataError
    return place, label_column(columns.header[place], cells, error=error)


def _checked(root: Path) -> Path:
    place = root.expanduser().resolve()
    if not place.is_dir():
        raise SettingError(
            "The folder that paths start from is not there.",
            found=f"--root {printable(str(root))}",
            expected="a folder that holds the pictures",
            attempt="check the spelling, and where you are",
        )
    return place


def _nothing(
    path: Path, read: Sheet, rows: Rows, looked: Looked, finder: Finder, files: PathColumn
) -> DataError:
    """The error for a table of which no row can be used."""
    if not read.rows:
        return DataError(
            "The table has no rows.",
            found=f"{path.name} has a header and no rows",
            expected="a row for each picture",
            attempt="check that it was saved, and that it is the right file",
        )
    first = rows.quarantined[0]
    if looked.found:
        return DataError(
            f"None of the table's {len(read.rows):,} rows can be used.",
            found=f"{first.path} ({first.why})",
            expected="rows as wide as the header that do not contradict each other",
            attempt="open the table in a spreadsheet and look at that line",
        )
    if not looked.missing:
        return DataError(
            f"None of the table's {len(read.rows):,} rows names a picture.",
            found=f"{first.path} ({first.why})",
            expected=f"a picture's path in the column `{read.header[files.file]}`",
            attempt="--path COLUMN names another column",
        )
    cell, why = next(iter(looked.missing.items()))
    below = " and ".join(
        f"{printable(str(base))} by name" for base in finder.seen_below()
    ) or printable(str(looked.base))
    attempt = "--root DIR names the folder that holds the pictures"
    if "address" in why:
        attempt = "download the pictures, then --root DIR names their folder"
    elif "could be meant" in why:
        attempt = "--root DIR names the folder that holds each name once"
    return DataError(
        f"None of the {len(looked.missing):,} pictures that the table names is there.",
        found=f"{cell} ({why}); 0 of {len(looked.missing):,} found below {below}",
        expected="paths that are absolute, or start from the table's own folder or --root",
        attempt=attempt,
    )
