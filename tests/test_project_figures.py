"""A project's figures: what flatters is left out and said, from the pictures to the card."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import handful
from tests.samples import write_digits


@pytest.fixture
def parted(tmp_path: Path) -> Path:
    """Fifteen digits of three classes to learn from and five to test on, in folders."""
    digits = write_digits(tmp_path / "all", per_class=20)
    for folder in digits.iterdir():
        for number, path in enumerate(sorted(folder.iterdir())):
            side = tmp_path / "parted" / ("train" if number < 15 else "test") / folder.name
            side.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, side / path.name)
    return tmp_path / "parted"


def test_copies_of_learned_pictures_are_no_test(parted: Path) -> None:
    """Four test pictures that are learned ones in another format are counted and left out."""
    for path in sorted((parted / "train" / "digit-1").iterdir())[:4]:
        with Image.open(path) as image:
            image.save(parted / "test" / "digit-1" / f"{path.stem}.bmp")
    model = handful.open(parted).fit()
    assert model.test is not None
    assert model.test.n == 15
    assert model.warnings == ("4 test items are copies of learned ones: left out of the test.",)
    assert "**Mind:** 4 test items are copies" in model.card
    assert handful.open(parted).fit().estimate.n == 45


def test_a_class_that_only_the_test_has_counts_as_wrong(parted: Path) -> None:
    """Five pictures of a digit that was not learned lower the accuracy, and are named."""
    clean = handful.open(parted).fit().test
    write_digits(parted / "test", classes=(4,), per_class=5)
    model = handful.open(parted).fit()
    assert clean is not None
    assert model.test is not None
    assert model.classes == ("digit-0", "digit-1", "digit-7")
    assert model.test.n == clean.n + 5
    assert model.test.accuracy.value == pytest.approx(clean.accuracy.value * clean.n / 20)
    assert model.test.log_loss == clean.log_loss
    assert model.warnings[0].startswith("5 test items are of class 'digit-4', never learned")


def test_two_labels_on_one_picture_are_said(parted: Path) -> None:
    """A picture in two class folders makes every figure a little untrue."""
    shutil.copy(
        next((parted / "train" / "digit-0").iterdir()), parted / "train" / "digit-7" / "again.png"
    )
    assert "1 item is there more than once" in handful.open(parted).fit().warnings[0]


def series(folder: Path, *, shuffled: bool, timed: int = 0) -> Path:
    """240 pictures in 20 series: each has a pattern of its own and is mostly of one class.

    The first `timed` of them say in their EXIF when they were taken, a minute apart.
    """
    rng = np.random.default_rng(0)
    numbers = rng.permutation(240) if shuffled else np.arange(240)
    for at in range(240):
        one = np.random.default_rng(1000 + at // 12)
        pattern = one.integers(0, 255, (4, 4, 3))
        label = "bad" if (one.random() < 0.5) ^ (rng.random() < 0.1) else "good"
        pixels = np.kron(pattern, np.ones((12, 12, 1))) + rng.normal(0, 40, (48, 48, 3))
        place = folder / label / f"shot{numbers[at]}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        if at < timed:
            exif.get_ifd(0x8769)[0x9003] = f"2024:01:31 {at // 60:02}:{at % 60:02}:00"
            exif[0x8769] = 0
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(place, exif=exif)
    return folder


def test_neighbours_that_betray_the_label_make_the_blocked_figure_lead(tmp_path: Path) -> None:
    """Where a series gives its label away, new series are told far worse, and that leads."""
    project = handful.open(series(tmp_path / "series", shuffled=False))
    model = project.fit()
    blocked = model.blocked
    assert blocked is not None
    assert blocked == project.blocked
    assert blocked.leads
    assert model.estimate.accuracy.value > 0.85
    assert blocked.estimate.accuracy.value < model.estimate.accuracy.value - 0.1
    assert "**On a new series**" in model.card
    saved = model.save(tmp_path / "m.handful")
    assert handful.load(saved).blocked == blocked


def test_the_same_pictures_in_no_order_are_silent(tmp_path: Path) -> None:
    """With shuffled numbers there are no series to be found in the names."""
    model = handful.open(series(tmp_path / "series", shuffled=True)).fit()
    assert model.blocked is None
    assert model.estimate.accuracy.value > 0.85


def test_series_are_found_by_the_time_of_capture(tmp_path: Path) -> None:
    """Names in no order, but most pictures say when they were taken: that order leads, by name."""
    model = handful.open(series(tmp_path / "series", shuffled=True, timed=220)).fit()
    blocked = model.blocked
    assert blocked is not None
    assert blocked.leads
    assert blocked.order == "capture time"
    assert blocked.estimate.n == 220
    assert blocked.estimate.method.endswith("by capture time")
    assert blocked.estimate.accuracy.value < model.estimate.accuracy.value - 0.1
    assert "Neighbours by capture time" in model.card


def test_every_estimate_has_its_baseline(parted: Path) -> None:
    """Always answering the commonest class: by name, of the same items, in JSON too."""
    model = handful.open(parted).fit()
    assert model.test is not None
    assert model.test.baseline is not None
    assert model.test.baseline.accuracy == pytest.approx(1 / 3)
    assert model.test.to_json()["baseline"] == {"label": "digit-0", "accuracy": 1 / 3, "n": 15}
