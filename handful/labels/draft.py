"""A gesture while it is put together: marks become events. Nothing is stored here."""

from __future__ import annotations

import time
import uuid as uuids
from collections.abc import Sequence

from handful.errors import DataError, SettingError
from handful.labels.event import Event, Kind, Mark
from handful.labels.state import State

NAMES_A_CLASS = frozenset({"label", "adjudicate"})


class Draft:
    """The events of one gesture of one annotator, numbered after the state's last.

    Args:
        state: everything before the gesture.
        by: the annotator.
        gesture: its id; empty: a new one.
    """

    def __init__(self, state: State, by: str, gesture: str = "") -> None:
        self.events: list[Event] = []
        self.gesture = gesture or uuids.uuid4().hex
        self._state = state
        self._by = by
        self._time = time.time()
        self._begun: dict[str, str] = {}

    def add(
        self, kind: Kind, *, uuid: str = "", time: float | None = None, **fields: object
    ) -> None:
        """Add one event, of now unless `time` says when it was said."""
        self.events.append(
            Event(
                seq=self._state.seq + len(self.events) + 1,
                uuid=uuid or uuids.uuid4().hex,
                gesture=self.gesture,
                kind=kind,
                annotator=self._by,
                time=self._time if time is None else time,
                **fields,  # type: ignore[arg-type]  # the callers below are all there are
            )
        )

    def add_mark(self, mark: Mark) -> None:
        """Add what was said of one item, and before it the beginning of its class if it is new."""
        self.add(
            mark.kind,
            uuid=mark.uuid,
            time=mark.time,
            item=mark.item,
            label=self.key(mark.label) if mark.kind in NAMES_A_CLASS else "",
            detail=mark.note,
            source=mark.source,
            digest=mark.digest,
            model=mark.model,
            probability=mark.probability,
            milliseconds=mark.milliseconds,
        )

    def key(self, name: str) -> str:
        """Key of the class called `name`, which begins here if there is none."""
        key = self._state.key_of(name) or self._begun.get(name)
        if key is None:
            key = self._begun[name] = self._state.free_key(name)
            self.add("class-add", label=key, detail=name)
        return key

    def known(self, name: str) -> str:
        """Key of the class called `name`, which must be there."""
        key = self._state.key_of(name)
        if key is None:
            raise SettingError(
                "There is no such class.",
                found=repr(name),
                expected=f"one of {', '.join(self._state.classes) or '(there is no class yet)'}",
                attempt="look at the spelling, or add the class first",
            )
        return key


def check_marks(marks: Sequence[Mark]) -> None:
    """Every mark names an item, a class where its kind needs one, and nothing to be ignored."""
    for place, mark in enumerate(marks):
        needs = mark.kind in NAMES_A_CLASS
        if (
            mark.item
            and needs == bool(mark.label.strip())
            and (mark.kind == "flag" or not mark.note)
        ):
            continue
        raise SettingError(
            "A mark is not complete, or says more than its kind can.",
            found=f"mark {place + 1}: {mark.kind} of {mark.item!r} as {mark.label!r}",
            expected="an item; a class for label and adjudicate alone; a note for flag alone",
            attempt="leave the item out, or use another kind of mark",
        )
    given = [mark.uuid for mark in marks if mark.uuid]
    if len(set(given)) != len(given):
        raise SettingError(
            "Two marks of one gesture have the same uuid.",
            found=next(uuid for uuid in given if given.count(uuid) > 1),
            expected="a uuid for each mark",
            attempt="make them with uuid4, or leave them empty",
        )


def check_repeat(mark: Mark, stored: Event, state: State, by: str) -> None:
    """A mark whose uuid is there already says what it said then.

    Raises:
        DataError: it says something else.
    """
    same_class = mark.kind not in NAMES_A_CLASS or state.name_of(stored.label) == mark.label
    renamed_since = stored.label == mark.label
    if (stored.kind, stored.item, stored.annotator) == (mark.kind, mark.item, by) and (
        same_class or renamed_since
    ):
        return
    raise DataError(
        "A gesture was sent again under the same uuid, but with different content.",
        found=f"uuid {mark.uuid}: {mark.kind} of {mark.item!r} by {by}",
        expected=f"{stored.kind} of {stored.item!r} by {stored.annotator}, as it was stored",
        attempt="give each mark a uuid of its own",
    )


def check_open(gesture: str, state: State, by: str) -> None:
    """More may be added to a gesture only while it is its annotator's latest one.

    Raises:
        SettingError: it is somebody else's, was undone, or something was done since.
    """
    if not gesture or not state.events_of(gesture) or state.gesture_to_undo(by) == gesture:
        return
    raise SettingError(
        "The gesture is closed.",
        found=gesture,
        expected=f"a new gesture, or the latest one of {by}",
        attempt="leave `gesture` empty",
    )


def check_name(name: str, what: str) -> str:
    """`name` without spaces around it.

    Raises:
        SettingError: nothing is left of it.
    """
    if not name.strip():
        raise SettingError(
            f"The name of {what} is empty.",
            found=repr(name),
            expected="a name with at least one letter",
            attempt="give a name",
        )
    return name.strip()
