"""What the ledger amounts to: a pure fold over its events. No SQL, no clock, no files.

An undone gesture counts as if it had never been; the others keep their order. So the state is that
of a replay which leaves the undone gestures out, and undo costs no more than the gesture was long.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from handful.labels.classes import ClassTable
from handful.labels.event import ABOUT_CLASSES, ABOUT_FLAGS, ABOUT_ITEMS, Event
from handful.labels.exam import Exam, answer_in


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is held to be true of one item.

    Args:
        label: name of the class; None: nobody who answered was sure.
        votes: annotator → class name, of those who gave a class.
        unsure: annotators who could not say.
        decided_by: the adjudicator, or empty.
        event: the event that settled it: the adjudication, or the latest vote for `label`.
    """

    label: str | None
    votes: Mapping[str, str]
    unsure: tuple[str, ...]
    decided_by: str
    event: Event

    @property
    def disputed(self) -> bool:
        """Whether annotators disagree and nobody has decided."""
        return not self.decided_by and len(set(self.votes.values())) > 1


class State:
    """Labels, classes, flags and the audit reserve after some events.

    Events must be applied in the order of their `seq`. Reading never alters anything.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.seq = 0
        self.said = 0  # of the last event that is not a question
        self._gestures: dict[str, list[Event]] = {}
        self._undone: set[str] = set()
        self._done_by: dict[str, list[str]] = defaultdict(list)
        self._undone_by: dict[str, list[str]] = defaultdict(list)
        self._said: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
        self._flagged: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
        self._decided: dict[str, list[Event]] = defaultdict(list)
        self._class_events: list[Event] = []
        self._classes = ClassTable(())
        self._items_of: dict[str, set[str]] = defaultdict(set)  # key → items it was ever said of
        self._verdicts: dict[str, Verdict] = {}
        self._labels: dict[str, str] = {}
        self._stale: set[str] = set()  # items whose verdict must be looked at anew
        self._reserve: Event | None = None
        self._asked: set[str] = set()
        self._exams: list[Exam] = []
        self._again: set[str] = set()  # items that somebody answered a second time, blind
        self._lassos: dict[str, None] = {}  # gestures, in order
        self.num_moves = 0
        for event in events:
            self.apply(event)

    # -- writing ----------------------------------------------------------------------------

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        self.seq = event.seq
        if event.kind != "ask":
            self.said = event.seq
        if event.kind == "undo":
            self._undone.add(event.detail)
            _drop(self._done_by[event.annotator], event.detail)
            self._undone_by[event.annotator].append(event.detail)
            self._touch(self._gestures.get(event.detail, ()))
            return
        if event.kind == "redo":
            self._undone.discard(event.detail)
            _drop(self._undone_by[event.annotator], event.detail)
            self._done_by[event.annotator].append(event.detail)
            self._touch(self._gestures.get(event.detail, ()))
            return
        if event.kind == "reserve":
            self._reserve = self._reserve or event  # the first draw stands
            return
        if event.kind == "ask":  # what was seen cannot be unseen: undo does not touch it
            self._asked.update(json.loads(event.detail))
            return
        if event.kind == "exam":  # what is sealed stays so: undo does not touch it
            self._exams.append(Exam.of(event))
            return
        if event.kind == "move":  # where a file lies is no opinion: undo does not touch it
            self._move(json.loads(event.detail))
            return
        if event.gesture not in self._gestures:
            self._gestures[event.gesture] = []
            self._done_by[event.annotator].append(event.gesture)
            self._undone_by[event.annotator].clear()
        self._gestures[event.gesture].append(event)
        if event.kind in ABOUT_ITEMS:
            self._said[event.item][event.annotator].append(event)
        elif event.kind in ABOUT_FLAGS:
            self._flagged[event.item][event.annotator].append(event)
        elif event.kind == "adjudicate":
            self._decided[event.item].append(event)
        else:
            self._class_events.append(event)
        if event.source == "reask":
            self._again.add(event.item)
        if event.source == "lasso" and event.kind == "label":
            self._lassos[event.gesture] = None
        if event.kind in {"label", "adjudicate"}:
            self._items_of[event.label].add(event.item)
        self._touch((event,))

    def _move(self, to: Mapping[str, str]) -> None:
        """What was said of an item is said of its new path; all at once, as in a swap."""
        self.num_moves += 1

        def moved(events: Iterable[Event]) -> list[Event]:
            return [replace(e, item=to[e.item]) if e.item in to else e for e in events]

        self._gestures = {name: moved(events) for name, events in self._gestures.items()}
        for table in (self._said, self._flagged):
            taken = {old: table.pop(old) for old in to if old in table}
            for old, by in taken.items():
                table[to[old]] = defaultdict(list, {who: moved(said) for who, said in by.items()})
        decided = {old: self._decided.pop(old) for old in to if old in self._decided}
        self._decided.update({to[old]: moved(events) for old, events in decided.items()})
        for items in (*self._items_of.values(), self._asked, self._again):
            gone = items & to.keys()
            items -= gone
            items |= {to[old] for old in gone}
        if self._reserve is not None:
            drawn = json.loads(self._reserve.detail)
            drawn["items"] = [to.get(item, item) for item in drawn["items"]]
            self._reserve = replace(self._reserve, detail=json.dumps(drawn, ensure_ascii=False))
        self._exams = [
            replace(exam, said={to.get(item, item): p for item, p in exam.said.items()})
            for exam in self._exams
        ]
        for path in (*to, *to.values()):
            self._verdicts.pop(path, None)
            self._labels.pop(path, None)
            self._stale.add(path)

    def _touch(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.kind in ABOUT_CLASSES:
                self._renew_classes()
            else:
                self._stale.add(event.item)

    def _renew_classes(self) -> None:
        """Look anew only at items of classes whose names have changed."""
        before = {key: self._classes.name_of(key) for key in self._items_of}
        self._classes = ClassTable(e for e in self._class_events if self._counts(e))
        for key, name in before.items():
            if self._classes.name_of(key) != name:
                self._stale |= self._items_of[key]

    # -- reading ----------------------------------------------------------------------------

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Item → what is held to be true of it, for each item that somebody answered."""
        self._renew_verdicts()
        return MappingProxyType(self._verdicts)

    @property
    def labels(self) -> Mapping[str, str]:
        """Item → class name, for each item whose class is settled or led."""
        self._renew_verdicts()
        return MappingProxyType(self._labels)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, those with no label too, in the order in which they began."""
        return self._classes.names(self._strays())

    @property
    def flags(self) -> dict[str, str]:
        """Item → note, for each item that somebody has flagged."""
        notes = {}
        for item, by in sorted(self._flagged.items()):
            last = [e for e in map(self._last, by.values()) if e is not None and e.kind == "flag"]
            if last:
                notes[item] = "; ".join(e.detail for e in last if e.detail)
        return notes

    @property
    def reserve(self) -> frozenset[str] | None:
        """Items of the audit reserve; None: not drawn yet."""
        return (
            None if self._reserve is None else frozenset(json.loads(self._reserve.detail)["items"])
        )

    @property
    def reserve_order(self) -> tuple[str, ...]:
        """Items of the audit reserve in the order in which they are to be asked."""
        return () if self._reserve is None else tuple(json.loads(self._reserve.detail)["items"])

    @property
    def reserve_population(self) -> int:
        """Clusters that the audit reserve was drawn from; 0: it is not drawn yet."""
        return 0 if self._reserve is None else int(json.loads(self._reserve.detail)["population"])

    @property
    def asked(self) -> frozenset[str]:
        """Items of the audit reserve that were put before somebody, blind; answered or not."""
        return frozenset(self._asked)

    @property
    def exams(self) -> tuple[Exam, ...]:
        """Exams in the order in which they began. Only the last one can still be open."""
        return tuple(self._exams)

    def exam_answers(self, exam: Exam) -> dict[str, str | None]:
        """Item → class name, None for unsure, of what was answered before the next exam began."""
        until = min((one.seq for one in self._exams if one.seq > exam.seq), default=self.seq + 1)
        found: dict[str, str | None] = {}
        for item in exam.items:
            event = answer_in(exam, self.counted(item), until=until)
            if event is not None:
                found[item] = self.name_of(event.label) if event.kind == "label" else None
        return found

    def is_over(self, exam: Exam) -> bool:
        """Whether all its questions are answered."""
        return len(self.exam_answers(exam)) == len(exam.items)

    @property
    def sitting(self) -> frozenset[str]:
        """Items of the exam that is open: they are asked by it alone, and teach nobody yet."""
        if not self._exams or self.is_over(self._exams[-1]):
            return frozenset()
        return frozenset(self._exams[-1].items)

    @property
    def answered_again(self) -> frozenset[str]:
        """Items about which somebody was asked a second time, blind; undone answers too."""
        return frozenset(self._again)

    @property
    def lassos(self) -> tuple[str, ...]:
        """Gestures that gave a class by a lasso and count, oldest first."""
        return tuple(gesture for gesture in self._lassos if gesture not in self._undone)

    def counts(self) -> Counter[str]:
        """Class name → number of items held to be of it."""
        return Counter(self.labels.values())

    def by_annotator(self) -> dict[str, dict[str, str]]:
        """Annotator → item → class name as that annotator has it now."""
        tables: dict[str, dict[str, str]] = defaultdict(dict)
        for item, verdict in sorted(self.verdicts.items()):
            for annotator, name in verdict.votes.items():
                tables[annotator][item] = name
        return dict(tables)

    @property
    def mentioned(self) -> set[str]:
        """Every item of which anything was said, or that was drawn to be asked."""
        drawn = (self.reserve or frozenset()).union(*(exam.said for exam in self._exams))
        return {*self._said, *self._flagged, *self._decided, *drawn}

    def digest_of(self, item: str) -> str:
        """Content hash of the item when something was last said of it; empty: it is not known."""
        said = (event.digest for event in reversed(self.counted(item)) if event.digest)
        return next(said, "")

    def answers(self, item: str) -> list[Event]:
        """Each annotator's present answer about `item`, a class or unsure, oldest first."""
        last = [self._last(events) for events in self._said.get(item, {}).values()]
        return sorted((e for e in last if e and e.kind != "clear"), key=lambda e: e.seq)

    def history(self, item: str) -> tuple[Event, ...]:
        """All that was ever said of `item`, undone or not, oldest first."""
        said = [e for by in self._said.get(item, {}).values() for e in by]
        flagged = [e for by in self._flagged.get(item, {}).values() for e in by]
        return tuple(sorted([*said, *flagged, *self._decided.get(item, [])], key=lambda e: e.seq))

    def counted(self, item: str) -> tuple[Event, ...]:
        """The history of `item` without what was undone."""
        return tuple(event for event in self.history(item) if self._counts(event))

    def key_of(self, name: str) -> str | None:
        """Key of the class called `name` now; None: there is none."""
        return self._classes.key_of(name, self._strays())

    def free_key(self, name: str) -> str:
        """A key for a new class called `name`: the name itself unless it once meant another."""
        return self._classes.free_key(name)

    def name_of(self, key: str) -> str:
        """What the class with `key` is called now."""
        return self._classes.name_of(key)

    def gesture_to_undo(self, annotator: str) -> str | None:
        """The annotator's latest gesture that counts."""
        return self._done_by[annotator][-1] if self._done_by.get(annotator) else None

    def gesture_to_redo(self, annotator: str) -> str | None:
        """The annotator's latest undone gesture, unless something was done since."""
        return self._undone_by[annotator][-1] if self._undone_by.get(annotator) else None

    def events_of(self, gesture: str) -> tuple[Event, ...]:
        """The events of one gesture."""
        return tuple(self._gestures.get(gesture, ()))

    # -- the fold's own ---------------------------------------------------------------------

    def _renew_verdicts(self) -> None:
        for item in self._stale:
            self._labels.pop(item, None)
            verdict = self._verdict(item)
            if verdict is None:
                self._verdicts.pop(item, None)
                continue
            self._verdicts[item] = verdict
            if verdict.label is not None:
                self._labels[item] = verdict.label
        self._stale.clear()

    def _counts(self, event: Event) -> bool:
        return event.gesture not in self._undone

    def _last(self, events: list[Event]) -> Event | None:
        for event in reversed(events):
            if event.gesture not in self._undone:
                return event
        return None

    def _strays(self) -> tuple[str, ...]:
        """Keys in use whose beginning was undone, while somebody else had used them."""
        if not self._items_of.keys() - self._classes.keys:
            return ()
        last = [self._last(e) for by in self._said.values() for e in by.values()]
        last += [self._last(e) for e in self._decided.values()]
        used = {e.label for e in last if e is not None and e.kind in {"label", "adjudicate"}}
        return tuple(sorted(used - self._classes.keys))

    def _verdict(self, item: str) -> Verdict | None:
        """Adjudication, else the majority; of equals the one with the latest vote."""
        answers = self.answers(item)
        decided = self._last(self._decided[item]) if item in self._decided else None
        if not answers and decided is None:
            return None
        if decided is None and len(answers) == 1 and answers[0].kind == "label":  # nearly always
            name = self.name_of(answers[0].label)
            return Verdict(name, {answers[0].annotator: name}, (), "", answers[0])
        votes = {e.annotator: self.name_of(e.label) for e in answers if e.kind == "label"}
        unsure = tuple(sorted(e.annotator for e in answers if e.kind == "unsure"))
        if decided is not None:
            return Verdict(self.name_of(decided.label), votes, unsure, decided.annotator, decided)
        if not votes:
            return Verdict(None, votes, unsure, "", answers[-1])
        tally = Counter(votes.values())
        cast = (e for e in answers if e.kind == "label")
        leader = max(cast, key=lambda e: (tally[votes[e.annotator]], e.seq))
        return Verdict(votes[leader.annotator], votes, unsure, "", leader)


def _drop(stack: list[str], gesture: str) -> None:
    """Remove the latest `gesture` from a stack, wherever it lies."""
    for place in range(len(stack) - 1, -1, -1):
        if stack[place] == gesture:
            del stack[place]
            return
