"""Labels from elsewhere: every format, who and when, and nothing overwritten unasked."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

import handful
from handful.errors import DataError, SettingError
from tests.samples import write_digits


@pytest.fixture
def project(tmp_path: Path) -> handful.Project:
    """Four pictures without labels, in two folders, and a fifth whose file name is there twice."""
    store = write_digits(tmp_path / "store", classes=(1,), per_class=5) / "digit-1"
    data = tmp_path / "data"
    for place, file in zip(
        ("DCIM/a.png", "DCIM/b.png", "DCIM/c.png", "DCIM/2024/d.png", "DCIM/2024/a2.png"),
        sorted(store.glob("*.png")),
        strict=True,
    ):
        (data / place).parent.mkdir(parents=True, exist_ok=True)
        file.rename(data / place)
    return handful.open(data, folders="ignore")


def test_every_format_gives_the_labels_that_it_holds(
    project: handful.Project, tmp_path: Path
) -> None:
    """The same two labels, in each format that is read, arrive as the same two labels."""
    coco = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "x/b.png"},
                   {"id": 9, "file_name": "c.png"}, {"id": 10, "file_name": "d.png"}],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": [{"image_id": 7, "category_id": 1}, {"image_id": 7, "category_id": 1},
                        {"image_id": 8, "category_id": 2}, {"image_id": 9, "category_id": 1},
                        {"image_id": 9, "category_id": 2}],
    }  # fmt: skip
    cvat = """<annotations><version>1.1</version><meta><dumped>2024-05-17 09:30:00+00:00</dumped>
        </meta><image id="0" name="a.png"><tag label="cat" source="manual"/></image>
        <image id="1" name="set/b.png"><box label="dog" xtl="1"/><box label="dog" xtl="2"/></image>
        <image id="2" name="c.png"><box label="dog"/><box label="cat"/></image>
        <image id="3" name="d.png"/></annotations>"""
    tasks = [
        {"data": {"image": f"/data/upload/1/0a1b2c3d-{name}.png"},
         "annotations": [{"result": [{"type": "choices", "value": {"choices": choices}}],
                          "completed_by": {"email": "ann@x.org"},
                          "created_at": "2024-05-17T09:30:00Z"}]}
        for name, choices in (("a", ["cat"]), ("b", ["dog"]), ("c", ["cat", "dog"]))
    ]  # fmt: skip
    samples = {"samples": [
        {"filepath": f"/mnt/{name}.png", "ground_truth": {"_cls": "Classification", "label": label}}
        for name, label in (("a", "cat"), ("b", "dog"), ("c", ["cat", "dog"]))
    ]}  # fmt: skip
    files = {
        "ours.csv": "path,label\nDCIM/a.png,cat\nDCIM/b.png,dog\nnowhere.png,cat\n",
        "ours.jsonl": '{"path": "a.png", "label": "cat"}\n{"path": "b.png", "label": "dog"}\n[]\n',
        "studio.json": json.dumps(tasks),
        "studio.csv": "image,id,choice,annotator\n/data/local-files/?d=x/a.png,1,cat,3\n"
        'http://x/b.png,2,dog,3\nc.png,3,"{""choices"": [""cat"", ""dog""]}",3\n',
        "minimal.json": json.dumps([{"image": "a.png", "choice": "cat"},
                                    {"image": "b.png", "choice": "dog"}, {"id": 3}]),
        "coco.json": json.dumps(coco),
        "cvat.xml": cvat,
        "fiftyone.json": json.dumps({"classes": ["cat", "dog"],
                                     "labels": {"a": 0, "b": "dog", "c": 7}}),
        "samples.json": json.dumps(samples),
    }  # fmt: skip
    for name, text in files.items():
        file = tmp_path / name
        file.write_text(text, encoding="utf-8-sig" if name == "ours.csv" else "utf-8")
        came = project.import_labels(file, by=name)
        assert (2, 0, ()) == (came.labels, came.same, came.differing), name
        assert 1 == len(came.rejected), name
        assert {"DCIM/a.png": "cat", "DCIM/b.png": "dog"} == dict(project.labels), name
        for annotator in came.annotators:
            project.undo(by=annotator)
        assert {} == dict(project.labels)


def test_pascal_voc_is_a_file_a_picture(project: handful.Project, tmp_path: Path) -> None:
    """A folder of XML files: a class that all objects share is the picture's."""
    folder = tmp_path / "voc"
    folder.mkdir()
    for name, classes in (("a", ["cat", "cat"]), ("b", ["dog"]), ("c", ["cat", "dog"]), ("d", [])):
        objects = "".join(f"<object><name>{one}</name></object>" for one in classes)
        (folder / f"{name}.xml").write_text(
            f"<annotation><folder>JPEG</folder><filename>{name}.png</filename>{objects}</annotation>"
        )
    came = project.import_labels(folder)
    assert {"DCIM/a.png": "cat", "DCIM/b.png": "dog"} == dict(project.labels)
    (one,) = came.rejected
    assert "c.xml" in one.path
    assert "2 classes (cat, dog)" in one.why


def test_who_and_when_are_kept(project: handful.Project, tmp_path: Path) -> None:
    """A label has the annotator and the time of the file, and each annotator can undo theirs."""
    file = tmp_path / "labels.csv"
    file.write_text(
        "path,label,annotator,time\n"
        "a.png,cat,ann,2024-05-17T09:30:00+00:00\nb.png,dog,ben,\nc.png,dog,,\n"
    )
    came = project.import_labels(file, by="me")
    assert ("ann", "ben", "me") == came.annotators
    with project.session.ledger.reading() as state:
        event = state.verdicts["DCIM/a.png"].event
    assert ("ann", "import") == (event.annotator, event.source)
    assert datetime(2024, 5, 17, 9, 30, tzinfo=UTC).timestamp() == event.time
    project.undo(by="ben")
    assert {"DCIM/a.png": "cat", "DCIM/c.png": "dog"} == dict(project.labels)


