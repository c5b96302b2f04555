"""Tables that are texts: CSV, TSV and their like, whatever separates their columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from handful.datasets.sheets.encoding import decoded
from handful.datasets.sheets.header import PICTURE_NAME, known_names, laid_out
from handful.datasets.sheets.sheet import Numbered, Sheet, empty, refuse_other_kinds, unreadable
from handful.errors import DataError
from handful.system.spreadsheet import unguarded

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# What a separator is told from: so many rows, of so many characters.
_SAMPLED_ROWS = 50
_SAMPLED_CHARACTERS = 1 << 16
# The first line by which spreadsheets are told the separator.
_DECLARED = re.compile(r'^"?sep=(.)"?[;,\t]*\r?\n', re.IGNORECASE)

_OTHER_TEXTS = (
    (r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|table)\b", "a web page"),
    (r"<\?xml", "XML"),
    (r"[\[{]\s*[\"{\[]", "JSON"),
    (r"version https://git-lfs", "a Git LFS pointer; `git lfs pull` fetches the table"),
)


def read_delimited(path: Path, raw: bytes, wanted: frozenset[str], encoding: str | None) -> Sheet:
    """Header and rows of a text.

    Args:
        path: of the table, for errors; `.tsv` speaks for tabs where it is not plain.
        raw: its bytes.
        wanted: keys of the column names that are looked for.
        encoding: of the bytes; None: guessed.
    Raises:
        DataError: it is no text, no table, or a quotation mark is never closed.
        SettingError: there is no such encoding.
    """
    if not raw.strip():
        raise empty(path, "nothing is in it")
    if not raw.strip(b' \t\r\n"' + "".join(DELIMITERS).encode()):
        raise empty(path, "only blank rows")
    refuse_other_kinds(path, raw)
    text, notes = decoded(path, raw, encoding)
    if "\0" in text:
        raise DataError(
            "The table is not text.",
            found=f"{path.name} holds binary data, not text",
            expected="CSV, TSV, Parquet or Excel with a header row",
            attempt="open it in a spreadsheet and save it as CSV (UTF-8)",
        )
    _refuse_other_texts(path, text)
    declared = _DECLARED.match(text)
    first = 1 if declared else 0
    delimiter = declared[1] if declared else _delimiter(text, wanted, path)
    numbered = _rows(path, text, delimiter)[first:]
    sheet = laid_out(path, numbered, wanted, notes)
    _refuse_another_separator(path, sheet, wanted)
    return sheet


def _rows(path: Path, text: str, delimiter: str) -> Numbered:
    """All rows, each with the line that it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    numbered: Numbered = []
    line = 1
    try:
        for cells in reader:
            numbered.append((line, tuple(map(unguarded, cells))))  # of our own tables
            line = reader.line_num + 1
    except csv.Error as error:
        why = str(error)
        if "unexpected end" in why:
            raise unreadable(
                path,
                f"a quotation mark in line {line} is never closed",
                f"close the quotation mark in line {line}, or write it twice inside of a cell",
            ) from error
        if "field larger" in why:
            raise unreadable(
                path,
                f"line {line}: a cell of more than {csv.field_size_limit():,} characters",
                "look for a quotation mark that is never closed, or leave that column out",
            ) from error
        wrong = "text after a closing quotation mark" if "expected after" in why else why
        raise unreadable(path, f"line {line}: {wrong}") from error
    return numbered


def _delimiter(text: str, wanted: frozenset[str], path: Path) -> str:
    """The separator under which the columns looked for appear, and most rows are equally wide."""
    usual = "\t" if path.suffix.lower() in {".tsv", ".tab"} else ","
    sample = text[:_SAMPLED_CHARACTERS]

    def fit(delimiter: str) -> tuple[int, float, int, bool]:
        rows: list[tuple[str, ...]] = []
        try:
            for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                if any(map(str.strip, cells)):
                    rows.append(tuple(cells))
                if len(rows) >= _SAMPLED_ROWS:
                    break
        except csv.Error:
            pass  # the sample ends inside of quotation marks: what came before counts
        if not rows:
            return (0, 0.0, 0, delimiter == usual)
        width, alike = Counter(map(len, rows)).most_common(1)[0]
        known = max(known_names(cells, wanted) for cells in rows)
        return (known, alike / len(rows) if width > 1 else 0.0, width, delimiter == usual)

    return max(DELIMITERS, key=fit)


def _refuse_other_texts(path: Path, text: str) -> None:
    beginning = text[:4096].lstrip()
    for pattern, kind in _OTHER_TEXTS:
        if re.match(pattern, beginning, re.IGNORECASE | re.DOTALL):
            raise DataError(
                "The table is not what its name says.",
                found=f"{path.name} is {kind}",
                expected="columns separated by commas, semicolons, tabs or bars",
                attempt="download the table itself, not the page that shows it"
                if kind == "a web page"
                else "save the table as CSV (UTF-8)",
            )


def _refuse_another_separator(path: Path, sheet: Sheet, wanted: frozenset[str]) -> None:
    """A header of one cell that falls into known names, or pictures, at some other sign."""
    if len(sheet.header) != 1:
        return
    name = sheet.header[0]
    pieces = tuple(re.split(r"[\s:^~#/]+", name))
    if len(pieces) < 2 or not (
        known_names(pieces, wanted) or any(PICTURE_NAME.search(piece) for piece in pieces)
    ):
        return
    raise DataError(
        "The table's columns are separated by a sign that is not known.",
        found=f"{path.name}, first line: {name[:200]}",
        expected="columns separated by " + ", ".join(_NAMES[sign] for sign in DELIMITERS),
        attempt="open it in a spreadsheet and save it as CSV (UTF-8)",
    )
