"""Folders that can be read in several ways: asked about on a terminal, an error elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import handful
from handful.cli import asking, main
from handful.errors import AmbiguousFoldersError
from tests.datasets.folders.test_layouts import ASKED, folder_of

NAME = "class or place, then days"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Foxes and hares, or places of these names, by day."""
    return folder_of(tmp_path / "data", ASKED[NAME][0])


def test_without_a_terminal_it_is_an_error_that_names_the_options(data: Path) -> None:
    """Exit status 2, both readings, and the option, in JSON as in text."""
    done = CliRunner().invoke(main, ["doctor", str(data), "--json"])
    assert 2 == done.exit_code
    said = json.loads(done.stdout)
    assert "AmbiguousFoldersError" == said["error"]
    assert "class/group: 2 classes (fox 4, hare 4), 2 groups" in said["expected"]
    assert "--folders class/group" in said["try"]
    assert not (data / ".handful").exists()


def test_on_a_terminal_a_person_is_asked_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is taken, and remembered: the next run does not ask."""
    monkeypatch.setattr(asking, "_somebody_is_there", lambda: True)
    done = CliRunner().invoke(main, ["doctor", str(data)], input="1\n")
    assert "Which is meant?" in done.output
    assert "Folders are read as class/group" in done.output
    monkeypatch.setattr(asking, "_somebody_is_there", lambda: False)
    assert {"fox", "hare"} == set(handful.open(data).labels.values())


def test_a_choice_is_remembered_until_auto_forgets_it(data: Path) -> None:
    """`folders=` stays with the project; another replaces it; "auto" looks anew."""
    assert {"fox"} == {handful.open(data, folders="class").items[0].label}
    assert {"fox"} == {handful.open(data).items[0].label}
    assert not handful.open(data, folders="ignore").labels
    assert not handful.open(data).labels
    with pytest.raises(AmbiguousFoldersError):
        handful.open(data, folders="auto")
    with pytest.raises(AmbiguousFoldersError):
        handful.open(data)
    handful.open(data, folders="class/group")
    assert "2031-05-01" == handful.open(data).items[0].group


def test_a_reading_that_is_none_is_not_remembered(data: Path) -> None:
    """What is refused leaves no trace."""
    with pytest.raises(handful.errors.SettingError):
        handful.open(data, folders="kind")
    assert not (data / ".handful").exists()
