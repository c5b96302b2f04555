"""The name of a class, whatever was given for it: a cell, a number, NumPy's scalars, a text.

One rule for tables, Python, the workbench and files of labels, so that one class is one class
wherever its name came from.
"""

from __future__ import annotations

from numbers import Number
from typing import Any

from handful.errors import SettingError


def label_name(value: object) -> str | None:
    """The class that `value` names, without blanks around it; None where it names none.

    None, NaN, pandas' NA and NaT, and blank texts name no class. Numbers are named as a person
    would write them: 3 for 3.0 and for NumPy's 3, true for True.

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
    return as_text(scalar).strip() or None


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


def _plain(value: Any) -> object:
    """NumPy's scalar, or its array of nothing but one, as Python's own; all else as it is."""
    is_one = type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0
    return value.item() if is_one else value


def _is_missing(value: object) -> bool:
    """Whether it is pandas' NA or NaT, which are told by name so that pandas need not be there."""
    return type(value).__name__ in {"NAType", "NaTType"}
