"""Building a model and writing it whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from handful.bundle.build import build
from handful.bundle.load import from_bytes, load
from handful.bundle.model import Model
from handful.errors import SettingError, StoreError
from handful.heads.linear import LinearHead
from tests.bundle.conftest import TinyEncoder, tiny_model


def test_the_same_model_gives_the_same_bytes(data: bytes) -> None:
    """Built twice, written twice: byte for byte the same file, and so the same identity."""
    again = tiny_model()
    assert again.to_bytes() == data
    assert again.identity == from_bytes(data).identity


def test_saving_and_loading_changes_nothing(model: Model, tmp_path: Path) -> None:
    """A saved model answers the same, bit for bit, and saves to the same bytes."""
    path = model.save(tmp_path / "new" / "a.handful")
    assert path == tmp_path / "new" / "a.handful"
    loaded = load(path)
    names = sorted(model.contents)
    pictures = [model.contents[name] for name in names if name.startswith("golden/")]
    assert loaded.predict(pictures) == model.predict(pictures)
    assert loaded.save(str(path)) == path
    assert path.read_bytes() == model.to_bytes()
    assert sorted(p.name for p in path.parent.iterdir()) == ["a.handful"]


def test_the_file_has_the_permissions_of_any_new_file(model: Model, tmp_path: Path) -> None:
    """The umask decides who may read it, as with every other file."""
    (tmp_path / "plain").touch()
    path = model.save(tmp_path / "a.handful")
    modes = {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
    assert modes == {stat.S_IMODE(path.stat().st_mode)}


def test_a_full_disk_leaves_what_was_there(
    model: Model, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full the older file stands, nothing is left over, and it is said."""
    path = model.save(tmp_path / "a.handful")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError) as caught:
        model.save(path)
    assert "No space left on device" in caught.value.found
    assert f"{len(data):,} bytes free" in caught.value.expected
    assert [p.name for p in tmp_path.iterdir()] == ["a.handful"]
    assert path.read_bytes() == data


def test_what_is_no_bundle_is_not_replaced(model: Model, tmp_path: Path) -> None:
    """A folder and a photograph stay what they are."""
    (tmp_path / "folder").mkdir()
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff photo")
    for name, words in (("folder", "there is a folder"), ("photo.jpg", "left alone")):
        with pytest.raises(StoreError) as caught:
            model.save(tmp_path / name)
        assert words in caught.value.found
    with pytest.raises(StoreError):
        model.save(photo / "a.handful")
    assert photo.read_bytes() == b"\xff\xd8\xff photo"


def test_an_empty_file_may_be_filled(model: Model, tmp_path: Path) -> None:
    """A file without content, such as mktemp makes, is replaced."""
    (tmp_path / "a.handful").touch()
    assert load(model.save(tmp_path / "a.handful")).classes == model.classes


def test_a_link_stays_a_link(model: Model, tmp_path: Path) -> None:
    """Saving to a link replaces the file behind it."""
    behind = tmp_path / "v1.handful"
    (tmp_path / "current").symlink_to(behind)
    model.save(tmp_path / "current")
    assert (tmp_path / "current").is_symlink()
    assert load(behind).identity == model.identity


def test_a_head_that_does_not_fit_is_refused(model: Model) -> None:
    """The shapes are compared before anything is composed."""
    m = model.manifest
    head = LinearHead(np.zeros((5, 2), np.float32), np.zeros(2, np.float32), ("a", "b"))
    with pytest.raises(SettingError) as caught:
        build(
            TinyEncoder(), head, estimate=m.estimate, thresholds=m.thresholds, data=m.data,
            conditions=m.conditions,
        )  # fmt: skip
    assert "(5, 2)" in caught.value.found


def test_classes_are_sorted_and_two_or_more() -> None:
    """One class, a class twice, and another order are refused."""
    for classes in (("a",), ("a", "a"), ("b", "a")):
        with pytest.raises(SettingError, match="cannot be those of a model"):
            tiny_model(classes)


@pytest.mark.parametrize("name", ["caf\udce9", "a\nb", "a\x1b[2J"])
def test_a_class_that_cannot_be_written_is_named(name: str) -> None:
    """A class name from a file name that is not UTF-8, or with control characters, is refused."""
    with pytest.raises(SettingError) as caught:
        tiny_model(("a", name))
    assert ascii(name) in caught.value.found


def test_figures_that_do_not_exist_are_kept() -> None:
    """A class that was never named has no precision: nan goes through the file as nan."""
    from dataclasses import replace

    from tests.bundle.conftest import estimate

    whole = estimate(("a", "b"))
    nothing = replace(whole.accuracy, value=float("nan"), low=float("nan"), high=float("nan"))
    spoiled = {**whole.per_class, "b": replace(whole.per_class["b"], precision=nothing)}
    saved = tiny_model(("a", "b"), estimate=replace(whole, per_class=spoiled)).to_bytes()
    loaded = from_bytes(saved)
    assert np.isnan(loaded.estimate.per_class["b"].precision.value)
    assert "not measured" in loaded.card
