"""Any file name becomes text that can be printed and stored, and comes back as it was."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from handful.items.names import native, printable


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=30))
def test_any_bytes_come_back(name: bytes) -> None:
    """Every run of bytes becomes valid text without control characters, and back."""
    text = printable(os.fsdecode(name))
    text.encode("utf-8")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text)
    assert name == os.fsencode(native(text))


@settings(deadline=None)
@given(st.text("ab\\x0159f\xe9\udcff", max_size=12))
def test_backslashes_come_back(name: str) -> None:
    """Names that look as if they were escaped already come back, too."""
    assert name == native(printable(name))


def test_plain_names_stay() -> None:
    """Names in any script, with spaces and backslashes, stay as they are."""
    for name in ("cat.png", "Kätzchen 1.png", "猫.png", "a\\b.png", "a\\x.png"):
        assert name == printable(name)
    assert "a\\xff.png" == printable("a\udcff.png")
    assert "a\\x5cxff.png" == printable("a\\xff.png")
