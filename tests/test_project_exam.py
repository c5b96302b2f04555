"""The final exam from Python: one frozen model, questions that nobody was asked, one figure."""

from pathlib import Path

import numpy as np
import pytest

import handful
from handful.bundle.inspect import inspect
from handful.bundle.verify import verify
from handful.errors import SettingError
from tests.samples import write_loose_digits

Taught = tuple[handful.Project, dict[str, str]]


@pytest.fixture
def taught(tmp_path: Path) -> Taught:
    """180 digits of which 36 are labelled truly, and what all of them are."""
    truth = write_loose_digits(tmp_path / "digits", per_class=60)
    project = handful.open(tmp_path / "digits")
    say(project, truth, 36)
    return project, truth


def say(project: handful.Project, truth: dict[str, str], n: int) -> None:
    """Answer `n` ordinary questions truly."""
    while n > 0:
        items = project.ask(min(n, 12))
        project.label({item: truth[item.path] for item in items})
        n -= len(items)


def sit(project: handful.Project, truth: dict[str, str], n: int = 1000) -> list[str]:
    """Answer `n` questions of the exam truly; returns their paths."""
    done: list[str] = []
    while len(done) < n and (items := project.ask_exam(min(12, n - len(done)))):
        project.label({item: truth[item.path] for item in items})
        done += [item.path for item in items]
    return done


def test_the_figure_is_the_frozen_models_on_these_very_items(taught: Taught) -> None:
    """The kept file, asked again, has the share right that the exam says; it knows its figure."""
    project, truth = taught
    begun = project.begin_exam()
    fresh = set(project.session.ledger.state.reserve_order) - project.session.ledger.state.asked
    assert begun.questions == len(fresh) < 100
    assert (0, True, None) == (begun.answered, begun.is_open, begun.accuracy)
    done = sit(project, truth)
    assert fresh == set(done)
    assert [] == project.ask_exam()
    (over,) = project.exams
    assert over.accuracy is not None
    model = project.exam_model()
    right = [model.predict(project.root / path).label == truth[path] for path in done]
    assert np.mean(right) == over.accuracy.value
    assert len(done) == over.accuracy.n
    assert model.test is not None
    assert over.accuracy == model.test.accuracy
    assert "final exam" in model.card
    assert over.model == model.network
    assert over.accuracy.to_json() == over.to_json()["test_accuracy"]


def test_it_can_be_saved_and_read_elsewhere(taught: Taught, tmp_path: Path) -> None:
    """The exam's model is a bundle like any other, with the test accuracy among its facts."""
    project, truth = taught
    project.begin_exam(5)
    sit(project, truth)
    path = project.exam_model().save(tmp_path / "examined.handful")
    loaded = handful.load(path)
    assert loaded.test is not None
    assert loaded.test.accuracy == project.exams[-1].accuracy
    assert handful.load(path).network == project.exams[-1].model
    assert inspect(path).ok
    assert verify(path).ok


def test_an_exam_goes_on_after_a_restart(taught: Taught) -> None:
    """The same questions in the same order, the same model, and what was answered stays so."""
    project, truth = taught
    project.begin_exam(8)
    first = sit(project, truth, 3)
    left = [item.path for item in project.ask_exam(100)]
    project.session.ledger.close()
    again = handful.open(project.root)
    assert left == [item.path for item in again.ask_exam(100)]
    assert (3, 8) == (again.exams[-1].answered, again.exams[-1].questions)
    assert not set(first) & set(left)
    sit(again, truth)
    assert again.exams[-1].accuracy is not None
    assert again.exam_model().network == again.exams[-1].model


