"""A folder of pictures: what is found, what it is called, what is passed over and set aside."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from handful.datasets import open_data
from handful.errors import DataError, SettingError
from handful.items.item import Collection
from handful.items.names import native
from tests.modalities.image.pictures import encoded, scene

PICTURE = encoded(scene(16, 12))


def folder_of(root: Path, *paths: str, content: bytes = PICTURE) -> Path:
    """Files below `root`; a path that ends in a slash is an empty folder."""
    for path in paths:
        place = root / path
        if path.endswith("/"):
            place.mkdir(parents=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    return root


def labels(collection: Collection) -> dict[str, str | None]:
    """Label by path."""
    return {item.path: item.label for item in collection}


def test_class_folders(tmp_path: Path) -> None:
    """A picture's label is the name of its folder; items are sorted by path."""
    found = open_data(folder_of(tmp_path, "dog/2.jpg", "cat/1.png", "cat/10.png"))
    assert {"cat/1.png": "cat", "cat/10.png": "cat", "dog/2.jpg": "dog"} == labels(found)
    assert sorted(labels(found)) == [item.path for item in found]
    assert found.root == tmp_path.resolve()
    assert all(item.source.read_bytes() == PICTURE for item in found)
    assert {None} == {item.split for item in found} == {item.group for item in found}
    assert () == found.notes == found.quarantined


def test_nested_class_folders(tmp_path: Path) -> None:
    """The label of a picture in nested folders is the whole way to it."""
    found = open_data(folder_of(tmp_path, "cat/tabby/1.png", "cat/2.png", "dog/3.png"))
    assert ["cat", "cat/tabby", "dog"] == sorted(label or "" for label in labels(found).values())
    assert "cat/tabby" == labels(found)["cat/tabby/1.png"]


def test_loose_files_have_no_label(tmp_path: Path) -> None:
    """Pictures that lie at the top are unlabelled; beside class folders a note says so."""
    assert {"a.png": None} == labels(open_data(folder_of(tmp_path, "a.png")))
    mixed = open_data(folder_of(tmp_path, "cat/b.png"))
    assert {"a.png": None, "cat/b.png": "cat"} == labels(mixed)
    assert ("1 of 2 pictures lie in no class folder: no label.",) == mixed.notes


@pytest.mark.parametrize("wrapper", ["archive/", "archive/images/"])
def test_a_folder_around_all_others_is_looked_through(tmp_path: Path, wrapper: str) -> None:
    """A single folder that holds the class folders is no class; paths still begin at the top."""
    found = open_data(folder_of(tmp_path, f"{wrapper}cat/1.png", f"{wrapper}dog/2.png"))
    assert {f"{wrapper}cat/1.png": "cat", f"{wrapper}dog/2.png": "dog"} == labels(found)
    assert f"All pictures lie in {wrapper}" in found.notes[0]


def test_a_single_class_folder_is_a_class(tmp_path: Path) -> None:
    """A single folder with nothing but pictures in it is taken for a class."""
    assert {"cat/1.png": "cat"} == labels(open_data(folder_of(tmp_path, "cat/1.png")))


@pytest.mark.parametrize("wrapper", ["", "archive/"])
def test_train_and_test_folders_are_a_split(tmp_path: Path, wrapper: str) -> None:
    """Folders named train, val and test are a split, and labels begin below them."""
    names = ("Train/cat/1.png", "test/cat/2.png", "val/dog/3.png", "test/4.png")
    found = open_data(folder_of(tmp_path, *(wrapper + name for name in names)))
    told = {item.path.removeprefix(wrapper): (item.label, item.split) for item in found}
    expected = {
        "Train/cat/1.png": ("cat", "train"),
        "test/cat/2.png": ("cat", "test"),
        "val/dog/3.png": ("dog", "train"),
        "test/4.png": (None, "test"),
    }
    assert expected == told
    assert any("val/ is learned from" in note for note in found.notes)


def test_a_stray_picture_does_not_undo_the_split(tmp_path: Path) -> None:
    """A picture that lies beside train and test has neither label nor split."""
    found = open_data(folder_of(tmp_path, "train/cat/1.png", "test/cat/2.png", "stray.png"))
    assert [(None, None), ("cat", "test"), ("cat", "train")] == [
        (item.label, item.split) for item in found
    ]


