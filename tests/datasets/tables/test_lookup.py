"""Paths as people really have them: which file each means, by which rule; nothing is guessed."""

import os
import unicodedata
from pathlib import Path

import pytest

from handful.datasets.tables import lookup
from handful.errors import DataError, SettingError
from tests.datasets.conftest import Made, Read

NAMES = ("cat/1.png", "cat/2.png", "dog/3.png")


def paths(found: object) -> list[str]:
    """The paths of all items."""
    return [item.path for item in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("{0}", ""),
        ("./{0}", ""),
        ("{root}/{0}", "by absolute paths"),
        ("file://{root}/{0}", "as file:// addresses"),
        ("C:\\Users\\ann\\data\\{0}", "by their names in other folders"),
        ("\\\\server\\share\\data\\{0}", "by their names in other folders"),
        ("/home/ann/export/{0}", "by their names in other folders"),
        ("s3://bucket/run 7/{0}", "by their names in other folders"),
        ("https://host.example/x/{0}?size=1", "by their names in other folders"),
        ("data/{0}", "above the table's"),
        ("  {0}  ", ""),
        ("'{0}'", "without quotation marks"),
        ("{stem}", "without their ending"),
        ("{upper}", "in other case"),
        (".\\{back}", "with / for \\"),
        ("{tif}", "with another ending"),
    ],
)
def test_every_row_is_found_and_it_is_said_how(
    pictures: Made, read: Read, cell: str, said: str
) -> None:
    """One way to write paths after the other leads to the same three items, with a note."""
    root = pictures(*NAMES)
    rows = [
        cell.format(
            name,
            root=root,
            stem=name.removesuffix(".png"),
            upper=name.upper(),
            back=name.replace("/", "\\"),
            tif=name.replace(".png", ".tif"),
        )
        for name in NAMES
    ]
    found = read(root, "path,label\n" + "".join(f"{row},x\n" for row in rows))
    assert list(NAMES) == paths(found)
    assert all(item.source.is_file() for item in found)
    assert all(one.source == root / one.path for one in found)
    assert found.quarantined == ()
    assert any(said in note for note in found.notes) if said else found.notes == ()


def test_the_note_counts(pictures: Made, read: Read) -> None:
    """The note names how many of how many were found by a rule, and one of them."""
    root = pictures("IMG_1.PNG", "IMG_2.PNG", "c.png")
    found = read(root, "path\nimg_1.png\nimg_2.png\nc.png\n")
    assert "2 of 3 pictures were found in other case: img_1.png is data/IMG_1.PNG." in found.notes


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_either_unicode_form_is_found(pictures: Made, read: Read, form: str) -> None:
    """A name with an accent is found, whichever form the table or the disk has."""
    other = "NFD" if form == "NFC" else "NFC"
    root = pictures(unicodedata.normalize(form, "Bär/é.png"))
    found = read(root, f"path,label\n{unicodedata.normalize(other, 'Bär/é.png')},x\n")
    assert 1 == len(found)
    assert any("in another Unicode form" in note for note in found.notes)


def test_percent_codes_are_read_only_where_the_name_itself_is_not_there(
    pictures: Made, read: Read
) -> None:
    """`a%20b.png` is the file of that very name if there is one, else `a b.png`."""
    root = pictures("a b.png", "c%20d.png", "c d.png")
    assert ["a b.png", "c%20d.png"] == paths(read(root, "path\na%20b.png\nc%20d.png\n"))


def test_absolute_paths_elsewhere_make_their_folder_the_root(
    pictures: Made, read: Read, tmp_path: Path
) -> None:
    """Pictures outside of the table's folder: items are named below the folder around them."""
    root = pictures(*NAMES)
    (tmp_path / "tables").mkdir()
    text = "path,label\n" + "".join(f"{root / name},x\n" for name in NAMES)
    found = read(tmp_path / "tables", text)
    assert list(NAMES) == paths(found)
    assert root == found.root
    assert not any(str(tmp_path) in note for note in found.notes)


def test_missing_absolute_paths_are_told_by_their_end(pictures: Made, read: Read) -> None:
    """What is set aside may stand in a report, so no folder above the data is named in it."""
    root = pictures("a.png")
    found = read(root, "path\na.png\n/home/ann/secret/run/b.png\n")
    [bad] = found.quarantined
    assert "…/run/b.png" == bad.path
    assert "table.csv, line 3: no such file" == bad.why
    assert "1 of 2 pictures that the table names is not there; they are set aside." in found.notes


def test_root_chooses(pictures: Made, read: Read, tmp_path: Path) -> None:
    """`--root` is where relative paths start, and the only folder that names are looked for in."""
    pictures(*NAMES, below="old")
    new = pictures(*NAMES, below="new")
    text = "path\n" + "".join(f"{name}\n" for name in NAMES)
    found = read(tmp_path, text, root=new)
    assert list(NAMES) == paths(found)
    assert found.root == new
    with pytest.raises(SettingError, match="not there"):
        read(tmp_path, text, root=tmp_path / "gone")


def test_bare_names_are_found_in_their_folders(pictures: Made, read: Read) -> None:
    """Names without folders may lie in any folder below, as long as each is there once."""
    root = pictures("cat/1.png", "dog/2.png")
    assert ["cat/1.png", "dog/2.png"] == paths(read(root, "path,label\n1,x\n2,x\n"))


def test_the_folder_above_is_looked_through(pictures: Made, read: Read, tmp_path: Path) -> None:
    """A table in `annotations/` beside `images/` finds the pictures by their names."""
    root = pictures("1.png", "2.png", below="set/images")
    (tmp_path / "set" / "annotations").mkdir()
    found = read(tmp_path / "set" / "annotations", "path\n1.png\n2.png\n")
    assert ["1.png", "2.png"] == paths(found)
    assert found.root == root
    assert any(
        "2 of these lie outside the table's folder, in ../images/;" in n for n in found.notes
    )


