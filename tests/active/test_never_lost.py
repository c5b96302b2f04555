"""No label is lost or changed unasked, whatever people and files do: a plain model beside it.

`make test` plays some hundred steps; HANDFUL_GESTURES=1000 plays as many as it says.
"""

from __future__ import annotations

import csv
import os
import shutil
import signal
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from handful.active.importing import import_file
from handful.active.relocation import follow_items
from handful.active.session import Session
from handful.items.item import Item
from handful.labels import store
from handful.labels.event import Mark
from handful.labels.ledger import Ledger
from handful.modalities.content import content_hash

STEPS = 25
NUM_STEPS = int(os.environ.get("HANDFUL_GESTURES", "150"))
PEOPLE = st.sampled_from(["ann", "ben"])
CLASSES = st.sampled_from(["crack", "ok", None])
SOME = st.lists(st.integers(0, 11), min_size=1, max_size=6, unique=True)
ONE = st.integers(0, 11)

Answers = dict[tuple[str, str], str | None]  # (person, content) → class, None for unsure


class People:
    """What two people said, as one would write it on paper: gestures, and which of them count."""

    def __init__(self) -> None:
        self.gestures: list[tuple[str, Answers]] = []
        self.undone: set[int] = set()
        self.can_redo: dict[str, list[int]] = {"ann": [], "ben": []}

    def say(self, by: str, answers: Answers) -> None:
        """One gesture; an empty one is none."""
        if answers:
            self.gestures.append((by, answers))
            self.can_redo[by] = []

    def undo(self, by: str) -> None:
        """Take the latest gesture of a person back, if there is one."""
        own = [at for at, (who, _) in enumerate(self.gestures) if who == by]
        if open_ := [at for at in own if at not in self.undone]:
            self.undone.add(open_[-1])
            self.can_redo[by].append(open_[-1])

    def redo(self, by: str) -> None:
        """Bring the latest undone gesture back, unless something was said since."""
        if self.can_redo[by]:
            self.undone.remove(self.can_redo[by].pop())

    def answers(self) -> Answers:
        """Each person's latest answer about each content."""
        found: Answers = {}
        for at, (_, said) in enumerate(self.gestures):
            if at not in self.undone:
                found |= said
        return found


