"""The fold: what events amount to, held against a second way of computing it."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from handful.labels.event import Event
from handful.labels.state import State

ITEMS = ("a.png", "b.png", "c.png")
PEOPLE = ("ann", "bob")


def event(
    seq: int, kind: str = "label", by: str = "ann", gesture: str = "", **fields: object
) -> Event:
    """An event in a gesture of its own unless told otherwise."""
    return Event(seq, f"u{seq}", gesture or f"g{seq}", kind, by, float(seq), **fields)  # type: ignore[arg-type]


def replayed(events: list[Event]) -> dict[str, tuple[str | None, dict[str, str], str]]:
    """Item → label, votes and adjudicator, by definition: leave out, then read through."""
    undone: set[str] = set()
    for e in events:
        if e.kind == "undo":
            undone.add(e.detail)
        elif e.kind == "redo":
            undone.discard(e.detail)
    name: dict[str, str] = {}
    into: dict[str, str] = {}

    def root(key: str) -> str:
        return root(into[key]) if key in into else key

    live = [e for e in events if e.gesture not in undone]
    for e in live:
        if e.kind == "class-add":
            name.setdefault(e.label, e.detail or e.label)
        elif e.kind == "class-rename":
            name[root(e.label)] = e.detail
        elif e.kind == "class-merge" and root(e.label) != root(e.detail):
            into[root(e.label)] = root(e.detail)
    said: dict[str, dict[str, Event]] = {}
    decided: dict[str, Event] = {}
    for e in live:
        if e.kind in {"label", "unsure", "clear"}:
            said.setdefault(e.item, {})[e.annotator] = e
        elif e.kind == "adjudicate":
            decided[e.item] = e
    result: dict[str, tuple[str | None, dict[str, str], str]] = {}
    for item in said.keys() | decided.keys():
        answers = [e for e in said.get(item, {}).values() if e.kind != "clear"]
        votes = {
            e.annotator: name.get(root(e.label), root(e.label))
            for e in answers
            if e.kind == "label"
        }
        if item in decided:
            key = root(decided[item].label)
            result[item] = (name.get(key, key), votes, decided[item].annotator)
        elif votes:
            most = max(Counter(votes.values()).values())
            tied = {label for label, n in Counter(votes.values()).items() if n == most}
            latest = max(
                (e.seq, votes[e.annotator]) for e in answers if votes.get(e.annotator) in tied
            )
            result[item] = (latest[1], votes, "")
        elif answers:
            result[item] = (None, {}, "")
    return result


KINDS = ["label"] * 6 + [
    "unsure",
    "clear",
    "adjudicate",
    "class-add",
    "class-rename",
    "class-merge",
]
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from([*KINDS, "undo", "undo", "redo", "redo", "redo"]),
        st.sampled_from(PEOPLE),
        st.permutations("xyz"),
        st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique=True),
    ),
    max_size=25,
)


def written(actions: list[tuple[str, str, list[str], list[str]]]) -> list[Event]:
    """The events that a ledger writes for any sequence of gestures, undo and redo."""
    events: list[Event] = []
    state = State()
    for kind, by, (label, other, _), items in actions:
        seq = len(events) + 1
        if kind in {"undo", "redo"}:
            find = state.gesture_to_undo if kind == "undo" else state.gesture_to_redo
            target = find(by)
            new = [event(seq, kind, by, detail=target)] if target else []
        elif kind.startswith("class"):
            new = [event(seq, kind, by, label=label, detail=other)]
        else:
            key = label if kind in {"label", "adjudicate"} else ""
            new = [
                event(seq + i, kind, by, f"g{seq}", item=item, label=key)
                for i, item in enumerate(items)
            ]
        for e in new:
            state.apply(e)
        events += new
    return events


@settings(max_examples=300, deadline=None)
@given(ACTIONS)
def test_state_equals_a_replay_without_the_undone_gestures(actions: list) -> None:
    """Whatever was done, undone and redone, the state is that of a plain replay."""
    events = written(actions)
    state = State()
    for e in events:
        state.apply(e)
        assert replayed(events[: e.seq]) == {
            i: (v.label, dict(v.votes), v.decided_by) for i, v in state.verdicts.items()
        }
    assert {item: label for item, (label, _, _) in replayed(events).items() if label} == dict(
        state.labels
    )


@settings(max_examples=100, deadline=None)
@given(ACTIONS)
def test_undoing_everything_leaves_nothing_and_redoing_brings_all_back(actions: list) -> None:
    """Undo has no limit, and redo is its inverse."""
    events = written(actions)
    state = State(events)
    before = dict(state.labels), state.classes
    seq, undone = len(events), []
    for by in PEOPLE:
        while target := state.gesture_to_undo(by):
            seq += 1
            state.apply(event(seq, "undo", by, detail=target))
            undone.append(by)
    assert (dict(state.labels), state.classes) == ({}, ())
    for by in reversed(undone):
        seq += 1
        state.apply(event(seq, "redo", by, detail=state.gesture_to_redo(by)))
    assert before == (dict(state.labels), state.classes)


def test_majority_wins_and_of_equals_the_latest_vote() -> None:
    """Two of three outvote the third; one against one goes to whoever spoke last."""
    says = [event(1, by="ann", item="a", label="x"), event(2, by="bob", item="a", label="y")]
    assert State(says).labels["a"] == "y"
    assert State([*says, event(3, by="cy", item="a", label="x")]).labels["a"] == "x"
    assert State(says).verdicts["a"].disputed


def test_adjudication_overrides_the_majority_until_undone() -> None:
    """The adjudicator's word stands against any number of votes, and ends the dispute."""
    says = [event(n, by=by, item="a", label="x") for n, by in enumerate(("ann", "bob"), 1)]
    decided = [*says, event(3, "adjudicate", "eve", item="a", label="y")]
    verdict = State(decided).verdicts["a"]
    assert (verdict.label, verdict.decided_by, verdict.disputed) == ("y", "eve", False)
    assert State([*decided, event(4, "undo", "eve", detail="g3")]).labels["a"] == "x"


