"""An error says its name once, wherever it is shown."""

import traceback

from handful.errors import DataError

FOUR = {"found": "a.png", "expected": "a picture", "attempt": "handful doctor"}


def test_a_traceback_names_an_error_once() -> None:
    """Python puts the name before the text, so the text is without it."""
    error = DataError("No picture was found.", **FOUR)
    assert traceback.format_exception_only(error)[0].splitlines() == [
        "handful.errors.DataError: No picture was found.",
        "  found:    a.png",
        "  expected: a picture",
        "  try:      handful doctor",
    ]


def test_a_report_begins_with_the_name() -> None:
    """What a terminal shows begins with the name, and leaves out the lines that are empty."""
    error = DataError("No picture was found.", attempt="handful doctor")
    assert "DataError: No picture was found.\n  try:      handful doctor" == error.report()
