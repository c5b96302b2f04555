"""The exam in the ledger: sealed answers, what counts, undo, and older ledgers."""

import sqlite3
from pathlib import Path

import pytest

from handful.errors import SettingError
from handful.labels import store
from handful.labels.event import Mark
from handful.labels.exam import Exam
from handful.labels.ledger import Ledger

SAID = {"1.png": (0.9, 0.1), "2.png": (0.2, 0.8)}
EXAM = Exam(0, "ab" * 32, ("cat", "dog"), SAID)


def version(path: Path) -> int:
    """Of the ledger's file."""
    connection = sqlite3.connect(path)
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(found)


def begun(path: Path) -> Ledger:
    """A ledger with three reserved items and an exam about two of them."""
    ledger = Ledger(path)
    ledger.reserve(["1.png", "2.png", "3.png"], seed=0, population=9)
    ledger.label({"9.png": "cat"}, by="ann")
    ledger.begin_exam(EXAM, by="ann")
    return ledger


def answer(ledger: Ledger, item: str, label: str, source: str = "exam", by: str = "ann") -> None:
    """One answer; empty: unsure."""
    kind = "label" if label else "unsure"
    ledger.record([Mark(item=item, label=label, kind=kind, source=source)], by=by)  # type: ignore[arg-type]


def test_what_was_sealed_is_there_after_a_restart(tmp_path: Path) -> None:
    """Model, classes, items in order and probabilities come back as they were written."""
    begun(tmp_path / "ledger.sqlite").close()
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        (exam,) = ledger.state.exams
        assert (EXAM.model, EXAM.classes, ["1.png", "2.png"], SAID) == (
            exam.model,
            exam.classes,
            list(exam.items),
            exam.said,
        )
        assert frozenset(SAID) == ledger.state.sitting


def test_only_answers_to_the_exam_count(tmp_path: Path) -> None:
    """Neither a lasso before it nor a correction after it is part of an exam; undo reopens it."""
    with begun(tmp_path / "ledger.sqlite") as ledger:
        answer(ledger, "1.png", "dog", "lasso")
        exam = ledger.state.exams[0]
        assert {} == ledger.state.exam_answers(exam)
        answer(ledger, "1.png", "cat")
        answer(ledger, "2.png", "")
        assert {"1.png": "cat", "2.png": None} == ledger.state.exam_answers(exam)
        assert (True, frozenset()) == (ledger.state.is_over(exam), ledger.state.sitting)
        answer(ledger, "1.png", "dog", "audit")
        assert "cat" == ledger.state.exam_answers(exam)["1.png"]
        ledger.undo(by="ann")
        ledger.undo(by="ann")
        assert {"1.png": "cat"} == ledger.state.exam_answers(exam)
        assert frozenset(SAID) == ledger.state.sitting
        ledger.redo(by="ann")
        assert ledger.state.is_over(exam)


def test_taking_an_answer_back_reopens_the_question(tmp_path: Path) -> None:
    """ "Clear" takes one annotator's answer; another's stays."""
    with begun(tmp_path / "ledger.sqlite") as ledger:
        answer(ledger, "1.png", "cat")
        answer(ledger, "1.png", "dog", by="ben")
        ledger.record([Mark(item="1.png", kind="clear")], by="ben")
        exam = ledger.state.exams[0]
        assert {"1.png": "cat"} == ledger.state.exam_answers(exam)
        ledger.record([Mark(item="1.png", kind="clear")], by="ann")
        assert {} == ledger.state.exam_answers(exam)


def test_a_new_exam_gives_the_open_one_up(tmp_path: Path) -> None:
    """The same questions answered for the second are no answers of the first."""
    with begun(tmp_path / "ledger.sqlite") as ledger:
        answer(ledger, "1.png", "cat")
        ledger.begin_exam(Exam(0, "cd" * 32, ("cat", "dog"), {"2.png": (0.5, 0.5)}), by="ann")
        answer(ledger, "2.png", "dog")
        first, second = ledger.state.exams
        assert {"1.png": "cat"} == ledger.state.exam_answers(first)
        assert {"2.png": "dog"} == ledger.state.exam_answers(second)
        assert frozenset() == ledger.state.sitting


def test_renamed_classes_keep_their_meaning(tmp_path: Path) -> None:
    """The sealed answers are keys: a class that is called otherwise later is the same class."""
    with begun(tmp_path / "ledger.sqlite") as ledger:
        ledger.rename_class("cat", "lynx", by="ann")
        answer(ledger, "1.png", "lynx")
        (exam,) = ledger.state.exams
        assert ["lynx", "dog"] == [ledger.state.name_of(key) for key in exam.classes]
        assert {"1.png": "lynx"} == ledger.state.exam_answers(exam)


@pytest.mark.parametrize("item", ["9.png", "3.png"])
def test_an_exam_asks_only_what_is_fresh(tmp_path: Path, item: str) -> None:
    """Items outside the reserve, or asked before, are refused, and nothing is written."""
    with begun(tmp_path / "ledger.sqlite") as ledger:
        ledger.ask(["3.png"], by="ann")
        with pytest.raises(SettingError, match="ever asked"):
            ledger.begin_exam(Exam(0, "x", ("cat",), {item: (1.0,)}), by="ann")
        assert 1 == len(ledger.state.exams)


def test_older_ledgers_open_and_exams_alone_raise_the_version(tmp_path: Path) -> None:
    """A ledger of version 1 is read and written as such until the first exam."""
    path = tmp_path / "ledger.sqlite"
    with Ledger(path) as ledger:
        ledger.reserve(["1.png", "2.png", "3.png"], seed=0, population=9)
        ledger.label({"9.png": "cat"}, by="ann")
    assert 1 == version(path)
    with Ledger(path) as ledger:
        assert {"9.png": "cat"} == dict(ledger.state.labels)
        assert () == ledger.state.exams
        ledger.begin_exam(EXAM, by="ann")
    assert (2, store.VERSION) == (version(path), store.VERSION)
    with Ledger(path, read_only=True) as ledger:
        assert 1 == len(ledger.state.exams)