def test_the_folder_above_is_left_alone_where_it_is_large(
    pictures: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more files than are looked through none is taken, since another may have its name."""
    monkeypatch.setattr(lookup, "MOST_FILES_ABOVE", 2)
    pictures("1.png", "2.png", "3.png", below="set/images")
    (tmp_path / "set" / "annotations").mkdir()
    looked = lookup.Finder(tmp_path / "set" / "annotations" / "t.csv").look_up(["1.png", "2.png"])
    assert {} == looked.found
    assert {"no such file"} == set(looked.missing.values())
    assert any("more than 2 files below set/" in note for note in looked.notes)


@pytest.mark.parametrize("home", ["set", "set/ann"])
def test_the_folder_above_is_left_alone_where_it_holds_a_home(
    pictures: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    """Neither a home folder nor the folder of all homes is looked through."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path / home)
    pictures("1.png", below="set/images")
    (tmp_path / "set" / "annotations").mkdir()
    looked = lookup.Finder(tmp_path / "set" / "annotations" / "t.csv").look_up(["1.png"])
    assert {} == looked.found


def test_two_files_of_one_name_are_not_guessed(pictures: Made, read: Read) -> None:
    """Which of two files is meant is not known: both are named, and the rest goes on."""
    root = pictures("a/1.png", "b/1.png", "b/2.png")
    found = read(root, "path\n1.png\n2.png\n")
    # The second lies in b/ alone, so the first is taken from there too.
    assert ["b/1.png", "b/2.png"] == paths(found)
    root = pictures("a/1.png", "b/1.png", "a/2.png", "b/2.png", "c/3.png", "b/3.png", below="two")
    with pytest.raises(DataError) as caught:
        read(root, "path\n1.png\n2.png\n")
    assert "2 files could be meant: a/1.png and b/1.png" in caught.value.found
    assert "--root" in caught.value.attempt


@pytest.mark.skipif(os.name == "nt", reason="names there have no case")
def test_two_spellings_on_the_disk_are_not_guessed(pictures: Made, read: Read) -> None:
    """`A.PNG` may be `A.png` or `a.png` where both are there."""
    root = pictures("A.png", "a.png", "b.png")
    found = read(root, "path\nA.PNG\nb.png\n")
    assert ["b.png"] == paths(found)
    assert "2 files could be meant" in found.quarantined[0].why


def test_a_missing_picture_is_not_taken_from_another_folder(pictures: Made, read: Read) -> None:
    """Where other pictures of a folder are there, one that is missing is missing."""
    root = pictures("images/1.png", "masks/1.png", "masks/2.png")
    found = read(root, "path\nimages/1.png\nimages/2.png\n")
    assert ["images/1.png"] == paths(found)
    assert "no such file" in found.quarantined[0].why


def test_a_training_picture_is_not_taken_from_the_test_folder(pictures: Made, read: Read) -> None:
    """Files of one part are never found under the name of another part."""
    root = pictures("test/1.png")
    with pytest.raises(DataError, match="is there"):
        read(root, "path\ntrain/1.png\n")


def test_the_name_of_the_table_says_the_part(pictures: Made, read: Read) -> None:
    """Of two files of one name that of the training folder is meant in `train_labels.csv`."""
    root = pictures("train/1.png", "test/1.png")
    assert ["train/1.png"] == paths(read(root, "path\n1.png\n", "train_labels.csv"))
    assert ["test/1.png"] == paths(read(root, "path\n1.png\n", "test.csv"))
    with pytest.raises(DataError):
        read(root, "path\n1.png\n", "all.csv")


def test_two_rows_do_not_share_a_file_by_name(pictures: Made, read: Read) -> None:
    """Two paths that differ are two pictures: none takes the other's file."""
    root = pictures("1.png", "z.png")
    found = read(root, "path,label\n/x/a/1.png,cat\n/x/b/1.png,dog\nz.png,cat\n")
    assert ["z.png"] == paths(found)
    assert ["another row's too" in bad.why for bad in found.quarantined] == [True, True]


def test_zeros_that_a_spreadsheet_dropped(pictures: Made, read: Read) -> None:
    """`12` and `12.0` are `00012.png`, if no file is nearer."""
    root = pictures("00012.png", "00013.png")
    found = read(root, "path\n12\n13.0\n")
    assert ["00012.png", "00013.png"] == paths(found)
    assert any("zeros" in note for note in found.notes)


def test_links_are_followed_where_the_folder_is_reached_by_another_way(
    pictures: Made, read: Read, tmp_path: Path
) -> None:
    """An absolute path through a linked folder is the same item as one through the real folder."""
    root = pictures(*NAMES)
    (tmp_path / "link").symlink_to(root)
    found = read(root, f"path\n{tmp_path}/link/cat/1.png\ncat/1.png\n")
    assert ["cat/1.png"] == paths(found)


def test_nothing_found_says_what_was_tried(pictures: Made, read: Read) -> None:
    """The error names the first path, how many were found below which folder, and the way out."""
    root = pictures("z.png")
    with pytest.raises(DataError) as caught:
        read(root, "path\n/home/ann/a.png\n/home/ann/b.png\n")
    assert str(caught.value) == (
        "None of the 2 pictures that the table names is there.\n"
        f"  found:    /home/ann/a.png (no such file); 0 of 2 found below {root} by name"
        f" and {root.parent} by name\n"
        "  expected: paths that are absolute, or start from the table's own folder or --root\n"
        "  try:      --root DIR names the folder that holds the pictures"
    )