def test_its_answers_teach_nobody_until_it_is_over(taught: Taught) -> None:
    """While it is open the live model stays as it is; then a later model learns from all."""
    project, truth = taught
    before = project.fit().network
    project.begin_exam(6)
    asked = sit(project, truth, 5)
    assert before == project.fit().network
    ordinary = {item.path for item in project.ask(50)}
    assert not ordinary & {*asked, *(item.path for item in project.ask_exam())}
    sit(project, truth)
    after = project.fit()
    assert before != after.network
    assert after.estimate.n == project.session.given().num_audited
    assert set(asked) <= {
        project.items[at].path for at in project.session.given().lessons.rows.tolist()
    }
    assert before == project.exams[-1].model == project.exam_model().network
    assert after.test is None


def test_undo_takes_an_answer_back(taught: Taught) -> None:
    """The figure goes with it, and the question is asked again."""
    project, truth = taught
    project.begin_exam(4)
    done = sit(project, truth)
    project.undo()
    assert (0, None) == (project.exams[-1].answered, project.exams[-1].accuracy)
    assert done == [item.path for item in project.ask_exam()]
    project.redo()
    assert project.exams[-1].accuracy is not None
    project.label({done[0]: "digit-1" if truth[done[0]] != "digit-1" else "digit-0"})
    assert project.exams[-1].accuracy.value == project.exam_model().test.accuracy.value


def test_unsure_is_an_answer(taught: Taught) -> None:
    """None says "cannot tell": it counts both ways, and the exam ends."""
    project, truth = taught
    project.begin_exam(6)
    one, *rest = project.ask_exam(6)
    project.label({one: None, **{item: truth[item.path] for item in rest}})
    (over,) = project.exams
    assert over.accuracy is not None
    assert (6, 1, 5) == (over.answered, over.unsure, over.accuracy.n)
    assert "1 of 6 unsure" in over.accuracy.method


def test_beginning_again(taught: Taught) -> None:
    """Of the same model it goes on; of a later one the open exam is given up for good."""
    project, truth = taught
    project.begin_exam(6)
    sit(project, truth, 2)
    assert (2, 1) == (project.begin_exam(20).answered, len(project.exams))
    say(project, truth, 12)
    second = project.begin_exam(5)
    assert (0, 5) == (second.answered, second.questions)
    sit(project, truth)
    first, second = project.exams
    assert (2, None, False) == (first.answered, first.accuracy, first.is_open)
    assert second.accuracy is not None
    assert first.model != second.model


def test_where_nothing_is_fresh_there_is_no_exam(taught: Taught) -> None:
    """The error says why, in four lines; before any exam there is no model of one."""
    project, truth = taught
    with pytest.raises(SettingError, match="no model of an exam"):
        project.exam_model()
    say(project, truth, 144)
    with pytest.raises(SettingError, match="nothing left") as error:
        project.begin_exam()
    assert 4 == len(str(error.value).splitlines())
    assert () == project.exams


def test_groups_that_the_model_learned_from_are_not_fresh(tmp_path: Path) -> None:
    """No question of a group that teaches, and one of each other group at most."""
    truth = write_loose_digits(tmp_path / "digits", per_class=60)
    project = handful.open(tmp_path / "digits", group=r"(\d)\.png$")
    assert 10 == len({item.group for item in project.items})
    asked = project.ask(4)
    project.label({item: truth[item.path] for item in asked})
    while len(set(project.labels.values())) < 2:
        project.label({item: truth[item.path] for item in project.ask(1)})
    begun = project.begin_exam()
    questions = project.ask_exam(100)
    group = {item.path: item.group for item in project.items}
    learned = {group[path] for path in project.labels}
    groups = [item.group for item in questions]
    assert begun.questions == len(questions) == len(set(groups))
    assert not learned & set(groups)


def test_the_report_names_the_model_examined(taught: Taught, tmp_path: Path) -> None:
    """The report on a later model has the exam's figure as that of another model."""
    project, truth = taught
    assert {} == project.reviewed().exams
    project.begin_exam(6)
    sit(project, truth)
    (over,) = project.exams
    assert {over.model[:8]: over.accuracy} == project.reviewed().exams
    page = project.review(tmp_path / "report.html").read_text()
    assert f'"model":"{over.model[:8]}"' in page.replace(": ", ":")