@pytest.mark.parametrize("others", [("bus",), ()])
def test_train_may_be_a_class(tmp_path: Path, others: tuple[str, ...]) -> None:
    """`train` beside other classes is a vehicle; `test` and `val` without train are classes."""
    names = ("train/1.png", "test/2.png") if others else ("test/1.png", "val/2.png")
    found = open_data(folder_of(tmp_path, *names, *(f"{other}/3.png" for other in others)))
    assert {None} == {item.split for item in found}
    assert {name.split("/")[0] for name in (*names, *(f"{o}/" for o in others))} == set(
        labels(found).values()
    )
    assert bool(others) == any("taken for classes" in note for note in found.notes)


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    """Hidden files and what systems leave behind are counted, not read; handful's own, neither."""
    names = (".handful/thumbs/1.png", ".git/2.png", "cat/._1.png", "__MACOSX/cat/1.png")
    found = open_data(
        folder_of(tmp_path, "cat/1.png", "t.csv.handful/x.png", "cat/Thumbs.db", *names)
    )
    assert ["cat/1.png"] == list(labels(found))
    assert ("4 hidden files or folders were passed over.",) == found.notes


def test_other_files_are_named(tmp_path: Path) -> None:
    """Files that are no pictures by their names are passed over, and a note names them."""
    found = open_data(
        folder_of(tmp_path, "cat/1.png", "a.txt", "b.xml", "cat/c.csv", "d.zip", content=PICTURE)
    )
    assert ["cat/1.png"] == list(labels(found))
    expected = "Not pictures by their names, so passed over: a.txt, b.xml, cat/c.csv and 1 more."
    assert (expected,) == found.notes


def test_pictures_without_an_ending_are_found(tmp_path: Path) -> None:
    """A file without an ending is a picture if it begins as one."""
    folder_of(tmp_path, "cat/1", "dog/2.png")
    found = open_data(folder_of(tmp_path, "cat/LICENSE", content=b"Permission is hereby"))
    assert ["cat/1", "dog/2.png"] == list(labels(found))


@pytest.mark.usefixtures("without_heic")
@pytest.mark.parametrize("name", ["IMG_1.HEIC", "scan.dcm", "raw.NEF", "slide.CZI", "a.jp2"])
def test_pictures_of_other_kinds_are_set_aside(tmp_path: Path, name: str) -> None:
    """Kinds that are not read yet are quarantined by name, not passed over in silence."""
    found = open_data(folder_of(tmp_path, "cat/1.png", f"cat/{name}"))
    [bad] = found.quarantined
    assert f"cat/{name}" == bad.path
    assert "not read yet" in bad.why


@pytest.mark.parametrize("name", ["1.jpg_large", "2.jpg!d", "3.jpeg-1", "4.img", "5.JPE", "6.jfif"])
def test_pictures_with_odd_endings_are_found(tmp_path: Path, name: str) -> None:
    """The first bytes tell where the ending does not."""
    assert {f"cat/{name}": "cat"} == labels(open_data(folder_of(tmp_path, f"cat/{name}")))


@pytest.mark.parametrize(
    "left",
    [
        "lost+found", "System Volume Information", "$RECYCLE.BIN", "#recycle", "@Recycle",
        ".Trash-1", "@eaDir", ".AppleDouble", "__MACOSX", ".ipynb_checkpoints", "LOST.DIR",
    ],
)  # fmt: skip
def test_what_systems_leave_is_no_class(tmp_path: Path, left: str) -> None:
    """Bins and caches of systems, network drives and programs are passed over."""
    found = open_data(folder_of(tmp_path, "cat/1.png", "dog/2.png", f"{left}/3.png"))
    assert {"cat/1.png": "cat", "dog/2.png": "dog"} == labels(found)


@pytest.mark.usefixtures("without_heic")
@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["IMG_1.HEIC", "IMG_2.HEIC"], "its 2 files (HEIC is not read yet"),
        (["1.weird", "2.weird", "3.weird"], "its 3 files (WEIRD is not read here)"),
        (["only.czi"], "its one file (CZI is not read yet"),
    ],
)
def test_a_class_that_nobody_can_read_is_named(tmp_path: Path, names: list[str], why: str) -> None:
    """It does not vanish: a note names the class, its files and the reason."""
    folder_of(tmp_path, "cat/1.png", "dog/2.png")
    found = open_data(folder_of(tmp_path, *(f"gone/{name}" for name in names), content=b"\0odd"))
    assert {"gone"} == {one.label for one in found.quarantined}
    [note] = [note for note in found.notes if "gone" in note]
    assert note.startswith("Not read: class 'gone' has no picture that can be read: " + why)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    """A folder with nothing in it is no class, and a note says so."""
    found = open_data(folder_of(tmp_path, "cat/1.png", "dog/2.png", "hare/", "fox/cubs/"))
    assert {"cat", "dog"} == set(labels(found).values())
    assert ("Empty, so no class: fox/cubs/, hare/.",) == found.notes


