"""A project whose labels people give: ask, label, undo, estimate, forecast, from Python."""

import json
from pathlib import Path

import numpy as np
import pytest

import handful
from handful.errors import DataError
from tests.samples import write_digits, write_loose_digits


@pytest.fixture
def loose(tmp_path: Path) -> tuple[handful.Project, dict[str, str]]:
    """180 pictures of digits without labels, and what they are."""
    truth = write_loose_digits(tmp_path / "digits", per_class=60)
    return handful.open(tmp_path / "digits"), truth


def test_the_journey_without_labels(
    loose: tuple[handful.Project, dict[str, str]], tmp_path: Path
) -> None:
    """Ask, label, fit, save: a model from 60 answers, measured on its audit items alone."""
    project, truth = loose
    for _ in range(5):
        items = project.ask(12)
        assert 12 == len({item.path for item in items})
        project.label({item: truth[item.path] for item in items}, by="ann")
    assert 60 == len(project.labels)
    model = project.fit()
    accuracy = project.estimate().accuracy
    assert 15 <= accuracy.n <= 25
    assert accuracy.n == model.estimate.n
    assert "audit" in accuracy.method
    rest = [path for path in truth if path not in project.labels]
    right = [model.predict(project.root / path).label == truth[path] for path in rest]
    assert accuracy.low <= sum(right) / len(right) <= 1
    assert sum(right) / len(right) > 0.85
    assert "digit-7" in model.classes
    assert project.review(tmp_path / "report.html").exists()
    assert accuracy.n == len(project.reviewed().scopes()[0].index)


def test_labels_follow_undo_and_redo(loose: tuple[handful.Project, dict[str, str]]) -> None:
    """Undo takes a whole gesture back, redo brings it again, and a new start remembers both."""
    project, truth = loose
    first, second = list(truth)[:2]
    project.label({first: "a", second: "b"})
    project.label({first: "b"})
    assert {first: "b", second: "b"} == dict(project.labels)
    assert (first,) == project.undo()
    assert {first: "a", second: "b"} == dict(project.labels)
    assert (first, second) == tuple(sorted(project.undo()))
    assert {} == dict(project.labels)
    assert () == project.undo()
    project.redo()
    assert {first: "a", second: "b"} == dict(handful.open(project.root).labels)


def test_items_are_named_in_three_ways(loose: tuple[handful.Project, dict[str, str]]) -> None:
    """`label` takes Items, relative and absolute paths; what is no item is an error."""
    project, truth = loose
    one, two, three = project.items[:3]
    project.label({one: "x", two.path: "x", three.source: "x"})
    assert [one.path, two.path, three.path] == list(project.labels)
    with pytest.raises(DataError, match="no such item"):
        project.label({"nowhere.png": "x"})
    with pytest.raises(DataError, match="no such item"):
        project.label({Path("/etc/hostname"): "x"})


@pytest.mark.parametrize(
    ("given", "name"),
    [(1, "1"), (np.int64(1), "1"), (True, "true"), (" good ", "good"), (2.0, "2")],
)
def test_labels_of_every_kind_name_a_class(tmp_path: Path, given: object, name: str) -> None:
    """Numbers and truth values are classes, named as a table names them; blanks do not count."""
    write_loose_digits(tmp_path / "digits", per_class=2)
    project = handful.open(tmp_path / "digits")
    one, two = project.items[:2]
    project.label({one: given, two: name})
    assert {one.path: name, two.path: name} == dict(project.labels)


@pytest.mark.parametrize("given", [None, float("nan"), np.float32("nan"), " "])
def test_no_label_says_cannot_tell(tmp_path: Path, given: object) -> None:
    """Nothing, NaN and blanks are an answer, "cannot tell", and no class."""
    write_loose_digits(tmp_path / "digits", per_class=2)
    project = handful.open(tmp_path / "digits")
    one = project.items[0]
    project.label({one: "good"})
    project.label({one: given})
    assert {} == dict(project.labels)
    with project.session.ledger.reading() as state:
        assert ("me",) == state.verdicts[one.path].unsure


