"""Lassos count half until a few of their pictures, asked singly, bear them out."""

from pathlib import Path

import numpy as np
import pytest

from handful.active.assignment import SPOT_CHECK
from handful.active.bulk_labels import CHECKED, Lasso
from handful.labels.event import Mark
from tests.active.classroom import Classroom


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    """Three hundred digits of three classes, thirty of them answered."""
    room = Classroom(tmp_path)
    room.answer(30)
    return room


def throw(room: Classroom, label: str, items: list[int]) -> str:
    """A lasso; returns its gesture."""
    marks = [Mark(item=room.items[at].path, label=label, source="lasso") for at in items]
    return room.session.record(marks, by="ann").gesture


def the_lasso(room: Classroom) -> Lasso:
    """The only one."""
    [lasso] = room.session.given().lassos
    return lasso


def open_items(room: Classroom, label: str, n: int) -> list[int]:
    """So many items of a class that nobody answered and that are not drawn for the audit."""
    given = room.session.given()
    return [
        at
        for at, truth in enumerate(room.truth)
        if truth == label and not given.answered[at] and not given.reserve[at]
    ][:n]


def trust_of(room: Classroom, items: list[int]) -> list[float]:
    """How much each item's label counts."""
    lessons = room.session.given().lessons
    return [float(lessons.trust[lessons.rows == at][0]) for at in items]


def ask_singly(room: Classroom) -> list[int]:
    """Every pick of the lasso that comes up, others being answered truly meanwhile."""
    found = []
    for _ in range(30):
        for pick in room.session.ask(3, by="ann"):
            if pick.reason == SPOT_CHECK:
                assert pick.blind
                assert pick.suggestion is None
                found.append(pick.item)
            room.say(pick.item, source="reask" if pick.reason == SPOT_CHECK else "key")
    return found


def test_a_lasso_that_is_borne_out_counts_in_full(room: Classroom) -> None:
    """Five of its pictures are asked among the questions; five same answers lift all of them."""
    thrown = open_items(room, "digit 1", 20)
    throw(room, "digit 1", thrown)
    assert [0.5] * 20 == trust_of(room, thrown)
    assert len(the_lasso(room).unanswered) == CHECKED
    asked = ask_singly(room)
    assert len(asked) == CHECKED
    assert set(asked) < set(thrown)
    lasso = the_lasso(room)
    assert lasso.is_trusted
    assert len(lasso.items) == 20 - CHECKED  # what was answered singly stands by itself
    assert [1.0] * 20 == trust_of(room, thrown)


def test_a_lasso_that_is_not_borne_out_goes_on_counting_half(room: Classroom) -> None:
    """Half of it is of another class: the single answers tell, and stand in full themselves."""
    thrown = open_items(room, "digit 1", 10) + open_items(room, "digit 2", 10)
    throw(room, "digit 1", thrown)
    asked = ask_singly(room)
    lasso = the_lasso(room)
    right = sum(room.truth[at] == "digit 1" for at in asked)
    assert right < len(asked) == lasso.answered == CHECKED
    assert lasso.agreed == right
    assert lasso.is_doubtful
    assert [1.0] * CHECKED == trust_of(room, asked)
    assert {0.5} == set(trust_of(room, list(lasso.items)))


def test_what_is_left_may_be_labelled_again_and_counts_in_full(room: Classroom) -> None:
    """Looked through in the grid, its pictures have labels of their own; the lasso is no more."""
    thrown = open_items(room, "digit 1", 12)
    throw(room, "digit 1", thrown)
    marks = [Mark(item=room.items[at].path, label="digit 1", source="grid") for at in thrown]
    room.session.record(marks, by="ann")
    assert () == room.session.given().lassos
    assert [1.0] * 12 == trust_of(room, thrown)


def test_an_undone_lasso_asks_nothing(room: Classroom) -> None:
    """Undo takes the lasso and its questions away; redo brings the same back."""
    throw(room, "digit 1", open_items(room, "digit 1", 12))
    before = the_lasso(room)
    room.session.ledger.undo(by="ann")
    assert () == room.session.given().lassos
    room.session.ledger.redo(by="ann")
    assert before == the_lasso(room)


def test_look_alikes_and_the_audit_are_not_asked_singly(tmp_path: Path) -> None:
    """One picture of each cluster is asked, and none that was drawn to measure."""
    clusters = np.arange(300)
    clusters[:60] = 0
    room = Classroom(tmp_path, clusters=clusters)
    room.session.draw_reserve()
    throw(room, "digit 1", list(range(80)))
    asked = the_lasso(room).unanswered
    assert len({int(clusters[at]) for at in asked}) == len(asked)
    assert not room.session.given().reserve[list(asked)].any()


def test_a_changed_trust_is_learned_anew(room: Classroom) -> None:
    """The last single answer changes no label, and yet the model."""
    throw(room, "digit 1", open_items(room, "digit 1", 30))
    before = room.session.learn()
    for at in the_lasso(room).unanswered:
        room.say(at, "digit 1", source="reask")
    after = room.session.learn()
    assert before is not None
    assert after is not None
    assert before is not after
    assert before.given.lessons.names.count("digit 1") == after.given.lessons.names.count("digit 1")
    assert not np.array_equal(before.left_out, after.left_out)


def test_single_answers_say_nothing_of_the_annotators_steadiness(room: Classroom) -> None:
    """A lasso's label was no answer: to contradict it is not to contradict oneself."""
    from handful.active.agreement import consistency

    throw(room, "digit 1", open_items(room, "digit 2", 10))
    ask_singly(room)
    assert consistency(room.session.ledger.state, "ann") is None


def test_a_lasso_is_no_look_at_each_of_its_pictures(room: Classroom) -> None:
    """Whether classes still turn up is read off single looks: no lasso's, and no audit answers."""
    before = room.session.given()
    steering = before.lessons.rows[~before.lessons.audited]
    assert len(steering) == before.counts.sum() < len(before.lessons.rows)
    throw(room, "digit 1", open_items(room, "digit 1", 20))
    after = room.session.given()
    assert before.counts.tolist() == after.counts.tolist()
    assert 20 == len(after.lessons.rows) - len(before.lessons.rows)
