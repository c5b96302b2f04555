"""The name of a class, whatever was given for it: a cell, a number, NumPy's scalars, a text.

One rule for tables, Python, the workbench and files of labels, so that one class is one class
wherever its name came from.
"""

from __future__ import annotations

import re
import unicodedata
from numbers import Number
from typing import Any

from handful.errors import SettingError

SAY_NOTHING = frozenset(
    {"", "NA", "na", "N/A", "n/a", "n.a.", "N.A.", "#N/A", "<NA>", "NaN", "nan", "NAN"}
    | {"NULL", "Null", "null", "None", "-", "--", "–", "—", "?"}
)
"""Cells by which people and programs say that nothing is known. "Na" may be sodium, and "none" a
degree, so they are classes."""

# A whole number as a text, with or without a fraction of zeros: "3", "3.0", "-1.00".
_WHOLE = re.compile(r"([+-]?\d+)(?:\.0+)?")


def label_name(value: object) -> str | None:
    """The class that `value` names, without blanks around it; None where it names none.

    None, NaN, pandas' NA and NaT, and blank texts name no class. Numbers are named as a person
    would write them: 3 for 3.0 and for NumPy's 3, true for True; so are texts that say a whole
    number or a truth value ("3.0", "TRUE"). A letter with an accent is one letter, however it is
    composed.

    Args:
        value: a text, a number, a truth value, a NumPy scalar, or nothing.
    Raises:
        SettingError: it is none of these.
    """
    scalar = _plain(value)
    if not (scalar is None or isinstance(scalar, str | Number) or _is_missing(scalar)):
        raise SettingError(
            "A label is not the name of a class.",
            found=f"{value!r} ({type(value).__name__})",
            expected="a text, a number, True or False; None or NaN for “cannot tell”",
            attempt="give the label of one item as a text",
        )
    return _one_name(as_text(scalar).strip()) or None


def cell_label(cell: str) -> str | None:
    """The class that a cell of a table names; None for blank cells, and for words such as NA.

    Whoever gives a label by hand and writes NA means it, so `label_name` knows no such words.
    """
    text = cell.strip()
    return None if text in SAY_NOTHING else label_name(text)


def as_text(value: object) -> str:
    """A value as a person would write it: nothing for missing, 3 for 3.0, true for True."""
    match value:
        case None:
            return ""
        case str():
            return str.__str__(value)  # an enumeration's value, not its name
        case bool():
            return str(value).lower()
        case Number() if value != value:  # NaN, of floats and of decimals
            return ""
        case float() if value.is_integer():
            return str(int(value))
    return "" if _is_missing(value) else str(value)


def _one_name(text: str) -> str:
    """One spelling for texts that mean one class."""
    whole = _WHOLE.fullmatch(text)
    if whole:
        return "0" if whole[1] in {"-0", "+0"} else whole[1]
    if text.casefold() in {"true", "false"}:
        return text.casefold()
    return unicodedata.normalize("NFC", text)


def _plain(value: Any) -> object:
    """NumPy's scalar, or its array of nothing but one, as Python's own; all else as it is."""
    is_one = type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0
    return value.item() if is_one else value


def _is_missing(value: object) -> bool:
    """Whether it is pandas' NA or NaT, which are told by name so that pandas need not be there."""
    return type(value).__name__ in {"NAType", "NaTType"}
