"""A project: the whole journey from Python."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import handful
from handful.errors import DataError, SettingError, StoreError
from tests.samples import write_digits


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty digits in three classes, embedded by whoever comes first."""
    return write_digits(tmp_path_factory.mktemp("digits"))


def test_the_journey_from_folder_to_file(digits: Path, tmp_path: Path) -> None:
    """Open, fit, save, load: the loaded model gives the live model's answers."""
    project = handful.open(digits)
    model = project.fit()
    assert ("digit-0", "digit-1", "digit-7") == model.classes
    assert 60 == model.estimate.n
    assert model.estimate.accuracy.low > 0.8
    again = handful.load(model.save(tmp_path / "digits.handful"))
    pictures = [item.source for item in project.items[::7]]
    live, loaded = model.predict(pictures), again.predict(pictures)
    assert [one.label for one in live] == [one.label for one in loaded]
    for one, other in zip(live, loaded, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)


def test_labels_are_a_read_only_mapping_by_path(digits: Path) -> None:
    """`labels` maps relative paths to classes and cannot be written."""
    labels = handful.open(digits).labels
    assert 60 == len(labels)
    assert "digit-7" == labels[next(path for path in labels if path.startswith("digit-7/"))]
    with pytest.raises(TypeError):
        labels["digit-0/new.png"] = "digit-1"  # type: ignore[index]


def test_predict_takes_paths_relative_to_the_data(digits: Path) -> None:
    """An Item, its absolute path and its path relative to the folder give one answer."""
    project = handful.open(digits)
    model = project.fit()
    item = project.items[0]
    answers = [
        model.predict(item),
        model.predict(item.source),
        model.predict(item.path, root=digits),
    ]
    assert 1 == len({(one.label, one.probability) for one in answers})


def test_a_test_fraction_is_kept_out_of_learning(digits: Path) -> None:
    """With `test`, both estimates are there and their items add up."""
    model = handful.open(digits, test=0.25).fit()
    assert model.test is not None
    assert 60 == model.estimate.n + model.test.n
    assert model.test.n == pytest.approx(15, abs=3)


def test_a_split_column_is_obeyed(digits: Path) -> None:
    """The table says what to test on; asking for a fraction too is an error."""
    table = digits / "table.csv"
    paths = sorted(path.relative_to(digits).as_posix() for path in digits.glob("digit-*/*.png"))
    rows = [
        f"{path},{path[6]},{'test' if place % 3 == 0 else 'train'}"
        for place, path in enumerate(paths)
    ]
    table.write_text("path,label,split\n" + "\n".join(rows))
    model = handful.open(table).fit()
    assert model.test is not None
    assert (40, 20) == (model.estimate.n, model.test.n)
    with pytest.raises(SettingError, match="already says what to test on"):
        handful.open(table, test=0.2)


def test_a_table_that_tests_on_everything_is_refused(digits: Path) -> None:
    """With nothing left to learn from, that is what is said."""
    table = digits / "all-test.csv"
    paths = [path.relative_to(digits).as_posix() for path in digits.glob("digit-*/*.png")]
    rows = "\n".join(f"{path},{path[6]},test" for path in paths)
    table.write_text(f"path,label,split\n{rows}")
    with pytest.raises(DataError, match="kept aside to test on"):
        handful.open(table).fit()


def test_groups_are_never_parted(digits: Path) -> None:
    """With groups the estimate counts whole groups, and its interval is wider."""
    alone = handful.open(digits).fit().estimate.balanced_accuracy
    grouped = handful.open(digits, group=r"/00\d").fit().estimate.balanced_accuracy
    assert grouped.high - grouped.low > alone.high - alone.low


def test_the_second_run_computes_nothing_and_says_the_same(digits: Path) -> None:
    """Features are kept between runs, and the same data gives the same figures."""
    first = handful.open(digits).fit().estimate.to_json()
    project = handful.open(digits)
    assert first == project.fit().estimate.to_json()
    assert 0 == project.embed().computed


