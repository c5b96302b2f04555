"""The commands: what they print, where, and how they end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from handful.cli import main
from handful.cli.output import Output
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


def test_train_prints_what_the_contract_names(place: Path, tmp_path: Path) -> None:
    """`train --json` prints one object with every key of the contract."""
    said = answer("train", place / "digits", "-o", tmp_path / "t.handful", "--test", "0.2")
    assert {
        "items", "classes", "quarantined", "encoder", "device", "seconds", "estimate", "test",
        "candidates", "deep", "model", "notes", "report", "vanished", "blocked", "warnings",
        "novelty", "levels",
    } == set(said)  # fmt: skip
    assert {"embed", "fit", "total"} <= set(said["seconds"])
    assert (60, ["digit-0", "digit-1", "digit-7"]) == (said["items"], said["classes"])
    assert said["test"]["n"] + said["estimate"]["n"] == 60
    assert [] == said["levels"]
    assert Path(said["model"]).exists()
    assert Path(said["report"]).exists()


def test_train_tells_the_range_of_deep_pictures(tmp_path: Path) -> None:
    """`levels` holds the one black and white that a set of 16-bit pictures is read by."""
    for number in range(8):
        name = tmp_path / "deep" / ("dark", "light")[number % 2] / f"{number}.png"
        name.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(number).integers(1000, 3000, (40, 40)) + 200 * (number % 2)
        values[0, :2] = 1000, 3072
        Image.fromarray(values.astype(np.uint16)).save(name)
    said = answer("train", tmp_path / "deep", "-o", tmp_path / "m.handful")
    ((kind, low, high),) = [tuple(one.values()) for one in said["levels"]]
    assert "integer" == kind
    assert 0 <= low <= 1100 < 2900 <= high <= 3200


def test_train_speaks_to_people_too(place: Path, tmp_path: Path) -> None:
    """Without `--json` the accuracy, the files and the next command are named."""
    done = run("train", place / "digits", "-o", tmp_path / "t.handful")
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


def test_predict_shows_names_as_they_are_and_doubts(place: Path, tmp_path: Path) -> None:
    """Brackets in names are no markup, and in what a picture is unlike the others is said."""
    names = tmp_path / "[red]new"
    names.mkdir()
    Image.new("RGB", (900, 900), "orange").save(names / "[bold]a.png")
    done = run("predict", place / "m.handful", names)
    assert 0 == done.exit_code
    said = "".join(line.split("  ")[0] for line in done.stdout.splitlines())
    assert "[red]new/[bold]a.png" in said
    assert "colour" in done.stdout


def test_predict_ends_with_1_where_nothing_could_be_read(place: Path, tmp_path: Path) -> None:
    """Missing files, pipes, empty names and broken pictures are answered at once, each with why."""
    os.mkfifo(tmp_path / "pipe.png")
    done = run("predict", place / "m.handful", tmp_path / "none.png", tmp_path / "pipe.png", "")
    assert 1 == done.exit_code
    for why in ("there is no such file", "it is a pipe", "an empty name"):
        assert why in " ".join(done.stdout.split())


def test_training_names_what_it_left_out(tmp_path: Path) -> None:
    """Loose pictures, files passed over and files set aside are told, with the reason."""
    folder = write_digits(tmp_path / "digits", per_class=6)
    (folder / "digit-0" / "0000.png").rename(folder / "loose.png")
    (folder / "digit-0" / "notes.xyz").write_text("not a picture")
    (folder / "digit-1" / "cut.png").write_bytes(b"")
    done = run("train", folder, "-o", tmp_path / "m.handful")
    assert "1 of 19 pictures lie in no class folder" in done.stderr
    assert "digit-0/notes.xyz" in done.stderr
    assert "digit-1/cut.png: empty: 0 bytes" in done.stdout
    checked = run("doctor", folder)
    assert "1 of 19 pictures lie in no class folder" in checked.stdout
    assert 2 == len(json.loads(run("doctor", folder, "--json").stdout)["notes"])


def test_what_the_doctor_proposes_can_be_copied(tmp_path: Path) -> None:
    """A finding is never broken into lines within a command, however narrow the terminal."""
    folder = write_digits(tmp_path / "digits", per_class=12)
    for at, picture in enumerate(sorted(folder.glob("*/*.png"))):
        picture.rename(picture.with_name(f"patient_{at // 4}_{at % 4}.png"))
    pattern = re.search(r"--group '(.*)'\.$", run("doctor", folder).stdout, re.MULTILINE)
    assert pattern is not None
    grouped = run("doctor", folder, "--group", pattern[1])
    assert 2 != grouped.exit_code, grouped.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_that_cannot_say_everything(place: Path, encoding: str) -> None:
    """Where the terminal is not UTF-8, signs are escaped, and JSON stays JSON."""
    odd = write_digits(place / f"zwölf → {encoding}", per_class=3)
    (odd / "digit-0").rename(odd / "ноль")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "handful", "doctor", str(odd)]
    spoken = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert b"fault in handful" not in spoken.stderr
    assert b"digit-1" in spoken.stdout
    written = subprocess.run(
        [*command, "--json"], capture_output=True, check=False, env=environment
    )
    assert "ноль" in str(json.loads(written.stdout))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("how", [[], ["--json"]])
def test_an_answer_that_finds_no_room(place: Path, how: list[str]) -> None:
    """A full disk behind standard output is four lines and status 2."""
    command = [sys.executable, "-m", "handful", "doctor", str(place / "digits"), "--quiet", *how]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert 2 == done.returncode
    assert done.stderr.startswith("StoreError: The answer cannot be written.")
    assert 4 == len(done.stderr.strip().splitlines())


def test_a_reader_that_has_gone_is_no_bad_news(place: Path) -> None:
    """`handful inspect | head -1` ends with status 0, and nothing is complained of."""
    command = [sys.executable, "-m", "handful", "inspect", str(place / "m.handful")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.close()
    running.stdout = None
    assert b"" == running.communicate()[1]
    assert 0 == running.returncode


def test_no_command_at_all_shows_the_help() -> None:
    """`handful` alone is answered with the commands, not with an error."""
    done = run()
    assert 2 == done.exit_code
    assert "Error" not in done.stderr
    assert "Start here" in done.stderr


def test_what_may_not_be_read_is_told_in_our_words(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture without permission costs only itself (root may read all, so access is faked)."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert 0 == run("predict", place / "m.handful", place / "digits" / "digit-7").exit_code
    assert 0 == run("verify", place / "m.handful").exit_code


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
        (["train", ""], "DataError"),
        (["train", "x", "--seed", "-1"], "SettingError"),
    ],
)
def test_usage_errors_end_with_2_and_four_lines(words: list[str], name: str) -> None:
    """Whatever the mistake: status 2, a named error, no traceback; as JSON where that was asked."""
    done = run(*words)
    assert 2 == done.exit_code
    assert done.stderr.startswith(name)
    assert 4 == len(done.stderr.strip().splitlines())
    said = json.loads(run(*words, "--json").stdout)
    assert {"error", "what", "found", "expected", "try"} == set(said)


def test_a_fault_of_our_own_is_four_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is told as one, with how to see more; `HANDFUL_DEBUG` raises it."""
    import handful.datasets.find

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(handful.datasets.find, "open_data", fails)
    done = run("train", "x")
    assert 2 == done.exit_code
    assert "A fault in handful itself: ZeroDivisionError: oops" in done.stderr
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
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # a shell's background jobs, and so what they start, ignore the signal
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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


