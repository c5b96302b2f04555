"""Names of annotators."""

from __future__ import annotations

from handful.errors import SettingError

LONGEST_NAME = 80


def named(name: str) -> str:
    """A name that can stand in the ledger.

    Raises:
        SettingError: it is too long, or has characters that cannot be printed.
    """
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise SettingError(
            "This is no name for an annotator.",
            found=repr(name[:LONGEST_NAME]),
            expected=f"at most {LONGEST_NAME} letters that can be printed",
            attempt="?as=ann",
        )
    return name
