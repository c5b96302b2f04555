"""Places that a command will write to."""

from pathlib import Path

import pytest

from handful.cli.places import check_model, check_report
from handful.errors import StoreError


def test_what_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    """A table in the place of a model, a page in that of a report; the files stay as they are."""
    for check, name, content in (
        (check_model, "labels.csv", b"path,label\n"),
        (check_report, "thesis.html", b"<!doctype html><title>Thesis</title>"),
    ):
        place = tmp_path / name
        place.write_bytes(content)
        with pytest.raises(StoreError, match="of another kind"):
            check(place)
        assert place.read_bytes() == content


def test_its_own_files_may_be_replaced(tmp_path: Path) -> None:
    """A model, a report and an empty file."""
    model, page, empty = (tmp_path / name for name in ("a.handful", "a.html", "b.html"))
    model.write_bytes(b"PK\x03\x04rest")
    page.write_bytes(b'<!doctype html><meta name="generator" content="handful">')
    empty.touch()
    assert [check_model(model), check_report(page), check_report(empty)] == [model, page, empty]


def test_folders_on_the_way_will_be_made_and_nothing_is_made_now(tmp_path: Path) -> None:
    """Asking leaves no trace."""
    assert check_model(tmp_path / "new" / "er" / "a.handful").name == "a.handful"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder of that name, a file in place of its folder, a folder that takes no files."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "file").touch()
    for place, why in (
        (tmp_path / "photos", "there is a folder of that name"),
        (tmp_path / "file" / "a.handful", "file is no folder"),
        (Path("/proc/a.handful"), "its folder cannot be written"),
        (Path("/dev/null"), "there is something that is no file"),
    ):
        with pytest.raises(StoreError, match=why):
            check_model(place)