def test_a_bin_is_told_once(tmp_path: Path) -> None:
    """What lies in a bin is not counted again among what lies in no class folder."""
    found = open_data(folder_of(tmp_path, "cat/1.png", "dog/2.png", "unlabeled/3.png"))
    assert ("No label: 1 in unlabeled/; the name says that nobody gave one.",) == found.notes


@pytest.mark.parametrize("names", [["a.weird", "b.weird"], ["a.txt", "b.txt", "c.txt"]])
def test_papers_beside_classes_are_no_class(tmp_path: Path, names: list[str]) -> None:
    """One or two foreign files, or any number of documents, are passed over as before."""
    folder_of(tmp_path, "cat/1.png", "dog/2.png")
    found = open_data(folder_of(tmp_path, *(f"docs/{name}" for name in names), content=b"\0odd"))
    assert () == found.quarantined
    assert not any("docs'" in note for note in found.notes)


def test_the_levels_are_judged_with_the_pictures_that_cannot_be_read(tmp_path: Path) -> None:
    """One class of two in a foreign format: the other's patients do not become the classes."""
    folder_of(tmp_path, *(f"ok/P00{i}/1.png" for i in range(4)))
    found = open_data(folder_of(tmp_path, *(f"sick/P01{i}/1.czi" for i in range(4))))
    assert {"ok"} == set(labels(found).values())
    assert {"sick"} == {one.label for one in found.quarantined}


def test_names_in_upper_case(tmp_path: Path) -> None:
    """Endings count whatever their case."""
    assert 2 == len(open_data(folder_of(tmp_path, "a.JPG", "b.Tiff")))


def test_a_folder_named_like_a_picture_is_a_folder(tmp_path: Path) -> None:
    """A folder `cat.jpg` is a class folder; an empty one is nothing."""
    found = open_data(folder_of(tmp_path, "cat.jpg/1.png", "dog.png/"))
    assert {"cat.jpg/1.png": "cat.jpg"} == labels(found)


