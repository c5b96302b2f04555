"""A session: ask, label, learn, measure."""

from pathlib import Path

import numpy as np
import pytest

from handful.active.session import Session
from handful.errors import SettingError
from handful.labels.event import Mark
from handful.labels.ledger import Ledger
from tests.active.classroom import Classroom


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    """Three hundred digits of three classes, nothing said yet."""
    return Classroom(tmp_path)


def test_a_good_model_after_a_few_dozen_answers(room: Classroom) -> None:
    """Sixty answers teach three digits, and the audit's interval holds the truth."""
    room.answer(60)
    session = room.session
    assert session.steered is not None
    assert session.steered.probabilities is not None
    assert session.meter is not None
    said = [
        session.steered.given.classes[at] for at in session.steered.probabilities.argmax(axis=1)
    ]
    truth = float(np.mean([one == other for one, other in zip(said, room.truth, strict=True)]))
    assert truth > 0.9
    live = session.meter.live
    assert live.low <= truth <= live.high
    assert session.meter.answered == live.n
    assert 15 <= live.n <= 25


def test_the_reserve_is_drawn_before_the_first_label(room: Classroom) -> None:
    """A label given before anything was asked comes after the draw."""
    room.say(0)
    kinds = [event.kind for event in room.session.ledger.events()]
    assert "reserve" == kinds[0]
    assert 60 == len(room.session.ledger.state.reserve_order)


def test_without_a_draw_there_is_no_audit(tmp_path: Path) -> None:
    """Where labels came first the reserve stays undrawn, and learning goes on."""
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.label({"0000.png": "digit 0"}, by="ann")
    room = Classroom(tmp_path)
    room.answer(20)
    assert room.session.ledger.state.reserve is None
    assert room.session.meter is not None
    assert 0 == room.session.meter.accuracy.n


def test_the_steering_head_never_sees_an_audit_answer(room: Classroom) -> None:
    """Head A is the same whatever the audit answers say; head B is not."""
    room.answer(40)
    session = room.session
    taught = session.taught
    assert taught is not None
    assert taught.audited.any()
    before = taught.steered.probabilities
    for at in taught.items[taught.audited]:
        room.say(int(at), "digit 1")
    after = session.learn()
    assert after is not None
    assert after.steered.probabilities is not None
    assert before is not None
    np.testing.assert_array_equal(before, after.steered.probabilities)
    assert after.shipped is not None
    assert taught.shipped is not None
    assert not np.array_equal(after.shipped.head.weight, taught.shipped.head.weight)


def test_a_lasso_over_the_reserve_teaches_nobody(room: Classroom) -> None:
    """Lasso labels on audit items are kept and not learned from, asked or not."""
    session = room.session
    picks = session.ask(9, by="ann")
    audit = next(pick.item for pick in picks if pick.blind)
    reserved = [session.place[path] for path in session.ledger.state.reserve_order]
    for at in reserved[:20]:
        room.say(at, source="lasso")
    assert 20 == len(session.labels)
    assert 0 == len(session.given().lessons.rows)
    room.say(audit)
    assert [audit] == session.given().lessons.rows.tolist()
    assert session.given().lessons.audited.all()


def test_audit_answers_survive_a_restart_between_question_and_answer(tmp_path: Path) -> None:
    """An audit item asked before a restart and answered after it still audits."""
    room = Classroom(tmp_path)
    audit = next(pick.item for pick in room.session.ask(9, by="ann") if pick.blind)
    room.session.ledger.close()
    again = Classroom(tmp_path)
    again.say(audit)
    assert again.session.given().lessons.audited.all()


def test_an_item_that_nobody_asked_about_does_not_audit(room: Classroom) -> None:
    """A reserved item that somebody labels by choice is neither random nor blind."""
    room.session.draw_reserve()
    room.say(room.session.place[room.session.ledger.state.reserve_order[30]])
    assert 0 == len(room.session.given().lessons.rows)


