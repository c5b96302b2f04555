"""Twenty ways in which people lay out their pictures: each is read rightly, or asked about."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from handful.datasets.folder import read_folder
from handful.errors import AmbiguousFoldersError
from tests.modalities.image.pictures import encoded, scene

PICTURE = encoded(scene(16, 12))
Said = set[tuple[str | None, str | None, str | None]]


def tree(*levels: list[str], each: int = 2) -> list[str]:
    """Pictures in every combination of the folders of each level."""
    return ["/".join((*way, f"{i}.png")) for way in product(*levels) for i in range(each)]


def folder_of(root: Path, paths: list[str]) -> Path:
    """Pictures at these paths."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(PICTURE)
    return root


def said(
    classes: list[str | None],
    groups: list[str | None] = [None],  # noqa: B006  (never changed)
    splits: list[str | None] = [None],  # noqa: B006
) -> Said:
    """Every combination of class, group and side of the split."""
    return set(product(classes, groups, splits))


NOTHING: Said = {(None, None, None)}
PATIENTS = ["P001", "P002", "P003", "P004"]
DAYS = ["2031-05-01", "2031-05-02"]
PETS = ["cat", "dog"]
DIGITS = [str(i) for i in range(10)]
SYNSETS = ["n01440764", "n01443537"]
SITES = ["site_1", "site_2", "site_3"]
SIDES = ["train", "test"]

READ = {
    "class": (tree(PETS), said(PETS)),
    "numbered classes": (tree(DIGITS), said(DIGITS)),
    "classes of a benchmark": (tree(SYNSETS), said(SYNSETS)),
    "class/patient": (tree(PETS, PATIENTS), said(PETS, PATIENTS)),
    "patient/class": (tree(PATIENTS, PETS), said(PETS, PATIENTS)),
    "number/0|1": (
        tree(["10253", "10254", "10255"], ["0", "1"]),
        said(["0", "1"], ["10253", "10254", "10255"]),
    ),
    "class/number": (tree(PETS, ["1", "2", "3"]), said(PETS, ["1", "2", "3"])),
    "place/day": (
        tree(["creek", "ridge"], DAYS),
        said([None], [f"{place}/{day}" for place in ("creek", "ridge") for day in DAYS]),
    ),
    "day": (tree(DAYS), said([None], DAYS)),
    "day/class": (tree(DAYS, PETS), said(PETS, DAYS)),
    "camera's card": (tree(["DCIM"], ["100RECNX"]), NOTHING),
    "two folders of a camera": (tree(["DCIM"], ["100MEDIA", "101MEDIA"]), NOTHING),
    "sites": (tree(SITES), said([None], SITES)),
    "bin beside classes": (tree([*PETS, "unlabeled"]), said([*PETS, None])),
    "raw": (tree(["raw"]), NOTHING),
    "images": (tree(["images"]), NOTHING),
    "pictures and masks": (tree(["images", "masks"]), NOTHING),
    "training_set/class": (
        tree(["training_set", "test_set"], PETS),
        said(PETS, splits=SIDES),
    ),
    "class/train": (tree(PETS, SIDES), said(PETS, splits=SIDES)),
    "split and a stray folder": (
        [*tree(["train", "val", "test"], PETS, each=10), "docs/logo.png"],
        said(PETS, splits=SIDES) | NOTHING,
    ),
    "split and a bin": (
        tree(SIDES, PETS) + tree(["unlabeled"]),
        said(PETS, splits=SIDES) | NOTHING,
    ),
    "split/class/patient": (
        tree(["train"], PETS, PATIENTS[:2]) + tree(["test"], PETS, PATIENTS[2:]),
        said(PETS, PATIENTS[:2], ["train"]) | said(PETS, PATIENTS[2:], ["test"]),
    ),
    "patient/class/series": (
        tree(PATIENTS, PETS, ["series_1", "series_2"]),
        said(PETS, PATIENTS),
    ),
    "classes of a driver": (tree([f"c{i}" for i in range(10)]), said([f"c{i}" for i in range(10)])),
    "images of each class": (tree(PETS, ["images", "masks"]), said(PETS)),
    "classes in raw": (tree(["raw"], PETS), said(PETS)),
    "uneven classes": (
        ["cat/tabby/1.png", "cat/2.png", "dog/3.png"],
        said(["cat/tabby", "cat", "dog"]),
    ),
    "new beside old": (tree(["new", "old"]), said(["new", "old"])),
}

ASKED = {
    "class or place, then days": (tree(["fox", "hare"], DAYS), ["class/group", "group/group"]),
    "two words, repeated": (
        tree(PETS, ["indoors", "outdoors"]),
        ["group/class", "class/group"],
    ),
    "two words, each once": (
        tree(["cat"], ["tabby", "siamese"]) + tree(["dog"], ["poodle", "boxer"]),
        ["class/group", "class/class"],
    ),
    "years": (tree(["2019", "2020"]), ["class", "group"]),
    "patients alone": (tree(PATIENTS), ["class", "group"]),
}


@pytest.mark.parametrize("name", READ)
def test_a_plain_layout_is_read(name: str, tmp_path: Path) -> None:
    """Class, group and side of the split of every picture are what a person would say."""
    paths, expected = READ[name]
    found = read_folder(folder_of(tmp_path, paths))
    assert expected == {(item.label, item.group, item.split) for item in found}
    assert len(paths) == len(found)


@pytest.mark.parametrize("name", ASKED)
def test_what_is_not_plain_is_asked_about(name: str, tmp_path: Path) -> None:
    """Two readings with what each makes of the pictures, and the option that chooses."""
    paths, expected = ASKED[name]
    folder_of(tmp_path, paths)
    with pytest.raises(AmbiguousFoldersError) as caught:
        read_folder(tmp_path)
    assert expected == [reading for reading, _ in caught.value.readings]
    assert f"--folders {expected[0]} or --folders {expected[1]}" in caught.value.attempt
    assert 4 == len(str(caught.value).splitlines())
    for reading, told in caught.value.readings:
        assert f"Folders are read as {told}." == read_folder(tmp_path, folders=reading).notes[0]


@pytest.mark.parametrize("name", ["class", "class/patient", "place/day", "bin beside classes"])
def test_a_folder_around_it_changes_nothing(name: str, tmp_path: Path) -> None:
    """The same layout inside one folder more is read alike."""
    paths, expected = READ[name]
    found = read_folder(folder_of(tmp_path, [f"archive/{path}" for path in paths]))
    assert expected == {(item.label, item.group, item.split) for item in found}
