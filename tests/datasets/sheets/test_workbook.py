"""Workbooks: which sheet is the table, merged cells, dates, and what cannot be opened."""

import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from handful.datasets.table import read_table
from handful.errors import DataError, SettingError
from tests.datasets.conftest import Made, Read


def saved(folder: Path, **sheets: list[tuple[object, ...]]) -> Path:
    """A workbook with these sheets, in the folder."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    place = folder / "table.xlsx"
    book.save(place)
    return place


def test_the_sheet_with_the_columns_is_read(pictures: Made) -> None:
    """A cover, a legend and a blank sheet before the table do no harm, and a note names it."""
    root = pictures("a.png")
    place = saved(
        root,
        Cover=[("Study of 2024",), ("by ann",)],
        Legend=[("code", "meaning"), ("1", "cat")],
        Blank=[],
        Data=[("All pictures",), (), ("Nr", "File name", "label"), (1, "a.png", "cat")],
    )
    found = read_table(place)
    assert ["cat"] == [item.label for item in found]
    assert "Read the 4. of 4 sheets, 'Data'; --sheet chooses another." in found.notes


def test_two_tables_in_one_workbook_are_not_guessed(pictures: Made) -> None:
    """Where two sheets have the columns, `--sheet` must say which."""
    root = pictures("a.png", "b.png")
    header = ("path", "label")
    place = saved(root, train=[header, ("a.png", "cat")], test=[header, ("b.png", "dog")])
    with pytest.raises(DataError) as caught:
        read_table(place)
    assert str(caught.value) == (
        "2 sheets of the workbook could be the table.\n"
        "  found:    table.xlsx: 'train', 'test'\n"
        "  expected: one sheet with a column `path`, or the name of the one to read\n"
        "  try:      --sheet 'train'"
    )
    assert ["dog"] == [item.label for item in read_table(place, sheet="test")]
    with pytest.raises(SettingError, match="no sheet 'tset'") as setting:
        read_table(place, sheet="tset")
    assert setting.value.attempt == "--sheet 'test'"


def test_merged_cells_count_for_all_their_rows(pictures: Made) -> None:
    """A class or patient that is written once over several rows is meant for each of them."""
    root = pictures("a.png", "b.png", "c.png")
    book = Workbook()
    for row in [
        ("Pictures of 2024", None, None),
        ("group", "path", "label"),
        ("p1", "a.png", "cat"),
        (None, "b.png", None),
        ("p2", "c.png", "dog"),
    ]:
        book.active.append(row)
    for area in ("A1:C1", "A3:A4", "C3:C4"):
        book.active.merge_cells(area)
    book.save(root / "table.xlsx")
    found = read_table(root / "table.xlsx")
    assert [("p1", "cat"), ("p1", "cat"), ("p2", "dog")] == [(i.group, i.label) for i in found]


def test_numbers_dates_and_truth_are_written_as_people_do(pictures: Made) -> None:
    """1.0 is 1, a day is its date, and a number kept as text is the same class as the number."""
    root = pictures("1.png", "2.png")
    day = datetime.date(2024, 5, 6)
    place = saved(
        root, S=[("path", "label", "day", "ok"), (1.0, 0, day, True), ("2", "0.0", day, False)]
    )
    found = read_table(place)
    assert ["1.png", "2.png"] == [item.path for item in found]
    assert ["0", "0"] == [item.label for item in found]
    assert {"day": "2024-05-06", "ok": "true"} == dict(found.items[0].attributes)


LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("content", "name", "what", "found", "attempt"),
    [
        (
            LOCKED,
            "table.xlsx",
            "The workbook is locked by a password.",
            "table.xlsx",
            "open it in a spreadsheet, take the password out, or save the sheet as CSV",
        ),
        (
            b"path,label\na.png,cat\n",
            "table.xls",
            "The table cannot be read.",
            "table.xls (text under the name of a workbook)",
            "rename it to table.csv",
        ),
        (
            b"<html><table><tr><td>path</td></tr></table></html>",
            "table.xls",
            "The table cannot be read.",
            "table.xls (a web page under the name of a workbook)",
            "open it in a spreadsheet and save it as .xlsx",
        ),
        (
            b"",
            "table.ods",
            "The table is empty.",
            "table.ods (nothing is in it)",
            "check that it was saved, and that it is the right file",
        ),
    ],
)
def test_each_cause_has_words_of_its_own(
    pictures: Made, read: Read, content: bytes, name: str, what: str, found: str, attempt: str
) -> None:
    """A password, a text or a page under the name of a workbook, an empty file."""
    with pytest.raises(DataError) as caught:
        read(pictures("a.png"), content, name)
    error = caught.value
    assert (what, found, attempt) == (error.what, error.found, error.attempt)


def test_a_damaged_workbook(pictures: Made, read: Read) -> None:
    """A ZIP archive that breaks off is damaged, and the error says so."""
    with pytest.raises(DataError) as caught:
        read(pictures("a.png"), b"PK\x03\x04\x14\x00", "table.xlsx")
    assert "table.xlsx (a damaged workbook: " in caught.value.found


def test_blank_sheets(pictures: Made) -> None:
    """A workbook in which nothing is written is empty, not damaged."""
    with pytest.raises(DataError, match="empty"):
        read_table(saved(pictures("a.png"), One=[], Two=[]))
