"""Parquet files with columns that are no text, and files that are damaged."""

from pathlib import Path

import duckdb
import pytest

from handful.datasets.table import read_table
from handful.errors import DataError
from tests.datasets.conftest import Made, Read


def written(folder: Path, query: str) -> Path:
    """A Parquet file with what a query gives."""
    place = folder / "table.parquet"
    with duckdb.connect() as engine:
        engine.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet)")
    return place


def test_columns_without_text_are_left_out_and_said(pictures: Made) -> None:
    """Boxes and embeddings beside the path do no harm, and a note names them."""
    root = pictures("a.png")
    place = written(
        root, "SELECT 'a.png' AS path, 1.0 AS label, [1, 2] AS box, {'a': 1} AS more, 'x'::BLOB b"
    )
    found = read_table(place)
    assert [("a.png", "1")] == [(item.path, item.label) for item in found]
    assert "Left out, as they hold no text or number: box, more, b." in found.notes


@pytest.mark.parametrize(
    "query",
    [
        "SELECT {'bytes': 'x'::BLOB, 'path': 'a.png'} AS image, 1 AS label",
        "SELECT 'x'::BLOB AS image",
    ],
)
def test_pictures_inside_of_the_file(pictures: Made, query: str) -> None:
    """A data set that holds the bytes of its pictures says that they must be files."""
    with pytest.raises(DataError) as caught:
        read_table(written(pictures("a.png"), query))
    assert "The pictures lie inside of the Parquet file." == caught.value.what
    assert "table.parquet: image (" in caught.value.found


def test_nested_columns_alone(pictures: Made) -> None:
    """Where every column is nested there is nothing to read, and they are named."""
    with pytest.raises(DataError) as caught:
        read_table(written(pictures("a.png"), "SELECT ['a.png'] AS paths"))
    assert "table.parquet: paths (VARCHAR[])" == caught.value.found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "table.parquet (nothing is in it)"),
        (b"path,label\n", "table.parquet (not Parquet by its first bytes)"),
        (b"PAR1 and no more", "table.parquet (damaged Parquet: "),
    ],
)
def test_what_is_no_parquet(pictures: Made, read: Read, content: bytes, found: str) -> None:
    """Empty, something else, and broken off are told apart."""
    with pytest.raises(DataError) as caught:
        read(pictures("a.png"), content, "table.parquet")
    assert caught.value.found.startswith(found)
