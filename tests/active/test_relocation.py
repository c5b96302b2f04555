"""Labels follow pictures that were renamed or moved, and none is lost where that cannot be told."""

from __future__ import annotations

import csv
import json
import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import handful
from handful.active.relocation import plan_moves
from handful.items.item import Item
from handful.modalities.image import facts as fingerprint
from tests.samples import write_digits, write_loose_digits


@pytest.fixture
def labelled(tmp_path: Path) -> dict[str, str]:
    """Six digits in `tmp_path/data`, each with a label of its own: what was said, by path."""
    write_loose_digits(tmp_path / "data", per_class=2)
    project = handful.open(tmp_path / "data")
    said = {item.path: f"class {at}" for at, item in enumerate(project.items)}
    project.label(said, by="ann")
    return said


def labels(folder: Path, **options: object) -> dict[str, str]:
    """What a new start holds to be true."""
    return dict(handful.open(folder, **options).labels)


def test_renamed_pictures_keep_their_labels(tmp_path: Path, labelled: dict[str, str]) -> None:
    """After renaming all and moving some into a folder every label is there, and a note says so."""
    folder = tmp_path / "data"
    (folder / "plot 7").mkdir()
    now = {}
    for at, path in enumerate(sorted(labelled)):
        new = f"plot 7/a{path}" if at % 2 else f"b{path}"
        (folder / path).rename(folder / new)
        now[new] = labelled[path]
    project = handful.open(folder)
    assert now == dict(project.labels)
    assert "6 labels followed their pictures to new names." in project.notes
    project.undo(by="ann")
    assert set(labelled.values()).isdisjoint(project.labels.values())
    project.redo(by="ann")
    again = handful.open(folder)
    assert now == dict(again.labels)
    assert not [note for note in again.notes if "followed" in note]


def test_pictures_that_change_places_keep_their_labels(
    tmp_path: Path, labelled: dict[str, str]
) -> None:
    """Files renumbered by one, so that all names but one are there still, keep their labels."""
    folder = tmp_path / "data"
    paths = sorted(labelled)
    for path, after in reversed(list(zip(paths, [*paths[1:], "9999.png"], strict=True))):
        (folder / path).rename(folder / after)
    expected = dict(zip([*paths[1:], "9999.png"], [labelled[p] for p in paths], strict=True))
    assert expected == labels(folder)


def test_a_swap_is_seen(tmp_path: Path, labelled: dict[str, str]) -> None:
    """Two files that exchanged their names exchange their labels, though no name is missing."""
    folder = tmp_path / "data"
    one, two = sorted(labelled)[:2]
    (folder / one).rename(folder / "x")
    (folder / two).rename(folder / one)
    (folder / "x").rename(folder / two)
    assert labelled | {one: labelled[two], two: labelled[one]} == labels(folder)


def test_a_moved_folder_and_another_root_keep_the_labels(
    tmp_path: Path, labelled: dict[str, str]
) -> None:
    """The data copied elsewhere, or opened one level higher with `--project`, has its labels."""
    project = tmp_path / "kept"
    shutil.move(tmp_path / "data" / ".handful", project)
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    assert labelled == labels(tmp_path / "copy", project=project)
    (tmp_path / "above").mkdir()
    shutil.move(tmp_path / "copy", tmp_path / "above" / "raw")
    found = labels(tmp_path / "above", project=project)
    assert sorted(labelled.values()) == sorted(found.values())
    assert labelled == labels(tmp_path / "above" / "raw", project=project)


def test_a_renamed_class_folder_keeps_corrections(tmp_path: Path) -> None:
    """A correction of a class folder's label follows the picture into the renamed folder."""
    folder = write_digits(tmp_path / "digits", per_class=4)
    project = handful.open(folder)
    wrong = project.items[0]
    project.label({wrong: "digit-7"})
    (folder / "digit-0").rename(folder / "zero")
    name = Path(wrong.path).name
    assert "digit-7" == labels(folder)[f"zero/{name}"]
    assert 3 == list(labels(folder).values()).count("zero")


def test_a_table_with_other_paths_keeps_its_labels(tmp_path: Path) -> None:
    """A table whose column of paths names the same pictures elsewhere has the labels still."""
    write_loose_digits(tmp_path / "a", per_class=2)
    table = tmp_path / "table.csv"

    def write(folder: str) -> None:
        names = sorted(path.name for path in (tmp_path / folder).glob("*.png"))
        table.write_text("path\n" + "".join(f"{folder}/{name}\n" for name in names))

    write("a")
    project = handful.open(table)
    project.label({item: f"class {at}" for at, item in enumerate(project.items)})
    before = list(project.labels.values())
    (tmp_path / "a").rename(tmp_path / "b")
    write("b")
    assert before == list(labels(table).values())
    assert all(path.startswith("b/") for path in labels(table))


