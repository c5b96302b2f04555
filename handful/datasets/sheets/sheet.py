"""A table file as a header and rows of text, told apart by kind. What its columns mean is not
known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from handful.errors import DataError, SettingError

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TABLE_SUFFIXES = (*TEXT_SUFFIXES, *PARQUET_SUFFIXES, *EXCEL_SUFFIXES)

EXPECTED = "CSV, TSV, Parquet or Excel with a header row"

# Endings of tables that are not read, and the way out.
_ELSEWHERE: dict[str, tuple[str, str]] = {
    ".gsheet": (
        "a shortcut to a Google sheet, which holds no data",
        "in Google Sheets choose File, Download, CSV",
    ),
    ".numbers": ("a document of Apple Numbers", "in Numbers choose File, Export To, CSV"),
    ".json": ("JSON, which is no table here", "write it as CSV with a column `path`"),
    ".jsonl": ("JSON Lines, which is no table here", "write it as CSV with a column `path`"),
    ".feather": ("a Feather file", "write it as Parquet or CSV"),
    ".arrow": ("an Arrow file", "write it as Parquet or CSV"),
    ".sav": ("an SPSS file", "in SPSS save it as CSV"),
    ".dta": ("a Stata file", "in Stata: export delimited using table.csv"),
    ".rds": ("an R file", "in R: write.csv(table, 'table.csv', row.names = FALSE)"),
    ".rdata": ("an R file", "in R: write.csv(table, 'table.csv', row.names = FALSE)"),
    ".pkl": ("a pickle, which runs code when it is opened", "in pandas: table.to_csv('table.csv')"),
    ".sqlite": ("a database", "export its table as CSV"),
    ".db": ("a database", "export its table as CSV"),
    ".accdb": ("an Access database", "in Access export the table as CSV"),
    ".mdb": ("an Access database", "in Access export the table as CSV"),
    ".docx": ("a Word document", "copy the table into a spreadsheet and save it as CSV"),
    ".pdf": ("a PDF document", "copy the table into a spreadsheet and save it as CSV"),
    ".h5": ("an HDF5 file", "write the table as CSV or Parquet"),
    ".mat": ("a MATLAB file", "in MATLAB: writetable(T, 'table.csv')"),
}

# First bytes of what is no text; the kind, and what to do.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (rb"PK\x03\x04.{0,4096}xl/", "an Excel workbook", "rename it to {stem}.xlsx"),
    (rb"PK\x03\x04", "a ZIP archive or a workbook", "unpack it, or rename it to {stem}.xlsx"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook", "rename it to {stem}.xls"),
    (rb"PAR1", "a Parquet file", "rename it to {stem}.parquet"),
    (rb"\x1f\x8b", "compressed (gzip)", "unpack it"),
    (rb"%PDF", "a PDF document", "copy the table into a spreadsheet and save it as CSV"),
    (rb"SQLite format 3", "a database", "export its table as CSV"),
    (rb"\xff\xd8\xff|\x89PNG", "a picture", "give its folder"),
)
_SIGNATURES_COMPILED = tuple(
    (re.compile(pattern, re.DOTALL), kind, attempt) for pattern, kind, attempt in _SIGNATURES
)

Numbered = list[tuple[int, tuple[str, ...]]]
"""Rows of a file, each with its line, cells as they stand there."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The text of a table.

    Args:
        header: column names, stripped of white space.
        rows: (line, cells) of each row that is not blank, cells stripped; as many as the row has.
        notes: how it was read, where that is not plain.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    notes: tuple[str, ...] = ()


def is_table(path: Path) -> bool:
    """Whether the file's name is that of a table that is read here."""
    return path.suffix.lower() in TABLE_SUFFIXES


def kept_elsewhere(path: Path) -> DataError | None:
    """The error for a table of a kind that is not read here, with the way out; None otherwise."""
    found = _ELSEWHERE.get(path.suffix.lower())
    if found is None:
        return None
    kind, attempt = found
    return DataError(
        "The table is of a kind that is not read.",
        found=f"{path.name} ({kind})",
        expected=EXPECTED,
        attempt=attempt,
    )


def read_sheet(
    path: Path,
    *,
    wanted: frozenset[str] = frozenset(),
    encoding: str | None = None,
    sheet: str | None = None,
) -> Sheet:
    """Header and rows of the table at `path`; the kind is told by the name's ending.

    Args:
        path: the table.
        wanted: keys (`header.key`) of column names that are looked for: they tell the header from
            titles above it, the separator of a text, and the sheet of a workbook.
        encoding: of a text; None: guessed, and said where it is not UTF-8.
        sheet: of a workbook; None: the one that has the columns.
    Raises:
        DataError: the file cannot be read, is not what its name says, or is empty.
        SettingError: an option does not apply to this kind, or names what is not there.
    """
    suffix = path.suffix.lower()
    _refuse_what_does_not_apply(path, suffix, encoding, sheet)
    try:
        if suffix in PARQUET_SUFFIXES:
            from handful.datasets.sheets.parquet import read_parquet

            return read_parquet(path, wanted)
        if suffix in EXCEL_SUFFIXES:
            from handful.datasets.sheets.workbook import read_workbook

            return read_workbook(path, wanted, sheet)
        from handful.datasets.sheets.delimited import read_delimited

        return read_delimited(path, path.read_bytes(), wanted, encoding)
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error


def unreadable(path: Path, why: str, attempt: str = "") -> DataError:
    """The error for a table that is damaged, or not what its name says."""
    return DataError(
        "The table cannot be read.",
        found=f"{path.name} ({why})",
        expected=EXPECTED,
        attempt=attempt or "open it in a spreadsheet and save it as CSV (UTF-8)",
    )


def empty(path: Path, why: str) -> DataError:
    """The error for a table in which nothing is written."""
    return DataError(
        "The table is empty.",
        found=f"{path.name} ({why})",
        expected="a header row with a column `path`, and a row for each picture",
        attempt="check that it was saved, and that it is the right file",
    )


def refuse_other_kinds(path: Path, raw: bytes) -> None:
    """Does nothing for a text.

    Raises:
        DataError: the bytes are a picture, a workbook, an archive or the like.
    """
    for pattern, kind, attempt in _SIGNATURES_COMPILED:
        if pattern.match(raw):
            raise DataError(
                "The table is not what its name says.",
                found=f"{path.name} is {kind}",
                expected=EXPECTED,
                attempt=attempt.format(stem=path.stem),
            )


def _refuse_what_does_not_apply(
    path: Path, suffix: str, encoding: str | None, sheet: str | None
) -> None:
    if encoding is not None and suffix not in TEXT_SUFFIXES:
        raise SettingError(
            "The encoding would have been ignored.",
            found=f"--encoding {encoding}, with {path.name}",
            expected="a CSV or TSV table: Excel and Parquet say themselves how they are written",
            attempt="leave out --encoding",
        )
    if sheet is not None and suffix not in EXCEL_SUFFIXES:
        raise SettingError(
            "The sheet would have been ignored.",
            found=f"--sheet {sheet}, with {path.name}",
            expected="a workbook (.xlsx, .xlsm, .xlsb, .xls, .ods)",
            attempt="leave out --sheet",
        )
