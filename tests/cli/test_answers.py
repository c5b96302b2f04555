"""Answers in files."""

import csv
import json
import resource
from pathlib import Path

import pytest

from handful.bundle.predict import Prediction
from handful.cli.answers import COLUMNS, check_answers, write_answers
from handful.errors import HandfulError, StoreError

PATHS = ['a "b",\nc.png', "=cmd()", "'quoted", "-1.png", "é\udcff.png", "x" * 300]
ANSWERS = [
    *(Prediction(path, "ok", 0.75, {"bad": 0.25, "ok": 0.75}, ("ok",), False) for path in PATHS),
    Prediction.unreadable("gone.png", "there is no such file"),
]


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ","), ("A.TSV", "\t")])
def test_a_table_has_a_row_an_item_and_no_formula(
    tmp_path: Path, name: str, separator: str
) -> None:
    """A mark for Excel first; an apostrophe before what would be a formula, and before its like."""
    write_answers(ANSWERS, tmp_path / name)
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    text = content.decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines(keepends=True), delimiter=separator))
    assert tuple(rows[0]) == COLUMNS
    expected = [PATHS[0], "'=cmd()", "''quoted", "'-1.png", "é\\udcff.png", "x" * 300, "gone.png"]
    assert [row[0] for row in rows[1:]] == expected
    assert rows[1][1:] == ["ok", "ok", "0.75", '["ok"]', "", ""]
    assert rows[-1][1:] == ["", "", "", "", "", "there is no such file"]


def test_json_lines_hold_what_json_prints(tmp_path: Path) -> None:
    """One object a line, each as in `--json`."""
    write_answers(ANSWERS, tmp_path / "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [one.to_json() for one in ANSWERS]


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    """Read by DuckDB: every path as it is, the probability a number."""
    import duckdb

    write_answers(ANSWERS, tmp_path / "a.parquet")
    rows = duckdb.sql(f"SELECT path, probability FROM '{tmp_path}/a.parquet'").fetchall()
    assert [path for path, _ in rows] == [*PATHS[:4], "é\\udcff.png", PATHS[5], "gone.png"]
    assert [number for _, number in rows] == [0.75] * 6 + [None]


def test_the_place_is_looked_at_before_the_work(tmp_path: Path) -> None:
    """Another ending, a file in place of its folder, a folder in the place: each is named."""
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "labels.csv").write_text("path,label\n", encoding="utf-8")
    for name, why in (
        ("labels.csv", "a file of another kind"),
        ("a.xlsx", ".csv, .tsv, .jsonl, .parquet"),
        ("labels.csv/a.csv", "labels.csv is no folder"),
        ("folder.csv", "there is a folder of that name"),
    ):
        with pytest.raises(HandfulError) as error:
            check_answers(str(tmp_path / name))
        assert why in str(error.value)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_answers_of_an_earlier_run_are_replaced(tmp_path: Path, ending: str) -> None:
    """What it wrote itself it may write again."""
    place = tmp_path / f"a{ending}"
    write_answers(ANSWERS, place)
    assert check_answers(str(place)) == place


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_a_full_disk_keeps_earlier_answers(tmp_path: Path, name: str) -> None:
    """Where not all fits, the error names the place, the file stays and no part is left beside."""
    place = tmp_path / name
    write_answers(ANSWERS[-1:], place)
    earlier = place.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(earlier), limits[1]))
    try:
        with pytest.raises(StoreError, match="answers could not be written") as caught:
            write_answers(ANSWERS, place)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(place) in caught.value.found
    assert earlier == place.read_bytes()
    assert [place] == list(tmp_path.iterdir())
