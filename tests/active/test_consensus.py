"""What leaves of a session in which several people answered the same items."""

from pathlib import Path

import numpy as np
import pytest

from handful.active import consensus
from handful.active.consensus import rows_to_take
from handful.labels import crowd as labels_crowd
from handful.labels.event import Mark
from tests.active.classroom import Classroom

SKILL = {"ann": 0.85, "ben": 0.8, "cal": 0.35}


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    """Ninety digits answered by three annotators, one of them poor."""
    room = Classroom(tmp_path)
    room.session.draw_reserve()
    reserve = room.session.given().reserve
    rng = np.random.default_rng(3)
    names = sorted(set(room.truth))
    for by, skill in SKILL.items():
        said = {}
        for at in np.flatnonzero(~reserve)[:90].tolist():
            others = [name for name in names if name != room.truth[at]]
            true = rng.random() < skill
            said[room.items[at].path] = room.truth[at] if true else str(rng.choice(others))
        room.session.label(said, by=by)
    room.session.learn()
    return room


def test_the_consensus_beats_the_majority(room: Classroom) -> None:
    """With head B's left-out probabilities as the classifier more labels come out right."""
    rows = rows_to_take(room.session)
    truth = {item.path: name for item, name in zip(room.items, room.truth, strict=True)}
    assert 90 == len(rows)
    by_vote = sum(row.label == truth[row.path] for row in rows)
    agreed = sum(
        row.consensus is not None and row.consensus.label == truth[row.path] for row in rows
    )
    assert agreed > by_vote + 5
    assert rows[0].consensus is not None
    qualities = rows[0].consensus.annotators
    assert qualities["cal"] < min(qualities["ann"], qualities["ben"])


def test_what_one_person_answered_has_no_consensus(room: Classroom) -> None:
    """Nor has a folder's label; what somebody decided stands, without a quality."""
    session = room.session
    alone = next(at for at in range(300) if not session.given().answered[at])
    room.say(alone)
    row = rows_to_take(session)[0]
    other = next(name for name in sorted(set(room.truth)) if name != row.label)
    session.record([Mark(item=row.path, label=other, kind="adjudicate")], by="eve")
    found = {row.path: row for row in rows_to_take(session)}
    assert found[room.items[alone].path].consensus is None
    decided = found[row.path].consensus
    assert decided is not None
    assert (other, None) == (decided.label, decided.quality)


def test_answers_to_the_reserve_and_new_classes_are_no_obstacle(room: Classroom) -> None:
    """Items that head B did not learn from, and a class that it does not know, are judged too."""
    session = room.session
    reserved = session.ledger.state.reserve_order[0]
    fresh = next(at for at in range(300) if not session.given().answered[at])
    for by in ("ann", "ben"):
        session.record([Mark(item=reserved, label="digit 1", source="lasso")], by=by)
        session.label({room.items[fresh].path: "smudge"}, by=by)
    found = {row.path: row.consensus for row in rows_to_take(session)}
    for path in (reserved, room.items[fresh].path):
        one = found[path]
        assert one is not None
        assert one.quality is not None
        assert 0 <= one.quality <= 1


def test_without_the_extra_or_a_model_the_majority_stands(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are those of today."""
    monkeypatch.setattr(consensus, "is_installed", lambda: False)
    assert room.session.rows() == rows_to_take(room.session)
    monkeypatch.undo()
    room.session.taught = None
    assert room.session.rows() == rows_to_take(room.session)
    assert labels_crowd.is_installed()