def test_unsure_is_an_answer_without_a_class() -> None:
    """Who cannot say has answered, but gives no label and no vote."""
    state = State([event(1, "unsure", item="a")])
    assert (
        state.verdicts["a"].label,
        state.verdicts["a"].unsure,
        dict(state.labels),
    ) == (None, ("ann",), {})


def test_corrections_keep_their_history() -> None:
    """A second label replaces the first in the state, and both remain in the history."""
    state = State([event(1, item="a", label="x"), event(2, item="a", label="y")])
    assert (state.labels["a"], [e.label for e in state.history("a")]) == ("y", ["x", "y"])


def test_flags_carry_their_notes_and_can_be_taken_back() -> None:
    """A flag is per annotator, is no label, and ends with unflag."""
    flagged = [event(1, "flag", item="a", detail="blurred"), event(2, "flag", "bob", item="a")]
    assert State(flagged).flags == {"a": "blurred"}
    assert State([*flagged, event(3, "unflag", item="a")]).flags == {"a": ""}
    assert dict(State(flagged).labels) == {}


def test_renaming_by_one_and_undone_by_her_leaves_what_another_said_since() -> None:
    """Undo of a rename gives back the old name, also to labels given under the new one."""
    events = [
        event(1, "class-add", label="cat", detail="cat"),
        event(2, item="a", label="cat"),
        event(3, "class-rename", "bob", label="cat", detail="Katze"),
        event(4, item="b", label="cat"),
    ]
    assert State(events).labels == {"a": "Katze", "b": "Katze"}
    assert State([*events, event(5, "undo", "bob", detail="g3")]).labels == {"a": "cat", "b": "cat"}


def test_a_class_whose_beginning_was_undone_lives_while_others_use_it() -> None:
    """Ann's undo of a new class does not take it from Bob, who has used it since."""
    events = [
        event(1, "class-add", gesture="g", label="x", detail="x"),
        event(2, gesture="g", item="a", label="x"),
        event(3, by="bob", item="b", label="x"),
        event(4, "undo", detail="g"),
    ]
    state = State(events)
    assert (dict(state.labels), state.classes, state.key_of("x")) == ({"b": "x"}, ("x",), "x")
    assert State([*events, event(5, "undo", "bob", detail="g3")]).classes == ()
