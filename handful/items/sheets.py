"""A table file as a header and rows of text: CSV, TSV, Parquet, Excel. What the columns mean is
`table.py`'s business.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from handful.errors import DataError
from handful.items.label_names import as_text

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
TABLE_SUFFIXES = (*TEXT_SUFFIXES, *PARQUET_SUFFIXES, *EXCEL_SUFFIXES)

DELIMITERS = (",", ";", "\t", "|")
PARQUET_MEMORY = "1GB"


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
    """Whether the file's name is that of a table."""
    return path.suffix.lower() in TABLE_SUFFIXES


def read_sheet(path: Path) -> Sheet:
    """Header and rows of the table at `path`; the kind is told by the name's ending.

    Raises:
        DataError: the file cannot be read, is not what its name says, or is empty.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in PARQUET_SUFFIXES:
            return _parquet(path)
        if suffix in EXCEL_SUFFIXES:
            return _excel(path)
        return _text(path)
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error


def unreadable(path: Path, why: str) -> DataError:
    """The error for a table that is not what its name says."""
    return DataError(
        "The table cannot be read.",
        found=f"{path.name} ({why})",
        expected="CSV, TSV, Parquet or Excel with a header row",
        attempt="open it in a spreadsheet and save it as CSV (UTF-8)",
    )


def _text(path: Path) -> Sheet:
    raw = path.read_bytes()
    text, notes = _decoded(raw)
    if "\0" in text:
        raise unreadable(path, "it holds binary data, not text")
    first_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(first_line)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    numbered = []
    try:
        for cells in reader:
            numbered.append((reader.line_num, cells))
    except csv.Error as error:
        raise unreadable(path, f"line {reader.line_num}: {error}") from error
    return _sheet(path, numbered, notes)


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), ()
            except UnicodeDecodeError:
                continue
    return raw.decode("latin-1"), ("The table is not UTF-8; it was read as Latin-1.",)


def _delimiter(header: str) -> str:
    """The separator that the header line has most of; a comma where it has none."""
    return max(DELIMITERS, key=header.count)


def _excel(path: Path) -> Sheet:
    from python_calamine import CalamineError, WorksheetNotFound, load_workbook

    try:
        with load_workbook(path) as book:
            names = book.sheet_names
            if not names:
                raise unreadable(path, "it holds no sheet")
            sheet = book.get_sheet_by_index(0)
            first_line = 1 + (sheet.start[0] if sheet.start else 0)
            rows = [[as_text(cell) for cell in row] for row in sheet.to_python()]
    except (CalamineError, WorksheetNotFound, ValueError) as error:
        raise unreadable(path, f"not a spreadsheet: {error}") from error
    notes = (f"Read the first of {len(names)} sheets, {names[0]!r}.",) if len(names) > 1 else ()
    return _sheet(path, enumerate(rows, first_line), notes)


def _parquet(path: Path) -> Sheet:
    import duckdb

    with TemporaryDirectory() as folder:
        # DuckDB takes * ? [ in a path for wild cards: give it a plain name.
        plain = Path(folder) / "table.parquet"
        plain.symlink_to(path.resolve(strict=True))
        offline: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_persistent_secrets": "false",  # they lie in the user's home
            "temp_directory": folder,  # by itself it takes the folder in which it was started
            "memory_limit": PARQUET_MEMORY,
        }
        try:
            with duckdb.connect(config=offline) as engine:
                columns = engine.execute(
                    "DESCRIBE SELECT * FROM read_parquet(?)", [str(plain)]
                ).fetchall()
                plainly = [name for name, kind, *_ in columns if _is_plain(kind)]
                if not plainly:
                    raise unreadable(path, "none of its columns holds text or numbers")
                wanted = ", ".join('"' + name.replace('"', '""') + '"' for name in plainly)
                found = engine.execute(
                    f"SELECT {wanted} FROM read_parquet(?)", [str(plain)]
                ).fetchall()
        except (duckdb.Error, UnicodeDecodeError) as error:
            why = str(error).splitlines()[0].replace(str(plain), path.name)
            raise unreadable(path, f"not Parquet: {why}") from error
    rows = [plainly, *([as_text(cell) for cell in row] for row in found)]
    return _sheet(path, enumerate(rows), ())


def _is_plain(kind: str) -> bool:
    """Whether a column type can be a path, a class or a group: no pictures, lists or structures."""
    return not kind.startswith(("BLOB", "STRUCT", "MAP", "UNION")) and not kind.endswith("]")


def _sheet(
    path: Path, numbered: Iterable[tuple[int, Sequence[str]]], notes: tuple[str, ...]
) -> Sheet:
    rows = [(line, tuple(cell.strip() for cell in cells)) for line, cells in numbered]
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows:
        raise unreadable(path, "it is empty")
    return Sheet(header=rows[0][1], rows=tuple(rows[1:]), notes=notes)
