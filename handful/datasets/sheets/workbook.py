"""Tables in workbooks: Excel's kinds and OpenDocument's, and which of their sheets is meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from handful.datasets.sheets.header import known_names, laid_out
from handful.datasets.sheets.sheet import Numbered, Sheet, empty, unreadable
from handful.errors import DataError, HandfulError, SettingError
from handful.items.label_names import as_text

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK"


def read_workbook(path: Path, wanted: frozenset[str], name: str | None) -> Sheet:
    """Header and rows of the sheet that has the columns looked for.

    Args:
        path: the workbook.
        wanted: keys of the column names that are looked for.
        name: of the sheet; None: the one that has most of these columns.
    Raises:
        DataError: it is damaged, locked by a password, no workbook, or two sheets are alike.
        SettingError: there is no such sheet.
    """
    from python_calamine import CalamineError, PasswordError, WorksheetNotFound, load_workbook

    _refuse_what_is_none(path)
    try:
        with load_workbook(path) as book:
            return _chosen(path, book, wanted, name)
    except HandfulError:
        raise  # a SettingError is a ValueError too
    except PasswordError as error:
        raise _locked(path) from error
    except (CalamineError, WorksheetNotFound, ValueError) as error:
        raise unreadable(path, f"a damaged workbook: {error}") from error


def _refuse_what_is_none(path: Path) -> None:
    with path.open("rb") as file:
        beginning = file.read(1 << 16)
    if not beginning:
        raise empty(path, "nothing is in it")
    if beginning.startswith(_OLE) and _is_locked(path):
        raise _locked(path)
    if beginning.startswith((_OLE, _ZIP)) or b"\0" in beginning:
        return
    is_page = b"<html" in beginning.lower() or b"<table" in beginning.lower()
    raise DataError(
        "The table cannot be read.",
        found=f"{path.name} ({'a web page' if is_page else 'text'} under the name of a workbook)",
        expected="a workbook, or CSV under its own name",
        attempt="open it in a spreadsheet and save it as .xlsx"
        if is_page
        else f"rename it to {path.stem}.csv",
    )


def _is_locked(path: Path) -> bool:
    """An encrypted workbook is an OLE file in which this stream lies."""
    return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


def _locked(path: Path) -> DataError:
    return DataError(
        "The workbook is locked by a password.",
        found=path.name,
        expected="a workbook without password",
        attempt="open it in a spreadsheet, take the password out, or save the sheet as CSV",
    )


def _chosen(path: Path, book: CalamineWorkbook, wanted: frozenset[str], name: str | None) -> Sheet:
    names = book.sheet_names
    if not names:
        raise unreadable(path, "it holds no sheet")
    if name is not None:
        if name not in names:
            raise _no_such_sheet(path, name, names)
        return laid_out(path, _numbered(book.get_sheet_by_name(name)), wanted)
    filled = [(one, rows) for one in names if (rows := _rows_of(book, one))]
    if not filled:
        raise empty(path, "all its sheets are blank" if len(names) > 1 else "its sheet is blank")
    known = [max(known_names(cells, wanted) for _, cells in rows) for _, rows in filled]
    best = [at for at, count in enumerate(known) if count == max(known)]
    if len(best) > 1 and max(known):
        raise _several(path, [filled[at][0] for at in best])
    chosen, rows = filled[best[0]]
    notes = (_which(chosen, names),) if len(names) > 1 else ()
    return laid_out(path, rows, wanted, notes)


def _rows_of(book: CalamineWorkbook, name: str) -> Numbered:
    from python_calamine import WorksheetNotFound

    try:
        rows = _numbered(book.get_sheet_by_name(name))
    except WorksheetNotFound:
        return []  # a chart, or a macro's sheet: it has no cells
    return [(line, cells) for line, cells in rows if any(map(str.strip, cells))]


def _numbered(sheet: CalamineSheet) -> Numbered:
    """Rows from the sheet's first filled cell on; what was merged says everywhere what it says."""
    first = sheet.start[0] if sheet.start else 0
    left = sheet.start[1] if sheet.start else 0
    rows = [[as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    for (top, start), (bottom, end) in sheet.merged_cell_ranges or ():
        if start != end:
            continue  # merged across columns: a title
        _fill(rows, range(top - first, bottom - first + 1), start - left)
    return [(line, tuple(cells)) for line, cells in enumerate(rows, first + 1)]


def _fill(rows: list[list[str]], lines: Iterable[int], column: int) -> None:
    inside = [at for at in lines if 0 <= at < len(rows) and 0 <= column < len(rows[at])]
    for at in inside[1:]:
        rows[at][column] = rows[at][column] or rows[inside[0]][column]


def _which(chosen: str, names: list[str]) -> str:
    place = "first" if names.index(chosen) == 0 else f"{names.index(chosen) + 1}."
    return f"Read the {place} of {len(names)} sheets, {chosen!r}; --sheet chooses another."


def _several(path: Path, names: list[str]) -> DataError:
    named = ", ".join(map(repr, names[:5]))
    return DataError(
        f"{len(names)} sheets of the workbook could be the table.",
        found=f"{path.name}: {named}" + (" and more" if len(names) > 5 else ""),
        expected="one sheet with a column `path`, or the name of the one to read",
        attempt=f"--sheet {names[0]!r}",
    )


def _no_such_sheet(path: Path, name: str, names: list[str]) -> SettingError:
    near = difflib.get_close_matches(name, names, n=1)
    return SettingError(
        f"The workbook has no sheet {name!r}.",
        found=f"{path.name} has {', '.join(map(repr, names))}",
        expected="one of these",
        attempt=f"--sheet {(near or names)[0]!r}",
    )
