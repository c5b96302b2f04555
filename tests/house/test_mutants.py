"""The mutants of `make mutants` can still be made, and the runner tells which are noticed."""

from pathlib import Path

import pytest

from tests import mutants
from tests.mutants import FAILED, PASSED, Mutant, is_killed, misplaced, mutated


def test_every_mutant_has_its_place_and_its_tests() -> None:
    """What is replaced stands once in its file, and the tests that must notice exist."""
    assert [] == misplaced()
    gone = Mutant("handful/errors.py", "no such text", "", "tests/test_errors.py")
    untested = Mutant(
        "handful/errors.py", "from __future__", "", "tests/test_errors.py::test_none_such"
    )
    assert [gone.file, untested.file] == misplaced([gone, untested])
    with pytest.raises(ValueError, match="0 times"):
        mutated("text", gone)


@pytest.mark.parametrize(("status", "killed"), [(FAILED, True), (PASSED, False)])
def test_a_mutant_is_killed_by_tests_that_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, killed: bool
) -> None:
    """The tests see the fault, and afterwards the file is as it was."""
    file = tmp_path / "a.py"
    file.write_text("x = 1\n")
    seen = []

    def run(_: Path, __: str) -> int:
        seen.append(file.read_text())
        return status

    monkeypatch.setattr(mutants, "run", run)
    assert killed == is_killed(tmp_path, Mutant("a.py", "x = 1", "x = 2", "t.py"))
    assert ["x = 2\n"] == seen
    assert file.read_text() == "x = 1\n"


def test_tests_that_cannot_run_kill_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that stops the tests from being collected is an error, not a success."""
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(mutants, "run", lambda *_: 2)
    with pytest.raises(RuntimeError, match="could not run"):
        is_killed(tmp_path, Mutant("a.py", "x = 1", "x = 2", "t.py"))