def test_links_are_followed_once(tmp_path: Path) -> None:
    """A link to a folder is followed; one that leads in a circle, or twice, is set aside."""
    folder_of(tmp_path, "data/cat/1.png", "elsewhere/2.png")
    data = tmp_path / "data"
    (data / "dog").symlink_to(tmp_path / "elsewhere")
    (data / "cat" / "loop").symlink_to(data)
    (data / "twice").symlink_to(tmp_path / "elsewhere")
    found = open_data(data)
    assert {"cat/1.png": "cat", "dog/2.png": "dog"} == labels(found)
    assert ["cat/loop", "twice"] == [bad.path for bad in found.quarantined]
    assert {"the same folder as one read before, by a link"} == {
        bad.why for bad in found.quarantined
    }


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    """A link to nothing and a link to itself are set aside, each with its reason."""
    folder_of(tmp_path, "a.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    (tmp_path / "self.png").symlink_to(tmp_path / "self.png")
    bad = {one.path: one.why for one in open_data(tmp_path).quarantined}
    assert "a link to nothing" == bad["gone.png"]
    assert "symbolic links" in bad["self.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_pipes_are_set_aside(tmp_path: Path) -> None:
    """A pipe named like a picture is set aside and never waited for."""
    folder_of(tmp_path, "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert [("pipe.png", "not a file")] == [
        (bad.path, bad.why) for bad in open_data(tmp_path).quarantined
    ]


def test_folders_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission is set aside with its reason; at the top it is an error."""
    folder_of(tmp_path, "cat/1.png", "dog/2.png")
    scandir = os.scandir
    closed = {str(tmp_path / "dog")}

    def guarded(place: str) -> object:
        if place in closed:
            raise PermissionError(13, "Permission denied", place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", guarded)
    [bad] = open_data(tmp_path).quarantined
    assert ("dog", "this folder cannot be listed: Permission denied") == (bad.path, bad.why)
    closed.add(str(tmp_path))
    with pytest.raises(DataError, match="cannot be listed"):
        open_data(tmp_path)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    """Names of any bytes can be printed, stored as JSON, and still opened."""
    place = os.fsencode(tmp_path) + b"/cat\xff"
    os.mkdir(place)  # noqa: PTH102  (a name in bytes)
    with open(place + b"/a\x1b[31m\n.png", "wb") as file:  # noqa: PTH123
        file.write(PICTURE)
    [item] = open_data(tmp_path)
    assert "cat\\xff/a\\x1b[31m\\x0a.png" == item.path
    assert "cat\\xff" == item.label
    assert item.path == json.loads(json.dumps(item.path).encode("utf-8"))
    assert PICTURE == item.source.read_bytes()
    assert item.source == tmp_path.resolve() / native(item.path)


def test_groups_from_a_pattern(tmp_path: Path) -> None:
    """A pattern's first group, searched in the relative path, is the item's group."""
    names = ("cat/p1_a.png", "cat/p1_b.png", "dog/p2_a.png", "dog/other.png")
    found = open_data(folder_of(tmp_path, *names), group=r"(p\d+)_")
    assert ["p1", "p1", None, "p2"] == [item.group for item in found]
    assert "1 of 4 paths do not match" in found.notes[-1]


def test_a_pattern_that_is_found_nowhere(tmp_path: Path) -> None:
    """A group that matches no path is an error, not a silent nothing."""
    with pytest.raises(SettingError, match="found nowhere"):
        open_data(folder_of(tmp_path, "a.png"), group="patient")


def test_a_label_column_makes_no_sense_for_a_folder(tmp_path: Path) -> None:
    """A setting that would be ignored is an error."""
    with pytest.raises(SettingError, match="no columns"):
        open_data(folder_of(tmp_path, "a.png"), labels="species")


@pytest.mark.usefixtures("without_heic")
@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "is empty"),
        ((".x.png",), "is empty but for hidden files"),
        (("a.txt", "b.txt"), "holds 2 other files, such as a.txt"),
        (("a.heic",), r"a.heic \(HEIC is not read yet"),
        (("cat/", "dog/"), "is empty"),
    ],
)
def test_no_picture_at_all(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    """A folder without a picture is a four-line error that says what is there instead."""
    with pytest.raises(DataError, match=said) as caught:
        open_data(folder_of(tmp_path, *names))
    assert 4 == len(str(caught.value).splitlines())


def test_data_that_is_not_there(tmp_path: Path) -> None:
    """A missing path is a four-line error that names one that looks alike."""
    (tmp_path / "photos").mkdir()
    with pytest.raises(DataError, match="There is no such data") as caught:
        open_data(tmp_path / "photo")
    assert f"did you mean {tmp_path / 'photos'}?" == caught.value.attempt
    with pytest.raises(DataError, match="There is no such data") as caught:
        open_data(tmp_path / "a" / "b\udcff")
    assert 4 == len(str(caught.value).encode("utf-8").splitlines())


@pytest.mark.parametrize(
    ("name", "attempt"),
    [("a.png", "give its folder"), ("a.zip", "unpack it"), ("a.py", "give a folder")],
)
def test_files_that_are_no_tables(tmp_path: Path, name: str, attempt: str) -> None:
    """A picture, an archive or another file in place of a folder is told apart."""
    with pytest.raises(DataError, match=attempt):
        open_data(folder_of(tmp_path, name) / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_is_no_data(tmp_path: Path) -> None:
    """A pipe given as data is refused, not waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        open_data(tmp_path / "pipe")


def test_tables_are_read_as_tables(tmp_path: Path) -> None:
    """A table beside the pictures gives its own labels and groups."""
    folder_of(tmp_path, "a.png", "b.png")
    (tmp_path / "t.csv").write_text("path,what,who\na.png,cat,x\nb.png,dog,y\n")
    found = open_data(str(tmp_path / "t.csv"), labels="what", group="who")
    assert {"a.png": "cat", "b.png": "dog"} == labels(found)
    assert ["x", "y"] == [item.group for item in found]


@pytest.mark.parametrize("option", ["path", "root", "encoding", "sheet"])
def test_options_of_tables_make_no_sense_for_a_folder(tmp_path: Path, option: str) -> None:
    """Each option that only tables obey is refused for a folder, by its own name."""
    with pytest.raises(SettingError, match=f"--{option} is for tables"):
        open_data(folder_of(tmp_path, "a.png"), **{option: "x"})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("t.gsheet", "a shortcut to a Google sheet, which holds no data"),
        ("t.numbers", "a document of Apple Numbers"),
        ("t.SAV", "an SPSS file"),
    ],
)
def test_tables_of_kinds_that_are_not_read(tmp_path: Path, name: str, kind: str) -> None:
    """Each names what it is and how to get a CSV out of it."""
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(DataError) as caught:
        open_data(tmp_path / name)
    assert f"{name} ({kind})" == caught.value.found
