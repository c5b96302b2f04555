"""What several tests of data sets need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from handful.datasets.table import read_table
from handful.items.item import Collection

Made = Callable[..., Path]
Read = Callable[..., Collection]


@pytest.fixture
def pictures(tmp_path: Path) -> Made:
    """Makes small pictures below a new folder, which it returns."""

    def make(*names: str, below: str = "data") -> Path:
        root = tmp_path / below
        for name in names:
            place = root / name
            place.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4), 90).save(place, format="PNG")
        root.mkdir(parents=True, exist_ok=True)
        return root

    return make


@pytest.fixture
def read() -> Read:
    """Writes a table into a folder and reads it."""

    def write_and_read(
        folder: Path, text: str | bytes, name: str = "table.csv", **options: object
    ) -> Collection:
        path = folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path, **options)  # type: ignore[arg-type]

    return write_and_read
