"""A scan looks at what is new, sets aside what cannot be read, and can be broken off."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from handful.datasets import open_data
from handful.datasets.index import Index
from handful.datasets.scan import Progress, Scan, scan
from handful.items.item import Collection, Quarantined
from handful.modalities.image import modality as image
from handful.modalities.image.facts import examine
from tests.modalities.image.pictures import scene, write


@pytest.fixture
def data(tmp_path: Path) -> Collection:
    """Twelve pictures, of which one is damaged and one is a note that was set aside before."""
    for i in range(12):
        write(tmp_path / "data" / f"{i:02}.png", scene(32, 24, seed=i))
    (tmp_path / "data" / "05.png").write_bytes(b"no picture")
    found = open_data(tmp_path / "data")
    return replace(found, quarantined=(Quarantined("00a.heic", "HEIC is not read yet"),))


def scanned(data: Collection, tmp_path: Path, progress: Progress | None = None) -> Scan:
    """A scan with the index of this test."""
    with Index(tmp_path / "p") as index:
        return scan(data, index, progress=progress)


def test_everything_is_seen_once(data: Collection, tmp_path: Path) -> None:
    """Each readable item has the fingerprint that a single look gives, in the items' order."""
    found = scanned(data, tmp_path)
    assert [item.path for item in data if item.path != "05.png"] == list(found.facts)
    for item in data:
        if item.path != "05.png":
            assert examine(item)[0] == found.facts[item.path]


def test_the_unreadable_is_set_aside(data: Collection, tmp_path: Path) -> None:
    """What cannot be decoded joins what was set aside before, sorted by path."""
    expected = (
        Quarantined("00a.heic", "HEIC is not read yet"),
        Quarantined("05.png", "not a picture: it is text"),
    )
    assert expected == scanned(data, tmp_path).quarantined
    assert expected == scanned(data, tmp_path).quarantined


def test_a_second_scan_reads_nothing(
    data: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no file changed none is opened, and the answer is the same."""
    first = scanned(data, tmp_path)

    def must_not_run(*args: object, **options: object) -> None:
        raise AssertionError("a file was read")

    monkeypatch.setattr(image, "examine", must_not_run)
    assert first == scanned(data, tmp_path)


def test_only_what_changed_is_read(
    data: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One new and one changed file are looked at, and nothing else."""
    scanned(data, tmp_path)
    write(data.root / "03.png", scene(40, 40, seed=50))
    write(data.root / "new.png", scene(40, 40, seed=51))
    looked = []

    def noted(item: object, **options: object) -> object:
        looked.append(item.path)
        return examine(item, **options)

    monkeypatch.setattr(image, "examine", noted)
    scanned(open_data(data.root), tmp_path)
    assert ["03.png", "new.png"] == sorted(looked)


def test_progress_counts_to_the_end(data: Collection, tmp_path: Path) -> None:
    """Progress starts with what is known and ends with all, one by one."""
    told: list[tuple[int, int]] = []
    scanned(data, tmp_path, lambda done, total: told.append((done, total)))
    assert [(i, 12) for i in range(13)] == told
    told.clear()
    scanned(data, tmp_path, lambda done, total: told.append((done, total)))
    assert [(12, 12)] == told


def test_a_scan_can_be_broken_off(data: Collection, tmp_path: Path) -> None:
    """After Ctrl-C what was seen is kept, and the next scan goes on from there."""

    def interrupt(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scanned(data, tmp_path, interrupt)
    told: list[int] = []
    complete = scanned(data, tmp_path, lambda done, _: told.append(done))
    assert 4 == told[0]
    assert 11 == len(complete.facts)


def test_files_that_vanish_are_set_aside(data: Collection, tmp_path: Path) -> None:
    """A file that is gone between finding and reading is set aside, and found again later."""
    content = (data.root / "02.png").read_bytes()
    (data.root / "02.png").unlink()
    gone = scanned(data, tmp_path)
    assert Quarantined("02.png", "there is no such file") in gone.quarantined
    (data.root / "02.png").write_bytes(content)
    assert "02.png" in scanned(data, tmp_path).facts


def test_denied_files_are_tried_again(
    data: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without permission is set aside now and read as soon as it may be (as root, too)."""
    real = os.open

    def guarded(path: object, *args: object) -> int:
        if str(path).endswith("02.png"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args)

    monkeypatch.setattr(os, "open", guarded)
    denied = scanned(data, tmp_path)
    assert Quarantined("02.png", "no permission to read it") in denied.quarantined
    monkeypatch.undo()
    assert "02.png" in scanned(data, tmp_path).facts


def test_notes_of_the_index_are_told(data: Collection, tmp_path: Path) -> None:
    """That the index was damaged is handed on."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "index.sqlite").write_bytes(b"rubbish" * 1000)
    notes: Sequence[str] = scanned(data, tmp_path).notes
    assert "was damaged" in notes[0]


def test_nothing_to_scan(tmp_path: Path) -> None:
    """No items give an empty scan."""
    assert Scan({}) == scanned(Collection(tmp_path, ()), tmp_path)
