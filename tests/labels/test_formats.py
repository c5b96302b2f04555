"""Labels in and out."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.errors import DataError, SettingError
from handful.items.label_names import label_name
from handful.labels import formats, label_studio, tabular
from handful.labels.formats import marks_of, read_labels, rows_of, write_labels
from handful.labels.ledger import Ledger
from handful.labels.row import Row

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=8)
ROWS = st.lists(
    st.builds(
        Row,
        path=NAMES.filter(str.strip),
        label=NAMES.map(lambda text: label_name(text) or ""),
        annotator=NAMES.map(str.strip),
        time=st.none() | st.floats(1e9, 2e9).map(lambda t: round(t, 3)),
    ),
    max_size=5,
    unique_by=lambda row: (row.path, row.annotator),
)


@settings(deadline=None)
@given(ROWS)
def test_csv_and_json_lines_give_back_what_was_written(rows: list[Row]) -> None:
    """Commas, quotes, line ends and any script survive the round trip."""
    for write, read in (
        (tabular.write_csv, tabular.read_csv),
        (tabular.write_json_lines, tabular.read_json_lines),
    ):
        assert [row for _, row in read(write(rows))] == rows


@settings(deadline=None)
@given(ROWS)
def test_label_studio_gives_back_what_was_written(rows: list[Row]) -> None:
    """Tasks gather the answers to one item; "unsure" travels as a cancelled annotation."""
    plain = [Row("p/" + row.path, row.label, row.annotator, "", row.time) for row in rows]
    back = [row for _, row in label_studio.read(json.loads(label_studio.write(plain)))]
    assert sorted(back, key=repr) == sorted(plain, key=repr)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
def test_a_ledger_goes_out_and_comes_in_whole(tmp_path: Path, ending: str) -> None:
    """Two annotators' answers, exported and imported, give the same state."""
    with Ledger(tmp_path / "a.sqlite") as ledger, Ledger(tmp_path / "b.sqlite") as other:
        ledger.label({"x/1.png": "cat", "x/2.png": "dog"}, by="ann")
        ledger.label({"x/1.png": "dog"}, by="bob")
        file = tmp_path / f"labels{ending}"
        write_labels(rows_of(ledger.state, votes=True), file)
        gestures = marks_of(read_labels(file, items=["x/1.png", "x/2.png"]), by="?")
        assert ["ann", "bob"] == list(gestures)
        for annotator, marks in gestures.items():
            other.record(marks, by=annotator)
        assert other.state.by_annotator() == ledger.state.by_annotator()
        assert {e.source for e in other.events()[1:] if e.kind == "label"} == {"import"}
        other.undo(by="ann")
        assert dict(other.state.labels) == {"x/1.png": "dog"}


def test_the_plain_export_has_one_row_for_each_settled_item(tmp_path: Path) -> None:
    """It is a table that training takes: an item that nobody could name is left out."""
    with Ledger(tmp_path / "a.sqlite") as ledger:
        ledger.label({"b.png": "cat", "a.png": "dog"}, by="ann")
        ledger.label({"a.png": "cat"}, by="bob")
        ledger.record([formats.Mark(item="c.png", kind="unsure")], by="ann")
        assert [(r.path, r.label) for r in rows_of(ledger.state)] == [
            ("a.png", "cat"),
            ("b.png", "cat"),
        ]


def test_bad_rows_are_set_aside_and_named(tmp_path: Path) -> None:
    """Each bad row is named with its line and its fault; the good ones are read."""
    file = tmp_path / "labels.csv"
    file.write_text("path,label\na.png,cat\nb.png\n,dog\nz.png,dog\na.png,dog\nb.png,dog\n")
    reading = read_labels(file, items=["a.png", "b.png"])
    assert [(row.path, row.label) for row in reading.rows] == [("a.png", "cat"), ("b.png", "dog")]
    assert [(bad.path, bad.why) for bad in reading.rejected] == [
        ("labels.csv, line 3", "1 cells where the first line has 2"),
        ("labels.csv, line 4", "the path is empty"),
        ("labels.csv, line 5", "no item is called 'z.png'"),
        ("labels.csv, line 6", "'a.png' was 'cat' in an earlier row"),
    ]


