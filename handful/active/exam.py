"""The final exam: one model is frozen, and asked about what nobody has been asked about yet.

    begin(session, project.fit(), project.folder, by="ann")
    picks = ask(session, 12, by="ann")
    session.label({...}, by="ann")
    sittings(session)[-1].accuracy          once all questions are answered

Afterwards the answers are audit answers like any other: they teach later models, and measure them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from handful.active.assignment import Pick
from handful.active.session import Session
from handful.bundle.build import with_test
from handful.bundle.load import load
from handful.bundle.model import Model
from handful.errors import SettingError
from handful.estimate.exam import examined
from handful.estimate.figure import Estimate, Figure
from handful.labels.exam import Exam
from handful.labels.state import State

QUESTIONS = 100  # of 90 % right answers the interval is then 0.82 to 0.95
REASON = "of the final exam: drawn at random, and nobody was asked about it before"
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Sitting:
    """How an exam stands.

    Args:
        model: SHA-256 of the network examined.
        questions: that are asked.
        answered: of them, "unsure" among them.
        unsure: of them, that nobody could name.
        is_open: whether it is the one that goes on; one that another exam replaced never ends.
        accuracy: the model's test accuracy; None until all questions are answered.
        estimate: all figures; None until then, and where no answer is a class of the model.
    """

    model: str
    questions: int
    answered: int
    unsure: int
    is_open: bool
    accuracy: Figure | None
    estimate: Estimate | None

    @property
    def short(self) -> str:
        """Digits of the hash that tell a project's models apart."""
        return self.model[:8]

    def to_json(self) -> dict[str, object]:
        """As JSON, without the figures beside the accuracy."""
        return {
            "model": self.model,
            "questions": self.questions,
            "answered": self.answered,
            "unsure": self.unsure,
            "test_accuracy": None if self.accuracy is None else self.accuracy.to_json(),
        }


def fresh(session: Session, n: int = QUESTIONS) -> list[int]:
    """The next items that an exam can ask, at most `n`, in the order in which they were drawn.

    Nobody was ever asked about them, nothing of their unit (a patient, copies of one picture)
    teaches, and no two are of one unit: so they are independent of the model and of each other.
    """
    known = session.known
    if known is None:
        return []
    with session.ledger.reading() as state:
        order, asked = state.reserve_order, state.asked
    closed = set(known.units[session.given().lessons.rows].tolist())
    has_vector = known.is_known()
    found: list[int] = []
    for path in order:
        at = session.place.get(path, -1)
        if at < 0 or path in asked or not has_vector[at] or int(known.units[at]) in closed:
            continue
        closed.add(int(known.units[at]))
        found.append(at)
        if len(found) == n:
            break
    return found


def begin(
    session: Session, model: Model, folder: Path, *, num: int = QUESTIONS, by: str
) -> Sitting:
    """Freeze a model: keep it in the project folder, and write down what it says of its questions.

    An exam of another model that was open is given up; one of this very model goes on.

    Raises:
        SettingError: nothing is left to ask.
        StoreError: the project folder cannot be written.
    """
    with session.ledger.reading() as state:
        goes_on = bool(state.sitting) and state.exams[-1].model == model.network
    if not goes_on:
        drawn = [session.items[at] for at in fresh(session, num)]
        if not drawn:
            raise _nothing_left(session)
        model.save(_place(folder, model.network))
        said = {
            item.path: tuple(round(one.probabilities[name], DIGITS) for name in model.classes)
            for item, one in zip(drawn, model.predict_many(drawn), strict=True)
            if not one.error
        }
        session.ledger.begin_exam(Exam(0, model.network, model.classes, said), by=by)
    return sittings(session)[-1]


def model_of(sat: Sequence[Sitting], folder: Path) -> Model:
    """The model of the latest exam, with its figures once all is answered.

    Raises:
        SettingError: there was no exam.
        BundleError: its file is gone from the project folder.
    """
    if not sat:
        raise SettingError(
            "There is no model of an exam.",
            found="no exam was begun",
            expected="an exam: a frozen model and its questions",
            attempt="project.begin_exam()",
        )
    model = load(_place(folder, sat[-1].model))
    return model if sat[-1].estimate is None else with_test(model, sat[-1].estimate)


def _place(folder: Path, network: str) -> Path:
    return folder / "exams" / f"{network[:16]}.handful"


def _nothing_left(session: Session) -> SettingError:
    with session.ledger.reading() as state:
        drawn, asked = len(state.reserve_order), len(state.asked)
    return SettingError(
        "There is nothing left that an exam could ask.",
        found=f"{asked:,} of {drawn:,} items of the audit reserve were asked before, and the rest"
        " belongs to groups that the model learned from",
        expected="items of the reserve that nobody was asked about",
        attempt="go by the live figure, which each further label keeps honest",
    )


def ask(session: Session, n: int, *, by: str, holds: Collection[int] = ()) -> list[Pick]:
    """The next questions of the open exam, blind and in order; none where no exam is open.

    Args:
        holds: items that `by` has before them already.
    """
    with session.ledger.reading() as state:
        if not state.sitting:
            return []
        exam = state.exams[-1]
        done = state.exam_answers(exam)
        left = [path for path in exam.items if path not in done]
        places = [at for path in left if (at := session.place.get(path, -1)) >= 0]
        chosen = [at for at in places if at not in holds][:n]
        paths = [session.items[at].path for at in chosen]
        if set(paths) - state.asked:
            session.ledger.ask(paths, by=by)
    return [Pick(at, REASON, blind=True) for at in chosen]


def sittings(session: Session) -> tuple[Sitting, ...]:
    """How each exam stands, oldest first."""
    with session.ledger.reading() as state:
        return tuple(_sitting(state, exam) for exam in state.exams)


def _sitting(state: State, exam: Exam) -> Sitting:
    answers = state.exam_answers(exam)
    is_over = len(answers) == len(exam.items)
    accuracy = estimate = None
    if is_over:
        accuracy, estimate = _figures(
            tuple(exam.said.values()),
            tuple(state.name_of(key) for key in exam.classes),
            tuple(answers[item] for item in exam.items),
        )
    return Sitting(
        model=exam.model,
        questions=len(exam.items),
        answered=len(answers),
        unsure=sum(name is None for name in answers.values()),
        is_open=not is_over and exam is state.exams[-1],
        accuracy=accuracy,
        estimate=estimate,
    )


@lru_cache(maxsize=16)  # the page asks after every key press
def _figures(
    said: tuple[tuple[float, ...], ...], names: tuple[str, ...], answers: tuple[str | None, ...]
) -> tuple[Figure, Estimate | None]:
    return examined(np.array(said, np.float64), names, answers)