def test_nothing_is_learned_twice(room: Classroom) -> None:
    """Learning again without anything new gives the same model; questions are nothing new."""
    room.answer(20)
    first = room.session.learn()
    room.session.ask(9, by="ann")
    assert first is room.session.learn()
    assert 0 == room.session.num_behind()
    given = room.session.given()
    room.say(next(at for at in range(300) if not given.answered[at] and not given.reserve[at]))
    assert room.session.num_behind() == 1


def test_a_label_of_an_unknown_item_is_refused(room: Classroom) -> None:
    """Nothing is written when one of the paths is not there."""
    with pytest.raises(SettingError, match="not there"):
        room.session.record(
            [Mark(item="0001.png", label="x"), Mark(item="../x.png", label="x")], by="ann"
        )
    assert {} == room.session.labels


def test_labelling_starts_before_anything_is_embedded(tmp_path: Path) -> None:
    """Without vectors the picks are random, all different, and audit items come in between."""
    room = Classroom(tmp_path)
    session = Session(room.items, room.session.ledger)
    picks = session.ask(12, by="ann")
    assert 12 == len({pick.item for pick in picks})
    assert 4 == sum(pick.blind for pick in picks)
    for pick in picks:
        room.say(pick.item)
    assert session.learn() is None
    session.see(room.known(np.arange(0, 300, 2)))
    taught = session.learn()
    assert taught is not None
    assert all(at % 2 == 0 for at in taught.items)


def test_labels_of_pictures_embedded_since_are_behind(room: Classroom) -> None:
    """A label whose picture had no vector at the last fit is learned, and counted, afterwards."""
    room.session.see(room.known(np.arange(100)))
    for at in (0, 1, 2, 3, 4, 5, 150, 151):
        room.say(at)
    room.session.learn()
    assert 0 == room.session.num_behind()
    room.session.see(room.known())
    taught = room.session.given().lessons.rows
    assert int((taught >= 100).sum()) == room.session.num_behind() > 0
    room.session.learn()
    assert 0 == room.session.num_behind()


def test_a_class_may_come_late(room: Classroom) -> None:
    """A new name at the end is learned with the next fit."""
    room.answer(30)
    open_item = next(pick.item for pick in room.session.ask(9, by="ann") if not pick.blind)
    room.say(open_item, "broken")
    taught = room.session.learn()
    assert taught is not None
    assert taught.steered.head is not None
    assert "broken" in taught.steered.head.head.classes


def test_duplicates_are_asked_once(tmp_path: Path) -> None:
    """Of each cluster of three copies one item is asked at most, audit items included."""
    clusters = np.arange(300) // 3
    room = Classroom(tmp_path, clusters=clusters)
    done = room.answer(45)
    assert len(done) == len(set(clusters[done].tolist()))


def test_when_all_is_answered_nothing_is_asked(tmp_path: Path) -> None:
    """The last questions are what is left of the reserve, and then there are none."""
    room = Classroom(tmp_path, n=40)
    assert 40 == len(room.answer(60))
    assert [] == room.session.ask(5, by="ann")


def test_the_forecast_comes_with_enough_answers(room: Classroom) -> None:
    """Below twenty audit items there is none; with them it has an interval."""
    room.answer(30)
    assert room.session.meter is not None
    assert room.session.meter.forecast is None
    room.answer(60)
    assert room.session.meter.forecast is not None
    gain = room.session.meter.forecast.gain
    assert gain.low <= gain.value <= gain.high


def test_the_meter_has_its_baseline(room: Classroom) -> None:
    """The commonest class among the audit answers, and its share of them."""
    room.answer(40)
    taught, meter = room.session.taught, room.session.meter
    assert taught is not None
    assert meter is not None
    assert meter.baseline is not None
    audited = [room.truth[at] for at in taught.items[taught.audited]]
    share = max(audited.count(name) for name in audited) / len(audited)
    assert meter.baseline.accuracy == share
    assert meter.baseline.n == meter.live.n
