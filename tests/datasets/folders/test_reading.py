"""The readings that `--folders` can choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from handful.datasets import open_data
from handful.datasets.folder import read_folder
from handful.errors import SettingError
from tests.datasets.folders.test_layouts import folder_of, tree


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        ("class", ("cat", None, None)),
        ("class/class", ("cat/a", None, None)),
        ("class/group", ("cat", "a", None)),
        ("group/class", ("a", "cat", None)),
        ("ignore/class", ("a", None, None)),
        ("Class / Ignore/", ("cat", None, None)),
        ("ignore", (None, None, None)),
        ("group/group", (None, "cat/a", None)),
    ],
)
def test_each_level_means_what_was_said(
    folders: str, expected: tuple[str | None, ...], tmp_path: Path
) -> None:
    """A word for each level, from the top; several of one kind are joined."""
    folder_of(tmp_path, ["cat/a/1.png", "dog/b/2.png"])
    item = read_folder(tmp_path, folders=folders).items[0]
    assert expected == (item.label, item.group, item.split)


def test_a_split_with_classes_and_groups(tmp_path: Path) -> None:
    """Three levels, named one by one."""
    folder_of(tmp_path, ["trn/cat/a/1.png", "tst/cat/b/2.png", "other/cat/c/3.png"])
    found = read_folder(tmp_path, folders="split/class/group")
    assert [(None, "c", None), ("cat", "a", "train"), ("cat", "b", "test")] == [
        (item.label, item.group, item.split) for item in found
    ]


def test_a_wrapper_is_counted_only_if_it_is_named(tmp_path: Path) -> None:
    """Levels begin below a folder around all others, unless there are as many words as levels."""
    folder_of(tmp_path, ["all/cat/1.png", "all/dog/2.png"])
    assert ["cat", "dog"] == [item.label for item in read_folder(tmp_path, folders="class")]
    named = read_folder(tmp_path, folders="ignore/class")
    assert ["cat", "dog"] == [item.label for item in named]


@pytest.mark.parametrize("folders", ["classes", "", "class//group", "split/split"])
def test_what_is_no_reading_is_refused(folders: str, tmp_path: Path) -> None:
    """A word that means nothing is an error that lists those that do."""
    folder_of(tmp_path, tree(["cat"]))
    with pytest.raises(SettingError) as caught:
        read_folder(tmp_path, folders=folders)
    assert "class" in str(caught.value)


def test_a_table_has_no_folders(tmp_path: Path) -> None:
    """With a table the option would be ignored, so it is refused."""
    folder_of(tmp_path, ["a.png"])
    (tmp_path / "t.csv").write_text("path,label\na.png,cat\n")
    with pytest.raises(SettingError, match="Only a folder's levels"):
        open_data(tmp_path / "t.csv", folders="class")