def test_bad_json_lines_are_set_aside_and_named(tmp_path: Path) -> None:
    """Broken JSON, a missing field, a wrong type and a wrong time are each named."""
    file = tmp_path / "labels.jsonl"
    good, untimely = {"path": "a", "label": "x"}, {"path": "c", "label": "x", "time": "noon"}
    bad = ['{"path": ', "[1]", '{"path": "b"}', '{"path": 3, "label": "x"}', json.dumps(untimely)]
    file.write_text("\n".join([json.dumps(good), *bad]))
    reading = read_labels(file)
    assert len(reading.rows) == 1
    assert [bad.path.split(", ")[1] for bad in reading.rejected] == [
        f"line {n}" for n in (2, 3, 4, 5, 6)
    ]


def test_an_export_of_label_studio_is_read(tmp_path: Path) -> None:
    """Local files and uploads are matched to items; boxes and two choices at once are set aside."""

    def task(image: str, *choices: str, kind: str = "choices", **more: object) -> dict[str, object]:
        result = {
            "type": kind,
            "from_name": "tag",
            "to_name": "img",
            "value": {"choices": [*choices]},
        }
        return {
            "data": {"image": image},
            "annotations": [{"result": [result], "completed_by": 7, **more}],
        }

    file = tmp_path / "export.json"
    tasks = [
        task(
            "/data/local-files/?d=photos/x/1.png", "cat", created_at="2021-03-09T22:16:08.728353Z"
        ),
        task("/data/upload/3/0a1b2c3d-2.png", "dog", completed_by={"email": "ann@example.org"}),
        task("https://example.org/pictures/x/3.png", "dog"),
        {"image": "x/4.png", "choice": "cat", "annotator": 2},
        task("x/5.png", "cat", "dog"),
        task("x/5.png", "cat", kind="rectanglelabels"),
        task("elsewhere/9.png", "cat"),
        "what",
    ]
    file.write_text(json.dumps(tasks))
    reading = read_labels(file, items=[f"x/{n}.png" for n in range(1, 6)])
    assert [(row.path, row.label, row.annotator) for row in reading.rows] == [
        ("x/1.png", "cat", "7"),
        ("x/2.png", "dog", "ann@example.org"),
        ("x/3.png", "dog", "7"),
        ("x/4.png", "cat", "2"),
    ]
    assert [bad.path for bad in reading.rejected] == [
        f"export.json, task {n}" for n in (5, 6, 7, 8)
    ]


def test_an_address_that_fits_two_items_fits_none(tmp_path: Path) -> None:
    """A name that two folders have is not guessed at, unless the folder is in the address."""
    file = tmp_path / "labels.csv"
    file.write_text("path,label\n1.png,cat\n/mnt/y/1.png,cat\n")
    reading = read_labels(file, items=["x/1.png", "y/1.png"])
    assert ([row.path for row in reading.rows], len(reading.rejected)) == (["y/1.png"], 1)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "number,date\n"),
        ("a.csv", ""),
        ("a.json", "{}"),
        ("a.json", "[{"),
        ("a.csv", "\udcff"),
    ],
)
def test_a_file_that_holds_no_labels_is_refused(tmp_path: Path, name: str, text: str) -> None:
    """Where nothing can be read at all, the error has four lines and names the file."""
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match="cannot be read") as error:
        read_labels(tmp_path / name)
    assert (len(str(error.value).splitlines()), name in error.value.found) == (4, True)


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    """The formats are named."""
    with pytest.raises(SettingError, match="ending"):
        write_labels([], tmp_path / "labels.xml")
