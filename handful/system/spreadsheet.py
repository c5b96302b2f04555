"""Cells that spreadsheets open as they are: a text is never taken for a formula."""

from __future__ import annotations

MARK = "\ufeff"
"""Stands before a table's text: by it Excel knows UTF-8."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""Texts that begin so get an apostrophe in front; the last, so that it can be taken off again."""


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: `=1+1` becomes `'=1+1`."""
    return f"'{text}" if text.startswith(FORMULA) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` was given; a cell that it cannot have written stays as it is."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
