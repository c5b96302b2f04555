"""The ledger: the one place where what people said is written down, and read back.

    with Ledger("photos/.handful/ledger.sqlite") as ledger:
        ledger.label({"cell0001.png": "defect"}, by="ann")
        ledger.undo(by="ann")
        ledger.state.labels

A gesture is one transaction: when a call returns, all of it is on the disk; when it raises, none
is. Several processes may hold one ledger open; each sees the others' gestures at its next call.
How events are kept is `store.py`, what they amount to is `state.py`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Literal

from handful.errors import SettingError, StoreError
from handful.labels import store
from handful.labels.draft import Draft, check_marks, check_name, check_open, check_repeat
from handful.labels.event import CHANGES_AN_ANSWER, Event, Mark, Source
from handful.labels.exam import Exam
from handful.labels.state import State


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a gesture.

    Args:
        gesture: its id; empty where there was nothing to do.
        stored: events that are on the disk now and were not before.
        repeated: events that had been sent before and were passed over.
        items: the items concerned.
        left: those of them that had an answer and were left as they were.
    """

    gesture: str
    stored: int
    repeated: int = 0
    items: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Ledger:
    """An append-only record of gestures in an SQLite file. Safe to share between threads.

    Args:
        path: the file; made, with its folder, if it is not there.
        timeout_s: how long to wait for another process that is writing.
        read_only: never write; the file must be there.
    Raises:
        StoreError: the file cannot be used; the message says why, and which program holds it.
    """

    def __init__(
        self, path: str | Path, *, timeout_s: float = 5.0, read_only: bool = False
    ) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = store.connect(
            self.path, timeout_s=timeout_s, read_only=read_only
        )
        self._state = State()
        self._seen = -1

    def close(self) -> None:
        """Let go of the file. Closing twice is no fault."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def state(self) -> State:
        """What all events amount to, those of other processes too.

        It is alive: another thread's gesture changes it. Where threads write, use `reading`.
        """
        with self._lock:
            connection = self._open()
            with store.explained(self.path):
                (version,) = connection.execute("PRAGMA data_version").fetchone()
                if version != self._seen:
                    self._catch_up(connection)
                    self._seen = version
            return self._state

    @contextmanager
    def reading(self) -> Iterator[State]:
        """The state, held still while one reads: no other thread writes meanwhile."""
        with self._lock:
            yield self.state

    def events(self, *, after: int = 0) -> list[Event]:
        """All events with a higher `seq` than `after`, undone or not."""
        with self._lock, store.explained(self.path):
            return list(store.select(self._open(), after=after))

    # -- what people say --------------------------------------------------------------------

    def label(
        self,
        labels: Mapping[str, str],
        *,
        by: str,
        source: Source = "api",
        gesture: str = "",
    ) -> Receipt:
        """Give each item its class, in one gesture. A name not known yet begins a class."""
        return self.record(
            [Mark(item=item, label=name, source=source) for item, name in labels.items()],
            by=by,
            gesture=gesture,
        )

    def record(
        self, marks: Sequence[Mark], *, by: str, gesture: str = "", overwrite: bool = True
    ) -> Receipt:
        """Write down one gesture: all of it or nothing.

        Marks whose uuid is there already are passed over, so a client that got no answer may send
        the same gesture again.

        Args:
            marks: what is said; class names as they are called now.
            by: the annotator's name.
            gesture: an id made by the client, to add to its gesture in several calls; empty: new.
            overwrite: whether it may change what was said of an item, by anybody; otherwise items
                that have an answer are left as they are. Flags change no answer.
        Raises:
            SettingError: a mark or the annotator's name is empty, or the gesture is a closed one.
            DataError: a uuid is there already with different content.
            StoreError: it could not be written; nothing was.
        """
        check_marks(marks)
        items = tuple(mark.item for mark in marks)
        with self._gesture(by, gesture) as (draft, connection):
            known = store.with_uuids(connection, [mark.uuid for mark in marks if mark.uuid])
            for mark in marks:
                if mark.uuid in known:
                    check_repeat(mark, known[mark.uuid], self._state, by)
            if len(known) < len(marks):
                check_open(gesture, self._state, by)
            verdicts = {} if overwrite else self._state.verdicts
            left = []
            for mark in marks:
                if mark.uuid in known:
                    continue
                if mark.kind in CHANGES_AN_ANSWER and mark.item in verdicts:
                    left.append(mark.item)
                else:
                    draft.add_mark(mark)
        return Receipt(
            draft.gesture if draft.events else gesture,
            len(draft.events),
            len(known),
            items,
            tuple(left),
        )

    def undo(self, *, by: str, uuid: str = "") -> Receipt:
        """Take back the annotator's latest gesture; an empty receipt where there is none."""
        return self._turn("undo", by, uuid)

    def redo(self, *, by: str, uuid: str = "") -> Receipt:
        """Bring back the annotator's latest undone gesture, unless something was done since."""
        return self._turn("redo", by, uuid)

    def add_class(self, name: str, *, by: str) -> Receipt:
        """Begin a class that no item has yet. Nothing happens if it is there."""
        with self._gesture(by) as (draft, _):
            draft.key(check_name(name, "a class"))
        return Receipt(draft.gesture if draft.events else "", len(draft.events))

    def rename_class(self, old: str, new: str, *, by: str, uuid: str = "") -> Receipt:
        """Call class `old` by another name from here on, in all labels.

        Raises:
            SettingError: there is no class `old`, or another is called `new` (merge them instead).
        """
        new = check_name(new, "a class")
        with self._gesture(by) as (draft, connection):
            if uuid and store.with_uuids(connection, [uuid]):
                return Receipt("", 0, repeated=1)
            key = draft.known(old)
            if self._state.key_of(new) is not None:
                raise SettingError(
                    "A class has that name already.",
                    found=new,
                    expected=f"a new name for {old!r}",
                    attempt=f"merge_classes([{old!r}], into={new!r}) makes the two one",
                )
            draft.add("class-rename", uuid=uuid, label=key, detail=new)
        return Receipt(draft.gesture, len(draft.events))

    def merge_classes(
        self, sources: Iterable[str], *, into: str, by: str, uuid: str = ""
    ) -> Receipt:
        """Make classes part of class `into`. Undo parts them again, each with its own labels.

        Args:
            uuid: of the first of the events, to be able to send again safely.

        Raises:
            SettingError: one of the classes is not there, or is merged into itself.
        """
        with self._gesture(by) as (draft, connection):
            if uuid and store.with_uuids(connection, [uuid]):
                return Receipt("", 0, repeated=1)
            target = draft.known(into)
            for name in sources:
                key = draft.known(name)
                if key == target:
                    raise SettingError(
                        "A class cannot be merged into itself.",
                        found=name,
                        expected=f"classes other than {into!r}",
                        attempt="leave it out",
                    )
                draft.add(
                    "class-merge",
                    uuid="" if draft.events else uuid,
                    label=key,
                    detail=target,
                )
        return Receipt(draft.gesture, len(draft.events))

    def reserve(self, items: Sequence[str], *, seed: int, population: int) -> None:
        """Record the audit reserve, in the order in which its items are to be asked. Once only.

        Args:
            items: paths, in the order drawn.
            seed: of the draw.
            population: items that it was drawn from.
        Raises:
            SettingError: a reserve was drawn before, or labels were given before.
        """
        with self._gesture("handful") as (draft, _):
            if self._state.reserve is not None or self._state.verdicts:
                raise SettingError(
                    "The audit reserve cannot be drawn any more.",
                    found="it was drawn before"
                    if self._state.reserve is not None
                    else "labels are there already",
                    expected="one draw, before the first label: a later one would flatter",
                    attempt="a new project folder with --project DIR",
                )
            plan = {"seed": seed, "population": population, "items": list(items)}
            draft.add("reserve", detail=json.dumps(plan, ensure_ascii=False))

    def ask(self, items: Sequence[str], *, by: str) -> None:
        """Record that these audit items are put before `by`: only then their answers audit.

        Raises:
            SettingError: one of them does not belong to the reserve.
        """
        with self._gesture(by) as (draft, _):
            reserve = self._state.reserve or frozenset()
            if strangers := [item for item in items if item not in reserve]:
                raise SettingError(
                    "Only items of the audit reserve can be asked as such.",
                    found=strangers[0],
                    expected="items drawn by `reserve`",
                    attempt="leave it out: other items need no record of being asked",
                )
            new = [item for item in items if item not in self._state.asked]
            if new:
                draft.add("ask", detail=json.dumps(new, ensure_ascii=False))

    def begin_exam(self, exam: Exam, *, by: str) -> None:
        """Seal what a frozen model says of some reserved items, before they are asked.

        An exam that was open is given up: it will have no figure.

        Args:
            exam: its `seq` is not looked at, its classes are names.
        Raises:
            SettingError: one of the items does not belong to the reserve, or was asked before.
        """
        with self._gesture(by) as (draft, _):
            fresh = (self._state.reserve or frozenset()) - self._state.asked
            if strangers := [item for item in exam.items if item not in fresh]:
                raise SettingError(
                    "An exam asks what nobody was ever asked.",
                    found=strangers[0],
                    expected="items drawn by `reserve`, and not asked yet",
                    attempt="leave it out",
                )
            keys = tuple(self._state.key_of(name) or name for name in exam.classes)
            detail = replace(exam, classes=keys).detail()
            draft.add("exam", model=exam.model, detail=detail)

    def move(self, to: Mapping[str, str], *, num_moves: int) -> bool:
        """Record that items were found under other paths; what was said of them follows.

        Args:
            to: old path to new; all at once, so that two may have changed places.
            num_moves: of the state by which this was found out. Where another program has moved
                items since, nothing is written.
        Returns:
            Whether it was written.
        """
        with self._gesture("handful") as (draft, _):
            if to and self._state.num_moves == num_moves:
                draft.add("move", detail=json.dumps(dict(to), ensure_ascii=False))
        return bool(draft.events)

    # -- how it is written ------------------------------------------------------------------

    def _turn(self, kind: Literal["undo", "redo"], by: str, uuid: str) -> Receipt:
        with self._gesture(by) as (draft, connection):
            known = store.with_uuids(connection, [uuid]) if uuid else {}
            if known:
                gesture: str | None = known[uuid].detail
            else:
                gesture = (
                    self._state.gesture_to_undo(by)
                    if kind == "undo"
                    else self._state.gesture_to_redo(by)
                )
                if gesture is not None:
                    draft.add(kind, uuid=uuid, detail=gesture)
        items = tuple(event.item for event in self._state.events_of(gesture or "") if event.item)
        return Receipt(gesture or "", len(draft.events), len(known), items)

    @contextmanager
    def _gesture(self, by: str, gesture: str = "") -> Iterator[tuple[Draft, sqlite3.Connection]]:
        """Hold the write lock, bring the state up to date, store what is drafted, take it in."""
        by = check_name(by, "the annotator")
        with self._lock, store.explained(self.path):
            connection = self._open()
            self._seen = -1
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._catch_up(connection)
                draft = Draft(self._state, by, gesture)
                yield draft, connection
                store.insert(connection, draft.events)
                connection.execute("COMMIT")
            except BaseException:
                if (
                    connection.in_transaction
                ):  # SQLite has rolled back by itself when the disk is full
                    connection.execute("ROLLBACK")
                raise
            self._catch_up(connection)

    def _catch_up(self, connection: sqlite3.Connection) -> None:
        """The state takes in only what was committed."""
        for event in store.select(connection, after=self._state.seq):
            self._state.apply(event)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError(
                "The ledger is closed.",
                found=str(self.path),
                expected="an open ledger",
                attempt="open it again",
            )
        return self._connection