@pytest.mark.parametrize("overwrite", [False, True])
def test_labels_that_are_there_stay_unless_told(
    project: handful.Project, tmp_path: Path, overwrite: bool
) -> None:
    """What differs is counted and named and stays; with `overwrite` the file's label counts."""
    project.label({"DCIM/a.png": "cat", "DCIM/b.png": "cat", "DCIM/c.png": None})
    file = tmp_path / "labels.csv"
    file.write_text("path,label\na.png,cat\nb.png,dog\nc.png,dog\nd.png,dog\n")
    came = project.import_labels(file, overwrite=overwrite)
    assert 1 == came.same
    assert [("DCIM/b.png", "cat", "dog"), ("DCIM/c.png", "unsure", "dog")] == [
        (one.path, one.has, one.says) for one in came.differing
    ]
    expected = {"DCIM/a.png": "cat", "DCIM/b.png": "cat", "DCIM/2024/d.png": "dog"}
    if overwrite:
        expected |= {"DCIM/b.png": "dog", "DCIM/c.png": "dog"}
    assert expected == dict(project.labels)
    assert any("2 labels" in note for note in came.notes())


def test_folder_labels_stay_too(tmp_path: Path) -> None:
    """A class folder's label is a label: a file that says otherwise does not change it unasked."""
    folder = write_digits(tmp_path / "digits", per_class=2)
    project = handful.open(folder)
    one = project.items[0].path
    (tmp_path / "x.csv").write_text(f"path,label\n{one},digit-7\n")
    assert 1 == len(project.import_labels(tmp_path / "x.csv").differing)
    assert "digit-0" == project.labels[one]


def test_what_may_be_several_items_is_not_guessed(tmp_path: Path) -> None:
    """A file name that is there twice needs more of its path; two addresses never share an item."""
    store = write_digits(tmp_path / "store", classes=(1,), per_class=3) / "digit-1"
    data = tmp_path / "data"
    for place, file in zip(
        ("s1/a.png", "s2/a.png", "s2/b.png"), sorted(store.iterdir()), strict=True
    ):
        (data / place).parent.mkdir(parents=True, exist_ok=True)
        file.rename(data / place)
    project = handful.open(data, folders="ignore")
    (tmp_path / "x.csv").write_text(
        "path,label\na.png,1\n/mnt/s2/a.png,2\nC:\\data\\s1\\a.png,3\nq/b.png,4\nr/b.png,5\n"
    )
    came = project.import_labels(tmp_path / "x.csv")
    assert {"s1/a.png": "3", "s2/a.png": "2"} == dict(project.labels)
    assert 3 == len(came.rejected)
    assert all("several items" in one.why for one in came.rejected)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
def test_our_own_export_comes_back(project: handful.Project, tmp_path: Path, ending: str) -> None:
    """Exported, taken back by undo and imported again, the labels are what they were."""
    said = {"DCIM/a.png": "cat, really", "DCIM/b.png": "Großer Hund", "DCIM/2024/d.png": "3"}
    project.label(said, by="ann")
    file = project.save_labels(tmp_path / f"labels{ending}")
    assert 3 == project.import_labels(file).same
    project.undo(by="ann")
    came = project.import_labels(file)
    assert (3, ("ann",), ()) == (came.labels, came.annotators, came.rejected)
    assert said == dict(project.labels)


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/hostname">',
        '<!ENTITY b SYSTEM "http://127.0.0.1:{port}/x">',
        '<!ENTITY % b SYSTEM "http://127.0.0.1:{port}/x"> %b;',
    ],
)
def test_xml_cannot_grow_or_fetch(project: handful.Project, tmp_path: Path, declared: str) -> None:
    """A document type is refused before an entity of it is expanded, read or fetched."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        text = declared.replace("{port}", str(server.getsockname()[1]))
        (tmp_path / "x.xml").write_text(
            f"<!DOCTYPE x [{text}]><annotations><image name='a.png'><tag label='&b;'/></image>"
            "</annotations>"
        )
        with pytest.raises(DataError, match="cannot be read") as error:
            project.import_labels(tmp_path / "x.xml")
        assert "document type" in error.value.found
        with pytest.raises(TimeoutError):
            server.accept()
    assert {} == dict(project.labels)


def test_an_import_leaves_an_audit_to_the_rest(tmp_path: Path) -> None:
    """The reserve is drawn among what the file does not label, and imported labels teach."""
    folder = write_digits(tmp_path / "digits", classes=(0, 1), per_class=20)
    loose = tmp_path / "loose"
    loose.mkdir()
    for path in folder.rglob("*.png"):
        path.rename(loose / path.name)
    project = handful.open(loose)
    first = [item.path for item in project.items[:20]]
    (tmp_path / "x.csv").write_text("path,label\n" + "".join(f"{path},x\n" for path in first))
    project.import_labels(tmp_path / "x.csv")
    given = project.session.given()
    assert 20 == len(given.lessons.rows)
    assert given.reserve.any()
    assert not given.reserve[:20].any()


@pytest.mark.parametrize("name", ["x.txt", "x"])
def test_another_ending_is_refused(project: handful.Project, tmp_path: Path, name: str) -> None:
    """A file whose ending names no format is an error that names those that are read."""
    (tmp_path / name).write_text("path,label\n")
    with pytest.raises(SettingError, match="ending") as error:
        project.import_labels(tmp_path / name)
    assert "CVAT" in error.value.expected
