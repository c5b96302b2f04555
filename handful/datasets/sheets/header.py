"""Which row of a table is its header: titles may stand above it, blank rows too."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

from handful.datasets.sheets.sheet import Numbered, Sheet, empty
from handful.errors import DataError
from handful.modalities.files import known_suffixes

# A header lower than this is no header that a person would look for.
_LOOKED_AT = 40
# Enough rows to know how wide a table is.
_WIDTHS_OF = 200

PICTURE_NAME = re.compile(
    "(" + "|".join(map(re.escape, sorted(known_suffixes()))) + ")$", re.IGNORECASE
)
"""What the name of a picture ends in."""


def key(name: str) -> str:
    """A column name without case, blanks and signs: "File Name", "file_name" and "FileName"."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", name).casefold())


def known_names(cells: tuple[str, ...], wanted: frozenset[str]) -> int:
    """How many of the names that are looked for stand in a row; none where a picture stands too.

    A class may be called "image" or "text" as a column may.
    """
    if any(PICTURE_NAME.search(cell) for cell in cells):
        return 0
    return len({key(cell) for cell in cells} & wanted)


def laid_out(
    path: Path, numbered: Numbered, wanted: frozenset[str], notes: tuple[str, ...] = ()
) -> Sheet:
    """Header and rows, without blank rows, titles above the header, and the header said again.

    Args:
        path: of the table, for errors.
        numbered: (line, cells) of all rows.
        wanted: keys of the column names that are looked for.
        notes: how the rows were read.
    Raises:
        DataError: nothing is written in it, or it has rows and no header.
    """
    rows = [(line, tuple(cell.strip() for cell in cells)) for line, cells in numbered]
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows:
        raise empty(path, "only blank rows" if numbered else "nothing is in it")
    at = _header_row(rows, wanted)
    line, header = rows[at]
    if not known_names(header, wanted) and any(PICTURE_NAME.search(cell) for cell in header):
        raise _no_header(path, line, header)
    if at:
        notes += (_passed_over([one for one, _ in rows[:at]]),)
    body = rows[at + 1 :]
    repeated = [one for one in body if one[1] == header]
    if repeated:
        notes += (
            f"The header stands again in line {repeated[0][0]}"
            + (f" and {len(repeated) - 1:,} more" if len(repeated) > 1 else "")
            + "; it was passed over.",
        )
        body = [one for one in body if one[1] != header]
    if _has_row_names(header, body):
        header = ("", *header)
        notes += ("Rows have one cell more than the header: the first was taken for row names.",)
    return Sheet(header, tuple(body), notes)


def _header_row(rows: Numbered, wanted: frozenset[str]) -> int:
    """The first row with most of the names looked for; where none has any, the first that is wide.

    A title is one cell above wider rows.
    """
    filled = [sum(map(bool, cells)) for _, cells in rows[:_WIDTHS_OF]]
    usual = Counter(filled).most_common(1)[0][0]
    first = [cells for _, cells in rows[:_LOOKED_AT]]
    wide = [count > 1 or usual < 2 for count in filled]
    known = [known_names(cells, wanted) * fits for cells, fits in zip(first, wide, strict=False)]
    if max(known):
        return known.index(max(known))
    return next((at for at, fits in enumerate(wide[:_LOOKED_AT]) if fits), 0)


def _has_row_names(header: tuple[str, ...], body: Numbered) -> bool:
    """R's `write.table` names the columns and not the column of row names before them."""
    width = len(header) + 1
    return bool(body) and all(len(cells) == width and cells[-1] for _, cells in body)


def _passed_over(lines: list[int]) -> str:
    if len(lines) == 1:
        return f"Line {lines[0]}, above the header, was passed over."
    return f"Lines {lines[0]} to {lines[-1]}, above the header, were passed over."


def _no_header(path: Path, line: int, cells: tuple[str, ...]) -> DataError:
    columns = ["path" if PICTURE_NAME.search(cell) else "label" for cell in cells]
    return DataError(
        "The table has no header.",
        found=f"{path.name}, line {line}: {', '.join(cells)[:200]}",
        expected="a first row that names the columns, such as path,label",
        attempt=f"put a line above it: {','.join(columns[:2])}"
        if len(columns) <= 2
        else "put a line above it that names each column; call that of the pictures path",
    )