def test_a_linked_file_is_found_by_every_name(tmp_path: Path) -> None:
    """An item that is a link is meant by the link, its absolute path, and the file it leads to."""
    store = write_digits(tmp_path / "store", classes=(1,), per_class=4) / "digit-1"
    links = tmp_path / "links"
    links.mkdir()
    files = sorted(store.glob("*.png"))
    for at, file in enumerate(files):
        (links / f"{at}.png").symlink_to(file)
    project = handful.open(links)
    project.label({project.items[0].source: "link", links / "x" / ".." / "1.png": "dots",
                   files[2]: "file", project.items[3]: "item"})  # fmt: skip
    assert {"0.png": "link", "1.png": "dots", "2.png": "file", "3.png": "item"} == dict(
        project.labels
    )
    (links / "again.png").symlink_to(files[2])
    with pytest.raises(DataError, match="Several items are links"):
        handful.open(links).label({files[2]: "file"})


def test_one_item_with_two_labels_is_an_error(tmp_path: Path) -> None:
    """The same item under two names with two labels is refused; nothing is written."""
    write_loose_digits(tmp_path / "digits", per_class=2)
    project = handful.open(tmp_path / "digits")
    one = project.items[0]
    with pytest.raises(DataError, match="two labels at once"):
        project.label({one: "a", one.source: "b"})
    assert {} == dict(project.labels)


def test_folder_labels_can_be_corrected(tmp_path: Path) -> None:
    """A correction counts before the folder's name, and the next fit learns it."""
    folder = write_digits(tmp_path / "digits")
    project = handful.open(folder)
    assert 60 == project.fit().estimate.n
    wrong = project.items[0].path
    project.label({wrong: "digit-7"}, by="ann")
    assert "digit-7" == project.labels[wrong]
    assert {"digit-0": 19, "digit-1": 20, "digit-7": 21} == dict(
        project.fit().manifest.data.per_class
    )
    project.undo(by="ann")
    assert "digit-0" == project.labels[wrong]


def test_asking_nobody_makes_no_ledger(tmp_path: Path) -> None:
    """Learning from folders alone writes no ledger."""
    folder = write_digits(tmp_path / "digits", per_class=5)
    project = handful.open(folder)
    project.fit()
    assert 15 == len(project.labels)
    assert not (project.folder / "ledger.sqlite").exists()


def test_the_forecast_looks_ahead(loose: tuple[handful.Project, dict[str, str]]) -> None:
    """None at first; after enough answers a gain with its interval."""
    project, truth = loose
    assert project.forecast() is None
    for _ in range(7):
        project.label({item: truth[item.path] for item in project.ask(12)})
    ahead = project.forecast(25)
    assert ahead is not None
    assert 25 == ahead.num_more
    assert ahead.gain.low <= ahead.gain.value <= ahead.gain.high


def three_people(project: handful.Project, truth: dict[str, str]) -> None:
    """Thirty pictures answered by three people, of whom one is mostly wrong."""
    items = project.ask(30)
    for at, by in enumerate(("ann", "ben", "cal")):
        said = {}
        for number, item in enumerate(items):
            wrong = number % 10 == at or (by == "cal" and number % 3)
            said[item] = "digit-1" if wrong and truth[item.path] != "digit-1" else truth[item.path]
        project.label(said, by=by)


def test_labels_leave_with_the_consensus(
    loose: tuple[handful.Project, dict[str, str]], tmp_path: Path
) -> None:
    """Where several people answered, the file says what they amount to and how good each is."""
    project, truth = loose
    three_people(project, truth)
    path = project.save_labels(tmp_path / "labels.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert 30 == len(rows)
    assert all(0 <= row["consensus_quality"] <= 1 for row in rows)
    right = sum(row["consensus"] == truth[row["path"]] for row in rows)
    assert right >= sum(row["label"] == truth[row["path"]] for row in rows)
    quality = rows[0]["annotator_quality"]
    assert quality["cal"] < min(quality["ann"], quality["ben"])


def test_without_the_extra_labels_leave_as_ever(
    loose: tuple[handful.Project, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The majority, and one line on what would add the consensus; of one person, not even that."""
    from handful.labels import crowd

    project, truth = loose
    monkeypatch.setattr(crowd, "is_installed", lambda: False)
    monkeypatch.setattr("handful.active.consensus.is_installed", lambda: False)
    project.label({project.items[0]: "digit-0"}, by="ann")
    project.save_labels(tmp_path / "labels.csv")
    three_people(project, truth)
    with pytest.warns(UserWarning, match="pip install .*cleanlab"):
        path = project.save_labels(tmp_path / "labels.csv")
    assert "path,label,annotator,source,time" == path.read_text("utf-8-sig").splitlines()[0]
