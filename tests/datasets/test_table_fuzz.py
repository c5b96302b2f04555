"""Whatever bytes a table holds, the answer is a collection or an error in four lines."""

import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image

from handful.datasets.table import read_table
from handful.datasets.tables.lookup import Finder
from handful.errors import HandfulError

COUNT = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
CELLS = st.text(alphabet=st.sampled_from('abpng./\\,;\t|"\n\r \0é'), max_size=12)


@cache
def seed_file(suffix: str) -> bytes:
    """A good table of each kind, made once: a workbook carries the time of its making."""
    if suffix == ".xlsx":
        book, stream = Workbook(), io.BytesIO()
        book.active.append(("path", "label"))
        book.active.append(("a.png", "cat"))
        book.save(stream)
        return stream.getvalue()
    if suffix == ".parquet":
        with TemporaryDirectory() as folder, duckdb.connect() as engine:
            engine.execute(f"COPY (SELECT 'a.png' AS path, 1 AS label) TO '{folder}/t.parquet'")
            return (Path(folder) / "t.parquet").read_bytes()
    return b'path,label,split\na.png,cat,train\n"b.png","do""g",test\n'


def check(content: bytes, suffix: str) -> None:
    """Read the content as a table; every outcome but the two promised fails."""
    with TemporaryDirectory() as outer:
        folder = Path(outer) / "data"  # the folder above may be looked through
        folder.mkdir()
        Image.new("L", (2, 2)).save(folder / "a.png")
        table = Path(folder) / f"table{suffix}"
        table.write_bytes(content)
        try:
            found = read_table(table)
        except HandfulError as error:
            assert error.what
            assert error.attempt
        else:
            assert all(item.source.is_relative_to(Path(folder).resolve()) for item in found)


@COUNT
@given(st.lists(st.lists(CELLS, max_size=4), max_size=5), st.sampled_from(",;\t"))
@example([["path", "label"], ["a.png", "\0"]], ",")
def test_any_text_is_survived(rows: list[list[str]], delimiter: str) -> None:
    """Random cells, with and without a header, never crash the reader."""
    body = "\n".join(delimiter.join(row) for row in rows)
    check(("path,label\n" + body).encode(), ".csv")
    check(body.encode("utf-8", "surrogatepass"), ".csv")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
@COUNT
@given(data=st.data())
def test_any_damage_is_survived(suffix: str, data: st.DataObject) -> None:
    """Bytes changed, cut off or put in: a collection or an error, never a crash."""
    content = bytearray(seed_file(suffix))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content)))
        match data.draw(st.sampled_from(("change", "cut", "insert"))):
            case "change" if place < len(content):
                content[place] = data.draw(st.integers(0, 255))
            case "cut":
                del content[place:]
            case _:
                content[place:place] = data.draw(st.binary(max_size=8))
    check(bytes(content), suffix)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a.png", "./a.png", "b.png", "A.PNG", "gone.png", "x/gone.png", ""]),
        st.sampled_from(["cat", "dog", "", "NA"]),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=8,
)


@COUNT
@given(ROWS)
def test_every_row_is_an_item_or_set_aside(rows: list[tuple[str, str, int]]) -> None:
    """Rows add up: each becomes an item, repeats one, contradicts one, or is set aside by itself.

    The oracle counts over again what a person would: by the file, whose rows must agree.
    """
    said: dict[str, set[str]] = {}
    alone = 0
    lines = []
    for name, label, odd in rows:
        lines.append(f"{name},{label}" + (",too,many" if odd == 0 else ""))
        file = name.lower().removeprefix("./")
        if odd == 0 or file not in {"a.png", "b.png"}:
            alone += bool(name or label or odd == 0)
        else:
            said.setdefault(file, set()).add("" if label == "NA" else label)
    agreed = {file for file, labels in said.items() if len(labels) == 1}
    with TemporaryDirectory() as outer:
        folder = Path(outer) / "data"
        folder.mkdir()
        for file in ("a.png", "b.png"):
            Image.new("L", (2, 2)).save(folder / file)
        table = folder / "table.csv"
        table.write_text("path,label\n" + "\n".join(lines), encoding="utf-8")
        if not agreed:
            with pytest.raises(HandfulError):
                read_table(table)
            return
        found = read_table(table)
    assert agreed == {item.path for item in found}
    assert alone + len(said) - len(agreed) == len(found.quarantined)


@COUNT
@given(st.lists(st.text(alphabet=st.sampled_from("ab.pngPNG/\\:%20 é~\x00\ud83d"), max_size=14)))
@example(["file:///a.png", "C:\\a.png", "//s/a.png", "%00.png", "..", "~", "file:", "s3://a.png"])
def test_any_cell_is_found_or_missing(cells: list[str]) -> None:
    """Whatever stands in a cell, it is a file that is there or has a reason, and never both."""
    with TemporaryDirectory() as outer:
        folder = Path(outer) / "data"
        (folder / "b").mkdir(parents=True)
        for file in ("a.png", "b/a b.png"):
            Image.new("L", (2, 2)).save(folder / file)
        looked = Finder(folder / "table.csv").look_up(cells)
        assert all(Path(one.place).is_file() for one in looked.found.values())
    assert set(filter(None, cells)) == set(looked.found) | set(looked.missing)
    assert not set(looked.found) & set(looked.missing)
    assert all(looked.missing.values())
