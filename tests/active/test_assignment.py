"""The desk: leases, audits in between, second looks."""

from pathlib import Path

import pytest

from handful.active import assignment as module
from tests.active.classroom import Classroom


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    """Three hundred digits of three classes, nothing said yet."""
    return Classroom(tmp_path)


def test_every_third_question_audits_at_first(room: Classroom) -> None:
    """Of 30 questions ten are audit items, blind, with the probability of their draw."""
    picks = room.session.ask(30, by="ann")
    audits = [pick for pick in picks if pick.blind]
    assert 10 == len(audits)
    assert all(pick.probability and pick.suggestion is None for pick in audits)
    assert audits[0].probability == pytest.approx(1 / 60)


def test_two_people_are_not_asked_the_same(room: Classroom) -> None:
    """What lies on one desk is not put on another."""
    ann = {pick.item for pick in room.session.ask(60, by="ann")}
    bob = {pick.item for pick in room.session.ask(60, by="bob")}
    assert set() == ann & bob


def test_one_person_is_not_asked_the_same_twice(room: Classroom) -> None:
    """A second batch, fetched before the first is answered, holds none of it."""
    first = {pick.item for pick in room.session.ask(24, by="ann")}
    second = {pick.item for pick in room.session.ask(24, by="ann")}
    assert set() == first & second


def test_a_page_opened_anew_gets_its_questions_back(room: Classroom) -> None:
    """With nothing held, the same audit items come first again, in the order drawn."""
    first = [pick.item for pick in room.session.ask(12, by="ann") if pick.blind]
    again = [pick.item for pick in room.session.ask(12, by="ann", holds=[]) if pick.blind]
    assert first == again


def test_skipped_items_do_not_come_again(room: Classroom) -> None:
    """A skipped item is asked neither now nor when the page is opened anew."""
    item = room.session.ask(1, by="ann")[0].item
    room.session.desk.answered("ann", [item], skipped=True)
    assert item not in {pick.item for pick in room.session.ask(250, by="ann", holds=[])}


def test_a_lease_ends(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody took and never answered is asked of others after a while."""
    monkeypatch.setattr(module, "LEASE_S", -1.0)
    ann = [pick.item for pick in room.session.ask(5, by="ann")]
    bob = [pick.item for pick in room.session.ask(5, by="bob")]
    assert ann == bob


def test_a_second_annotator_answers_some_audit_items_again(room: Classroom) -> None:
    """One in ten of the second's questions is an audit item that the first has answered."""
    room.answer(40, by="ann")
    session = room.session
    audited = set(session.given().lessons.rows[session.given().lessons.audited].tolist())
    picks = session.ask(40, by="bob")
    shared = [pick for pick in picks if pick.item in audited]
    assert 2 <= len(shared) <= 4
    assert all(pick.blind for pick in shared)


def test_suggestions_come_with_a_model(room: Classroom) -> None:
    """Once there is a model, what is not blind carries its suggestion."""
    assert all(pick.suggestion is None for pick in room.session.ask(6, by="ann", holds=[]))
    room.answer(30)
    open_picks = [pick for pick in room.session.ask(12, by="ann") if not pick.blind]
    assert len(open_picks) >= 6
    assert all(pick.suggestion is not None for pick in open_picks)


def test_suspect_labels_are_asked_again_blind(room: Classroom) -> None:
    """A wrong label comes back within the next questions, without suggestion, and only once."""
    room.answer(80)
    session = room.session
    given = session.given()
    wrong = int(given.lessons.rows[~given.lessons.audited][5])
    other = next(name for name in given.classes if name != room.truth[wrong])
    room.say(wrong, other)
    session.learn()
    picks = session.ask(40, by="ann")
    again = [pick for pick in picks if pick.item == wrong]
    assert [True] == [pick.blind for pick in again]
    assert again[0].suggestion is None
    room.say(wrong, source="reask")
    session.learn()
    assert wrong not in {pick.item for pick in session.ask(40, by="ann")}


@pytest.mark.parametrize(("labels", "asked"), [(40, 0), (60, 1)])
def test_second_looks_wait_for_fifty_labels(
    room: Classroom, monkeypatch: pytest.MonkeyPatch, labels: int, asked: int
) -> None:
    """With a suspect at hand all the time, it is asked again from fifty labels on, not before."""
    first, *_ = room.answer(labels)
    monkeypatch.setattr(room.session, "_to_ask_again", lambda: [first])
    picks = room.session.ask(16, by="ann")
    assert asked == sum(pick.item == first for pick in picks)
