"""The commands: what they print, where, and how they end."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from handful.cli import main
from tests.samples import write_digits


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `digits` to learn from, and `m.handful` learned from it, with its report."""
    place = tmp_path_factory.mktemp("commands")
    write_digits(place / "digits")
    assert 0 == run("train", place / "digits", "-o", place / "m.handful", "--quiet").exit_code
    return place


def run(*words: object) -> Result:
    """One command in this process."""
    return CliRunner().invoke(main, [str(word) for word in words])


def answer(*words: object) -> Any:
    """The one JSON object that the command leaves on standard output."""
    done = run(*words, "--json")
    assert 0 == done.exit_code, done.output
    return json.loads(done.stdout)


def test_train_prints_what_the_contract_names(place: Path) -> None:
    """`train --json` prints one object with every key of the contract."""
    said = answer("train", place / "digits", "-o", place / "t.handful", "--test", "0.2")
    assert {
        "items", "classes", "quarantined", "encoder", "device", "seconds", "estimate", "test",
        "candidates", "deep", "model", "report",
    } == set(said)  # fmt: skip
    assert {"embed", "fit", "total"} <= set(said["seconds"])
    assert (60, ["digit-0", "digit-1", "digit-7"]) == (said["items"], said["classes"])
    assert said["test"]["n"] + said["estimate"]["n"] == 60
    assert Path(said["model"]).exists()
    assert Path(said["report"]).exists()


def test_train_speaks_to_people_too(place: Path) -> None:
    """Without `--json` the accuracy, the files and the next command are named."""
    done = run("train", place / "digits", "-o", place / "t.handful")
    assert 0 == done.exit_code
    assert re.match(r"Right on .* pictures", done.stdout)
    assert "handful predict" in done.stdout


def test_predict_answers_files_folders_and_broken_files(place: Path) -> None:
    """A folder gives an answer for each picture; a broken one is named and the rest goes on."""
    (place / "broken.png").write_bytes(b"\x89PNG broken")
    said = answer(
        "predict", place / "m.handful", place / "digits" / "digit-7", place / "broken.png"
    )
    assert 21 == len(said)
    assert {"path", "label", "probability", "probabilities", "abstained", "set"} <= set(said[0])
    assert "error" in said[-1]
    assert 15 <= sum(one["label"] == "digit-7" for one in said)
    assert "digit-7" in run("predict", place / "m.handful", place / "digits" / "digit-7").stdout


def test_verify_and_inspect_pass_on_a_good_file(place: Path) -> None:
    """A model that was just saved verifies, and holds nothing of the data."""
    assert answer("verify", place / "m.handful")["ok"] is True
    assert answer("inspect", place / "m.handful")["ok"] is True
    assert 0 == run("inspect", place / "m.handful").exit_code


def test_a_damaged_model_cannot_be_read(place: Path) -> None:
    """A truncated file ends every command with status 2 and four lines."""
    damaged = place / "damaged.handful"
    damaged.write_bytes((place / "m.handful").read_bytes()[:-200])
    for command in ("verify", "predict"):
        words = [place / "broken.png"] if command == "predict" else []
        done = run(command, damaged, *words)
        assert 2 == done.exit_code
        assert done.stderr.startswith("BundleError")
        assert 4 == len(done.stderr.strip().splitlines())


def test_report_finds_the_page_of_its_model(place: Path) -> None:
    """`report` knows the page by what stands in it, not by its name."""
    (place / "report.html").rename(place / "renamed.html")
    assert str(place / "renamed.html") == answer("report", place / "m.handful")["report"]
    (place / "renamed.html").rename(place / "report.html")


def test_doctor_ends_with_1_when_there_are_faults(place: Path, tmp_path: Path) -> None:
    """Clean data ends with 0; an unreadable picture and one under two labels end with 1."""
    assert 0 == run("doctor", place / "digits").exit_code
    bad = write_digits(tmp_path / "bad", per_class=12)
    twin = next((bad / "digit-0").glob("*.png"))
    (bad / "digit-1" / "twin.png").write_bytes(twin.read_bytes())
    (bad / "digit-1" / "empty.png").write_bytes(b"")
    done = run("doctor", bad, "--json")
    said = json.loads(done.stdout)
    assert 1 == done.exit_code
    assert said["faults"] >= 1
    assert any("digit-1/twin.png" in one["paths"] for one in said["findings"])


def test_encoders_lists_the_default() -> None:
    """The default encoder is listed with its licence and size."""
    [first, *_] = answer("encoders", "--no-measure")
    assert ("efficientnet-lite0", "Apache-2.0", 7824) == (
        first["name"], first["licence"], first["dimension"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["train"], "SettingError"),
        (["train", "no-such-folder"], "DataError"),
        (["train", "x", "--coverage", "much"], "SettingError"),
        (["no-such-command"], "SettingError"),
        (["predict", "no.handful", "x.png"], "BundleError"),
        (["train", "x", "--no-such-option"], "SettingError"),
    ],
)
def test_usage_errors_end_with_2_and_at_most_four_lines(words: list[str], name: str) -> None:
    """Whatever the mistake: status 2, a named error, no traceback; as JSON where that was asked."""
    done = run(*words)
    assert 2 == done.exit_code
    assert done.stderr.startswith(name)
    assert len(done.stderr.strip().splitlines()) <= 4
    said = json.loads(run(*words, "--json").stdout)
    assert {"error", "what", "first", "expected", "try"} == set(said)


def test_a_fault_of_our_own_is_four_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is told as one, with how to see more; `HANDFUL_DEBUG` raises it."""
    import handful.items.find

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(handful.items.find, "open_data", fails)
    done = run("train", "x")
    assert 2 == done.exit_code
    assert "a fault in handful itself: ZeroDivisionError: oops" in done.stderr
    monkeypatch.setenv("HANDFUL_DEBUG", "1")
    assert isinstance(run("train", "x").exception, ZeroDivisionError)


def test_ctrl_c_leaves_everything_usable(tmp_path: Path) -> None:
    """Interrupted while embedding: a line says so, status 130, and the next run goes on."""
    folder = write_digits(tmp_path / "digits", per_class=120)
    command = [
        sys.executable,
        "-m",
        "handful",
        "train",
        str(folder),
        "-o",
        str(tmp_path / "m.handful"),
    ]
    running = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    deadline = time.monotonic() + 60
    while not any((folder / ".handful").glob("features/*/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert (130, True) == (running.returncode, "Stopped." in said), said
    assert "Traceback" not in said
    assert 0 == run("train", folder, "-o", tmp_path / "m.handful", "--quiet").exit_code


def test_the_module_is_the_same_program() -> None:
    """`python -m handful --version` answers as `handful --version` does."""
    command = [sys.executable, "-m", "handful", "--version"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == run("--version").stdout.strip()
