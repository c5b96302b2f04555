"""A project over a table: options reach the reader, and no absolute path leaves the machine."""

from pathlib import Path

import pytest

import handful
from handful.bundle.inspect import inspect
from handful.errors import SettingError
from tests.samples import write_digits

SECRET = "ann-klinik"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A table of absolute paths, one of them gone, to pictures in another folder. Windows-1252."""
    pictures = write_digits(tmp_path / SECRET / "archiv", classes=(0, 1), per_class=8)
    lines = ["Übersicht;;", "bild;klasse;original"]
    for place in sorted(pictures.glob("*/*.png")):
        lines.append(f"{place};{place.parent.name};{tmp_path / SECRET / 'roh' / place.stem}")
    lines.append(f"{tmp_path}/{SECRET}/old/gone.png;digit-0;")
    (tmp_path / "tabelle").mkdir()
    table = tmp_path / "tabelle" / "digits.csv"
    table.write_bytes("\r\n".join(lines).encode("cp1252"))
    return table


def test_no_absolute_path_leaves_the_machine(elsewhere: Path, tmp_path: Path) -> None:
    """Model, report, labels and ledger name items by their place below the data folder."""
    project = handful.open(elsewhere, path="bild", labels="klasse", encoding="windows-1252")
    assert 16 == len(project.items)
    assert tmp_path / SECRET / "archiv" == project.root
    project.label({project.items[0].source: "digit-1"}, by="ann")
    model = project.fit().save(tmp_path / "m.handful")
    report = project.review(tmp_path / "r.html")
    labels = project.save_labels(tmp_path / "labels.csv")
    assert inspect(model).ok
    for place in (model, report, labels, *project.folder.rglob("*.sqlite*")):
        assert SECRET.encode() not in place.read_bytes(), place.name
    assert b"digit-0/" in labels.read_bytes()


def test_labels_are_kept_however_the_paths_are_written(elsewhere: Path, tmp_path: Path) -> None:
    """The same pictures named relative to `root` are the same items, so labels stay theirs."""
    options = {"path": "bild", "labels": "klasse"}
    project = handful.open(elsewhere, **options)
    path = project.items[3].path
    project.label({path: "digit-1"}, by="ann")
    text = elsewhere.read_bytes().replace(f"{tmp_path}/{SECRET}/archiv/".encode(), b"")
    elsewhere.write_bytes(text)
    again = handful.open(elsewhere, root=tmp_path / SECRET / "archiv", **options)
    assert "digit-1" == again.labels[path]


@pytest.mark.parametrize("option", ["path", "root", "encoding", "sheet"])
def test_an_option_that_does_not_apply_is_an_error(tmp_path: Path, option: str) -> None:
    """A folder has no columns, encoding or sheets: the option is named."""
    write_digits(tmp_path / "digits", per_class=2)
    with pytest.raises(SettingError, match=f"--{option}"):
        handful.open(tmp_path / "digits", **{option: "x"})