class NeverLost(RuleBasedStateMachine):
    """Twelve files of different content, two people, and everything that may happen to them."""

    @initialize()
    def begin(self) -> None:
        """A folder of files and no ledger."""
        self.folder = Path(tempfile.mkdtemp())
        self.data, self.project = self.folder / "data", self.folder / "project"
        self.data.mkdir()
        for at in range(12):
            (self.data / f"{at:02}.png").write_bytes(f"picture {at}".encode())
        self.people, self.names, self.away = People(), 0, {}
        self.session: Session | None = None
        self.start()

    def start(self) -> None:
        """Start as a program does: find the files, and let what was said follow them."""
        if self.session is not None:
            self.session.ledger.close()
        paths = sorted(path for path in self.data.rglob("*.png"))
        items = [Item(path.relative_to(self.data).as_posix(), path) for path in paths]
        ledger = Ledger(self.project / "ledger.sqlite")
        followed = follow_items(ledger, items, self.project)
        self.session = Session(items, ledger, followed=followed, folder=self.project)

    def chosen(self, places: list[int]) -> dict[str, str]:
        """Path to content of the items at these places, modulo what is there."""
        items = self.session.items
        picked = {items[at % len(items)] for at in places}
        return {item.path: content_hash(item.source.read_bytes()) for item in picked}

    @rule(by=PEOPLE, places=SOME, name=CLASSES)
    def label_each(self, by: str, places: list[int], name: str | None) -> None:
        """Items named one by one: the latest word counts."""
        chosen = self.chosen(places)
        self.session.label(dict.fromkeys(chosen, name), by=by)
        self.people.say(by, {(by, content): name for content in chosen.values()})

    @rule(by=PEOPLE, places=SOME, name=CLASSES)
    def lasso(self, by: str, places: list[int], name: str | None) -> None:
        """A gesture over several: what anybody has answered stays."""
        chosen = self.chosen(places)
        kind = "unsure" if name is None else "label"
        marks = [Mark(item=path, kind=kind, label=name or "", source="lasso") for path in chosen]
        self.session.record(marks, by=by, overwrite=False)
        done = {content for _, content in self.people.answers()}
        new = [content for content in chosen.values() if content not in done]
        self.people.say(by, {(by, content): name for content in new})

    @rule(by=PEOPLE, places=SOME, name=CLASSES)
    def bring_in(self, by: str, places: list[int], name: str | None) -> None:
        """A file of labels: what anybody has answered stays."""
        chosen = self.chosen(places)
        file = self.folder / "labels.csv"
        with file.open("w", newline="") as out:
            rows = [("path", "label"), *((path, name or "") for path in chosen)]
            csv.writer(out).writerows(rows)
        import_file(self.session, file, by=by)
        done = {content for _, content in self.people.answers()}
        new = [content for content in chosen.values() if content not in done]
        self.people.say(by, {(by, content): name for content in new})

    @rule(by=PEOPLE)
    def undo(self, by: str) -> None:
        """One person's latest gesture back."""
        self.session.ledger.undo(by=by)
        self.people.undo(by)

    @rule(by=PEOPLE)
    def redo(self, by: str) -> None:
        """And again."""
        self.session.ledger.redo(by=by)
        self.people.redo(by)

    @rule(places=SOME, deep=st.booleans())
    def rename(self, places: list[int], deep: bool) -> None:
        """Files get new names, or go into a folder; then a start."""
        for path in self.chosen(places):
            self.names += 1
            new = self.data / (f"sub/{self.names}.png" if deep else f"n{self.names}.png")
            new.parent.mkdir(exist_ok=True)
            (self.data / path).rename(new)
        self.start()

    @rule(places=SOME)
    def rotate(self, places: list[int]) -> None:
        """Files exchange their names in a circle; then a start."""
        paths = [self.data / path for path in self.chosen(places)]
        contents = [path.read_bytes() for path in paths]
        for path, content in zip(paths, [*contents[1:], contents[0]], strict=True):
            path.write_bytes(content)
        self.start()

    @rule(place=ONE)
    def delete(self, place: int) -> None:
        """A file goes away; then a start."""
        if len(self.session.items) > 4:
            (path,) = self.chosen([place])
            self.names += 1
            self.away[f"back{self.names}.png"] = (self.data / path).read_bytes()
            (self.data / path).unlink()
            self.start()

    @rule()
    def come_back(self) -> None:
        """All files that went away come back under other names; then a start."""
        for name, content in self.away.items():
            (self.data / name).write_bytes(content)
        self.away = {}
        self.start()

    @rule(by=PEOPLE, place=ONE, committed=st.booleans())
    def kill(self, by: str, place: int, committed: bool) -> None:
        """The program is killed while it writes, or right after; then a start."""
        chosen = self.chosen([place])
        self.session.ledger.close()
        child = os.fork()
        if not child:
            self.die_writing(chosen, by, committed)
        _, status = os.waitpid(child, 0)
        assert signal.SIGKILL == os.WTERMSIG(status)
        if committed:
            self.people.say(by, {(by, content): "killed" for content in chosen.values()})
        self.start()

    def die_writing(self, chosen: dict[str, str], by: str, committed: bool) -> None:
        """In a process of its own: write a label, and be killed before or after the commit."""
        insert = store.insert

        def and_die(*given: object) -> None:
            insert(*given)  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGKILL)

        try:
            ledger = Ledger(self.project / "ledger.sqlite")
            if not committed:
                store.insert = and_die
            marks = [Mark(item=p, label="killed", digest=d) for p, d in chosen.items()]
            ledger.record(marks, by=by)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)

    @invariant()
    def all_is_as_people_said(self) -> None:
        """Each person's answers are the model's, and each lies at the picture it was given to."""
        if getattr(self, "session", None) is None:
            return
        state, found = self.session.ledger.state, {}
        for path in state.verdicts:
            for event in state.answers(path):
                name = state.name_of(event.label) if event.kind == "label" else None
                assert (event.annotator, event.digest) not in found
                found[event.annotator, event.digest] = name
                if path in self.session.place:
                    source = self.session.items[self.session.place[path]].source
                    assert content_hash(source.read_bytes()) == event.digest
        assert self.people.answers() == found
        there = {content_hash(item.source.read_bytes()) for item in self.session.items}
        labelled = {content for (_, content), name in found.items() if name is not None}
        shown = {e.digest for path in self.session.labels for e in state.answers(path)}
        assert labelled & there <= shown

    def teardown(self) -> None:
        """Nothing is left behind."""
        if getattr(self, "session", None) is not None:
            self.session.ledger.close()
            shutil.rmtree(self.folder)


TestNeverLost = NeverLost.TestCase
TestNeverLost.settings = settings(
    max_examples=max(1, NUM_STEPS // STEPS),
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestNeverLost.__doc__ = "No label is lost or changed unasked in random gestures, moves and kills."