def test_labels_without_a_picture_are_kept_named_and_exported(
    tmp_path: Path, labelled: dict[str, str]
) -> None:
    """A deleted picture's label is named, marked in each format, and there when it comes back."""
    folder = tmp_path / "data"
    gone = sorted(labelled)[2]
    (folder / gone).rename(tmp_path / "elsewhere.png")
    project = handful.open(folder)
    assert {gone: labelled[gone]} == dict(project.labels_without_items)
    assert gone not in project.labels
    (note,) = [note for note in project.notes if "no picture any more" in note]
    assert note.startswith(f"1 label has no picture any more: {gone}.")
    with project.save_labels(tmp_path / "out.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert labelled == {path: row["label"] for path, row in rows.items()}
    assert {gone} == {path for path, row in rows.items() if row["missing"] == "yes"}
    lines = project.save_labels(tmp_path / "out.jsonl").read_text().splitlines()
    assert [gone] == [row["path"] for row in map(json.loads, lines) if row.get("missing")]
    tasks = json.loads(project.save_labels(tmp_path / "out.json").read_text())
    assert [gone] == [t["data"]["image"] for t in tasks if t["meta"].get("missing")]
    (tmp_path / "elsewhere.png").rename(folder / "back.png")
    assert labelled[gone] == labels(folder)["back.png"]


def test_a_place_that_another_picture_took_does_not_hand_its_label_over(
    tmp_path: Path, labelled: dict[str, str]
) -> None:
    """One deleted, another renamed to its name: the label goes with its picture, the old stays."""
    folder = tmp_path / "data"
    one, two = sorted(labelled)[:2]
    (folder / one).unlink()
    (folder / two).rename(folder / one)
    project = handful.open(folder)
    assert labelled[two] == project.labels[one]
    assert two not in project.labels
    assert [labelled[one]] == list(project.labels_without_items.values())


def test_copies_and_edits_are_not_guessed(tmp_path: Path, labelled: dict[str, str]) -> None:
    """Two new copies of one picture are told apart by nothing; an edited one keeps its label."""
    folder = tmp_path / "data"
    one, two = sorted(labelled)[:2]
    shutil.copy(folder / one, folder / "x.png")
    (folder / one).rename(folder / "y.png")
    (folder / two).write_bytes((folder / two).read_bytes() + b"\0")
    project = handful.open(folder)
    assert {one: labelled[one]} == dict(project.labels_without_items)
    assert labelled[two] == project.labels[two]
    assert {"x.png", "y.png"}.isdisjoint(project.labels)
    notes = " ".join(project.notes)
    assert "Of 1 the picture lies there several times" in notes
    assert f"1 labelled picture was changed since: {two}." in notes


def test_nothing_is_read_where_nothing_moved(
    tmp_path: Path, labelled: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once all pictures were looked at, a start with every file in its place opens none."""
    handful.open(tmp_path / "data").doctor()
    read: list[str] = []

    def watched(item: Item) -> bytes:
        read.append(item.path)
        return fingerprint.read(item)

    monkeypatch.setattr("handful.datasets.contents.read", watched)
    assert labelled == labels(tmp_path / "data")
    assert [] == read
    one = sorted(labelled)[0]
    (tmp_path / "data" / one).rename(tmp_path / "data" / "new.png")
    assert labelled[one] == labels(tmp_path / "data")["new.png"]
    assert ["new.png"] == read


def test_every_label_knows_the_content_it_was_given_to(
    tmp_path: Path, labelled: dict[str, str]
) -> None:
    """Each label event carries the hash of its file, before anything was embedded too."""
    project = handful.open(tmp_path / "data")
    digests = {e.item: e.digest for e in project.session.ledger.events() if e.kind == "label"}
    expected = {
        item.path: fingerprint.content_hash(item.source.read_bytes()) for item in project.items
    }
    assert expected == digests


def test_the_audit_follows_too(tmp_path: Path) -> None:
    """The audit reserve and its answers are the same pictures after all were renamed."""
    write_loose_digits(tmp_path / "data", per_class=20)
    project = handful.open(tmp_path / "data")
    items = project.ask(30)
    project.label(dict.fromkeys(items, "a"))
    before = project.session.given()
    project.session.ledger.close()
    for path in (tmp_path / "data").glob("*.png"):
        path.rename(path.with_name(f"z{path.name}"))
    after = handful.open(tmp_path / "data").session.given()
    assert int(before.audited.sum()) > 5
    assert before.audited.tolist() == after.audited.tolist()
    assert before.reserve.tolist() == after.reserve.tolist()


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_moves_are_one_to_one_and_keep_the_content(seed: int) -> None:
    """No two items go to one place, each place has the item's content, and unique ones all go."""
    chance = random.Random(seed)
    strayed = {f"o{at}/{chance.randrange(4)}": f"{chance.randrange(5)}" for at in range(8)}
    there = {f"n{at}/{chance.randrange(4)}": f"{chance.randrange(6)}" for at in range(8)}
    names = {path: f"{chance.randrange(2)}" for path in strayed}
    moves, ambiguous = plan_moves(strayed, there, names)
    assert len(set(moves.values())) == len(moves)
    assert all(strayed[old] == there[new] for old, new in moves.items())
    assert ambiguous.isdisjoint(moves)
    olds, news = list(strayed.values()), list(there.values())
    for path, digest in strayed.items():
        if olds.count(digest) == news.count(digest) == 1:
            assert path in moves
        assert (path in moves or path in ambiguous) or news.count(digest) < olds.count(digest)
