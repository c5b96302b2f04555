"""The range of a set, from its files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handful.datasets import open_data, survey
from handful.datasets.doctor import doctor
from handful.datasets.index import Index
from handful.datasets.scan import scan
from handful.modalities.image import modality as image
from handful.modalities.image.levels import Levels
from tests.modalities.image.pictures import write


def deep_set(root: Path, values: list[int], *, noise: int = 20) -> Path:
    """One 16-bit picture for each value, which is its brightness."""
    for i, value in enumerate(values):
        grain = np.random.default_rng(i).integers(0, noise, (48, 48))
        write(root / f"{i:03}.png", Image.fromarray((value + grain).astype(np.uint16)))
    return root


def test_a_set_of_eight_bits_has_no_range(tmp_path: Path) -> None:
    """Where no picture is deep there is no range."""
    write(tmp_path / "data" / "a.png")
    with Index(tmp_path) as index:
        assert () == survey.find_shared(open_data(tmp_path / "data").items, index)


def test_the_range_is_the_same_every_time_and_no_file_is_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look gives the same range from what the index kept."""
    items = open_data(deep_set(tmp_path / "data", [100, 3000])).items
    with Index(tmp_path) as index:
        first = survey.find_shared(items, index)

    def must_not_run(*args: object, **options: object) -> None:
        raise AssertionError("a file was read")

    monkeypatch.setattr(image, "examine", must_not_run)
    with Index(tmp_path) as index:
        assert first == survey.find_shared(items, index) == index.shared
    [only] = first
    assert (only.kind, only.low <= 100, only.high >= 3010) == ("integer", True, True)


def test_a_rare_bright_picture_beyond_the_first_look_is_found(tmp_path: Path) -> None:
    """Once one is deep up to 512 are looked at: the one bright among 130 is in the range."""
    items = open_data(deep_set(tmp_path / "data", [100] * 129 + [150])).items
    assert items[-1] not in survey.evenly(items, survey.FIRST)
    with Index(tmp_path) as index:
        [found] = survey.find_shared(items, index)
    assert found.high >= 150


def test_pictures_of_two_brightnesses_are_no_copies(tmp_path: Path) -> None:
    """The same scene dark and bright is one picture when each is stretched, two in one range."""
    scene = np.add.outer(np.arange(64), np.arange(64))
    for name, scale in (("dark", 2), ("bright", 30)):
        write(tmp_path / "data" / f"{name}.png", Image.fromarray((scene * scale).astype(np.uint16)))
    collection = open_data(tmp_path / "data")
    with Index(tmp_path) as index:
        seen = scan(collection, index)
    dark, bright = seen.facts["dark.png"], seen.facts["bright.png"]
    assert max(dark.thumb) < 30 < 230 < max(bright.thumb)


def test_another_range_makes_deep_pictures_unknown(tmp_path: Path) -> None:
    """What was seen in one range is not known in another; 8-bit pictures stay known."""
    write(tmp_path / "data" / "plain.png")
    collection = open_data(deep_set(tmp_path / "data", [100, 3000]))
    with Index(tmp_path) as index:
        scan(collection, index)
        assert 3 == len(index.known(collection.items))
        index.use((Levels("integer", 0.0, 9.0),))
        assert {"plain.png"} == set(index.known(collection.items))


def test_the_doctor_says_what_was_done(tmp_path: Path) -> None:
    """The range stands in a note; a picture far beyond it is named."""
    collection = open_data(deep_set(tmp_path / "data", [100, 200, 300, 400, 500, 600, 60_000]))
    with Index(tmp_path) as index:
        findings = doctor(collection, scan(collection, index))
    said = {one.kind: one for one in findings}
    assert "7 pictures with more than 8 bits: in all of them" in said["deep-pictures"].reason
    assert ("006.png",) == said["beyond-range"].paths
