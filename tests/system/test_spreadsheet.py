"""Cells that spreadsheets open as they are."""

from hypothesis import given
from hypothesis import strategies as st

from handful.system.spreadsheet import FORMULA, guarded, unguarded


@given(st.text(st.sampled_from("=+-@\t\r'ab ")) | st.text())
def test_a_guard_can_be_taken_off_again(text: str) -> None:
    """Every text comes back, and none begins as a formula does."""
    cell = guarded(text)
    assert unguarded(cell) == text
    assert not cell.startswith(tuple(set(FORMULA) - {"'"}))


def test_what_was_not_guarded_stays() -> None:
    """An apostrophe of somebody else's is kept."""
    assert unguarded("'tis") == "'tis"