@pytest.mark.parametrize("option", [["--minutes", "2"], ["--turns", "none"], ["--zoom"]])
def test_what_belongs_to_deep_is_not_ignored_without_it(place: Path, option: list[str]) -> None:
    """An option that would do nothing is an error that names it."""
    done = run("train", place / "digits", *option)
    assert done.exit_code == 2
    assert "would have been ignored" in done.stderr
    assert option[0] in done.stderr


def test_progress_in_a_pipe_tells_each_part(capsys: pytest.CaptureFixture) -> None:
    """Quarters of each thing that is done, with the words for it where it has its own."""
    with Output(as_json=False, quiet=False).progress("Looking") as progress:
        assert progress is not None
        for done in (4, 8):
            progress(done, 8, 50.0)
        for done in (2, 4, 8):
            progress(done, 8, 9.0, f"stage5, fold 1: loss {done}")
    assert capsys.readouterr().err.splitlines() == [
        "Looking: 4 of 8, 50 pictures/s",
        "Looking: 8 of 8, 50 pictures/s",
        "stage5, fold 1: loss 2: 2 of 8, 9 pictures/s",
        "stage5, fold 1: loss 4: 4 of 8, 9 pictures/s",
        "stage5, fold 1: loss 8: 8 of 8, 9 pictures/s",
    ]