def test_bad_pictures_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    """Empty, truncated and misnamed files are set aside with a reason; learning goes on."""
    folder = write_digits(tmp_path / "digits", per_class=10)
    good = (folder / "digit-0" / "0000.png").read_bytes()
    (folder / "digit-0" / "empty.png").write_bytes(b"")
    (folder / "digit-1" / "half.png").write_bytes(good[: len(good) // 2])
    (folder / "digit-7" / "words.jpg").write_text("no picture")
    project = handful.open(folder)
    model = project.fit()
    named = {one.path for one in project.quarantined}
    assert {"digit-0/empty.png", "digit-1/half.png", "digit-7/words.jpg"} == named
    assert all(one.why for one in project.quarantined)
    assert 30 == model.estimate.n


@pytest.mark.parametrize("classes", [(), (3,)])
def test_what_cannot_be_learned_is_said_in_four_lines(
    tmp_path: Path, classes: tuple[int, ...]
) -> None:
    """No class at all, and one class alone, are DataErrors that say what to do."""
    folder = write_digits(tmp_path / "digits", classes=classes or (1,), per_class=4)
    if not classes:
        for path in list(folder.glob("digit-1/*.png")):
            path.rename(folder / path.name)
        (folder / "digit-1").rmdir()
    with pytest.raises(DataError) as caught:
        handful.open(folder).fit()
    assert 4 == len(str(caught.value).splitlines())


def test_a_class_with_one_item_is_learned_and_not_flattered(tmp_path: Path) -> None:
    """A lone item of a class does not stop the fit, and is not counted as recognised."""
    folder = write_digits(tmp_path / "digits", per_class=8)
    for path in sorted((folder / "digit-7").glob("*.png"))[1:]:
        path.unlink()
    estimate = handful.open(folder).fit().estimate
    assert 17 == estimate.n
    assert 0 == estimate.per_class["digit-7"].recall.value


@pytest.mark.parametrize(
    "setting", [{"test": 25.0}, {"coverage": 0.0}, {"max_error": 1.0}, {"seed": -1}]
)
def test_settings_out_of_range_are_refused(digits: Path, setting: dict[str, float]) -> None:
    """Fractions outside (0, 1), and a seed below 0, are SettingErrors that name themselves."""
    with pytest.raises(SettingError, match=next(iter(setting))):
        handful.open(digits, **setting)  # type: ignore[arg-type]


def test_read_only_data_needs_a_project_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be written beside the data, the error says `--project`; that helps."""
    folder = write_digits(tmp_path / "digits", per_class=5)
    (folder / ".handful").write_text("a file where the folder would be: fails for root too")
    with pytest.raises(StoreError) as caught:
        handful.open(folder).fit()
    assert "--project" in str(caught.value)
    assert 15 == handful.open(folder, project=tmp_path / "elsewhere").fit().estimate.n


def test_a_changed_picture_is_computed_anew(tmp_path: Path) -> None:
    """Only new and changed files are computed."""
    folder = write_digits(tmp_path / "digits", per_class=6)
    handful.open(folder).fit()
    Image.fromarray(np.full((8, 8), 77, np.uint8)).save(folder / "digit-0" / "new.png")
    changed = folder / "digit-1" / "0001.png"
    Image.fromarray(np.eye(8, dtype=np.uint8) * 200).save(changed)
    project = handful.open(folder)
    project.fit()
    assert 2 == project.embed().computed


def test_killed_while_embedding_the_next_run_says_the_same(tmp_path: Path) -> None:
    """SIGKILL in the middle of embedding: the next run goes on and gives the same figures."""
    folder = write_digits(tmp_path / "digits", per_class=60)
    script = (
        f"import handful; handful.open({str(folder)!r}, project={str(tmp_path / 'killed')!r}).fit()"
    )
    store = tmp_path / "killed" / "features"
    for _ in range(3):
        running = subprocess.Popen([sys.executable, "-c", script])
        deadline = time.monotonic() + 60
        while (
            not any(store.glob("**/*")) and running.poll() is None and time.monotonic() < deadline
        ):
            time.sleep(0.01)
        time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
        running.wait()
    after = handful.open(folder, project=tmp_path / "killed").fit()
    clean = handful.open(folder, project=tmp_path / "clean").fit()
    assert clean.estimate.to_json() == after.estimate.to_json()


def test_nothing_but_the_project_folder_is_written(tmp_path: Path) -> None:
    """Fitting leaves the data as it was, but for `.handful`."""
    folder = write_digits(tmp_path / "digits", per_class=5)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    handful.open(folder).fit()
    top = {path.name for path in folder.iterdir()}
    assert {"digit-0", "digit-1", "digit-7", ".handful"} == top
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("digit*/*.png")}


def test_estimates_are_plain_json(digits: Path) -> None:
    """Every figure of an estimate survives JSON, without NaN."""
    text = json.dumps(handful.open(digits).fit().estimate.to_json(), allow_nan=False)
    assert {"value", "low", "high", "confidence", "n", "method"} == set(
        json.loads(text)["accuracy"]
    )


def test_a_project_folder_that_may_not_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told in four lines, with --project (root may read all, so the system is faked)."""
    project = handful.open(write_digits(tmp_path / "digits", per_class=2))

    def refused(*_: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refused)
    with pytest.raises(StoreError, match="--project"):
        _ = project.labels
