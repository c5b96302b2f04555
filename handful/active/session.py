"""A session: people label, heads learn, figures follow. Everything that the page does, without it.

    session = Session(items, Ledger(path), seed=0)
    session.see(known)
    picks = session.ask(12, by="ann")
    session.label({"cell0001.png": "defect"}, by="ann")
    session.learn()
    session.meter

Safe to share between threads: labels never wait for a fit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Int

from handful.active.agreement import Agreement, agreement
from handful.active.assignment import Desk, Pick
from handful.active.feature_snapshot import Known
from handful.active.label_snapshot import Given, Roll, current_labels, given
from handful.active.meter import Meter, agreement_with, look_ahead, measure
from handful.active.relocation import Followed, labels_without_items
from handful.active.session_model import Steered, Taught, steer, teach
from handful.active.suspects import suspect_labels
from handful.datasets.contents import contents
from handful.errors import SettingError
from handful.estimate.audit import draw_reserve
from handful.estimate.forecast import Forecast
from handful.items.item import Item
from handful.labels.event import CHANGES_AN_ANSWER, Mark
from handful.labels.formats import rows_of
from handful.labels.ledger import Ledger, Receipt
from handful.labels.row import Row
from handful.labels.state import State
from handful.queries.query import Query
from handful.review.mislabels import Suspect
from handful.system.cores import own_products

CHECKS_KEPT = 12
ASKED_AGAIN = 5  # the worst suspects; further down, fewer are wrong
FORECAST_EVERY = 10  # labels: a forecast costs five fits
NOT_BLIND = frozenset({"lasso", "suggestion", "import"})  # of an audit item, no audit answers


class Session:
    """Labels, the models learned from them, and what is to be asked next.

    Args:
        items: all items, sorted by path.
        ledger: where labels are kept.
        seed: of every random choice.
        query: what chooses the items; the default is herding with a share of discovery.
        followed: what became of labels whose items were moved since.
        folder: of the project, which knows the files' contents; None: only those of `known`.
    """

    def __init__(
        self,
        items: Sequence[Item],
        ledger: Ledger,
        *,
        seed: int = 0,
        query: Query | None = None,
        followed: Followed | None = None,
        folder: Path | None = None,
    ) -> None:
        self.items = tuple(items)
        self.followed = followed or Followed()
        self._folder = folder
        self.roll = Roll.of(items)
        self.place = self.roll.place
        self.ledger = ledger
        self.desk = Desk(items, seed=seed, query=query)
        self.known: Known | None = None
        self.steered: Steered | None = None
        self.taught: Taught | None = None
        self.meter: Meter | None = None
        self.agreement: Agreement | None = None
        self._seed = seed
        self._alone = np.arange(len(items))
        self._given: Given | None = None
        self._given_of: Known | None = None
        self._lock = threading.RLock()
        self._learning = threading.Lock()
        self._agreements: list[float] = []
        self._forecast: Forecast | None = None
        self._forecast_at = 0
        self._suspects: tuple[Taught, list[Suspect]] | None = None

    # What is known

    def see(self, known: Known) -> None:
        """Take in what has become known of the items."""
        with self._lock:
            self.known = known

    @property
    def clusters(self) -> Int[np.ndarray, " n"]:
        """Near-duplicates share a number; what is not known yet stands alone."""
        return self._alone if self.known is None else self.known.clusters

    def given(self) -> Given:
        """The labels as they stand now."""
        with self.ledger.reading() as state, self._lock:
            if (
                self._given is None
                or self._given.version != state.said
                or self._given_of is not self.known
            ):
                self._given = given(self.roll, self.clusters, state)
                self._given_of = self.known
            return self._given

    @property
    def labels(self) -> dict[str, str]:
        """Path to class name, sorted by path."""
        with self.ledger.reading() as state:
            return dict(sorted(current_labels(self.roll, state).items()))

    @property
    def labels_without_items(self) -> dict[str, str]:
        """Path as it was to class name, of labels whose item is not there any more."""
        with self.ledger.reading() as state:
            return labels_without_items(state, self.place)

    def rows(self) -> list[Row]:
        """The labels as rows that every format can be written from, sorted by path.

        Those whose item is not there any more are among them, marked as missing.
        """
        with self.ledger.reading() as state:
            rows = {
                row.path: replace(row, missing=row.path not in self.place) for row in rows_of(state)
            }
            for path, name in current_labels(self.roll, state).items():
                rows.setdefault(path, Row(path, name, "", "import", None))
        return [rows[path] for path in sorted(rows)]

    def draw_reserve(self, *, without: Collection[str] = ()) -> None:
        """Draw the audit reserve if it can still be drawn: before the first answer, and once.

        Items that a folder labels are not drawn: their labels were not asked for blind. Where
        answers came first, there is no audit, and the meter says so.

        Args:
            without: paths that are not drawn: labels of theirs are about to be imported.
        """
        with self.ledger.reading() as state:
            if state.reserve is not None or state.verdicts:
                return
            open_items = np.array(
                [
                    at
                    for at, item in enumerate(self.items)
                    if not item.label and item.path not in without
                ]
            )
            if not len(open_items):
                return
            clusters = self.clusters[open_items]
            drawn = open_items[draw_reserve(clusters, seed=self._seed)]
            self.ledger.reserve(
                [self.items[at].path for at in drawn],
                seed=self._seed,
                population=len(np.unique(clusters)),
            )

    # What people do

    @own_products()
    def ask(self, n: int, *, by: str, holds: Sequence[int] | None = None) -> list[Pick]:
        """The next picks for an annotator; audit items among them are recorded as asked.

        Args:
            n: how many.
            by: the annotator.
            holds: what the annotator holds unanswered; None: whatever was handed out of late.
        """
        self.draw_reserve()
        now, known, steered = self.given(), self.known, self.steered
        with self.ledger.reading() as state:
            asked, sitting = state.asked, state.sitting
            order = [path for path in state.reserve_order if path not in sitting]
        picks = self.desk.ask(
            n,
            by=by,
            known=known,
            given=now,
            steered=steered,
            reserve_order=order,
            answered_by_other=lambda: self._answered_by_others(by),
            suspects=self._to_ask_again(),
            spots=[at for lasso in now.lassos for at in lasso.unanswered],
            holds=holds,
        )
        audits = [self.items[pick.item].path for pick in picks if pick.blind and
                  pick.item in self._reserve_places(order)]  # fmt: skip
        if set(audits) - asked:
            self.ledger.ask(audits, by=by)
        return picks

    def label(self, labels: Mapping[str, str | None], *, by: str) -> Receipt:
        """Give items their classes, in one gesture; None: unsure."""
        marks = [
            Mark(item=path, kind="unsure") if name is None else Mark(item=path, label=name)
            for path, name in labels.items()
        ]
        return self.record(marks, by=by)

    def record(
        self, marks: Sequence[Mark], *, by: str, gesture: str = "", overwrite: bool = True
    ) -> Receipt:
        """Write down one gesture. Answers to audit items that were asked are marked as such.

        Args:
            marks: what is said.
            by: the annotator.
            gesture: see `Ledger.record`.
            overwrite: whether labels that are there, of folders too, may be changed; otherwise
                they are left as they are, and the receipt names them.
        Raises:
            SettingError: an item is not in the data, or a mark is not complete.
            StoreError: it could not be written; nothing was.
        """
        self._check_places([mark.item for mark in marks])
        self.draw_reserve()
        with self.ledger.reading() as state:  # held, so that nothing is said in between
            left = [mark.item for mark in marks if self._is_to_stay(mark, state, overwrite)]
            stay = set(left)
            asked, sitting = state.asked, state.sitting
            wanted = self._digested(
                [
                    _measuring(mark, asked, sitting)
                    for mark in marks
                    if mark.item not in stay or mark.kind not in CHANGES_AN_ANSWER
                ]
            )
            receipt = self.ledger.record(wanted, by=by, gesture=gesture, overwrite=overwrite)
        self.desk.answered(by, [self.place[mark.item] for mark in marks])
        return replace(
            receipt,
            items=tuple(mark.item for mark in marks),
            left=tuple(dict.fromkeys((*left, *receipt.left))),
        )

    def _digested(self, marks: Sequence[Mark]) -> list[Mark]:
        """The marks, each with the content hash of its file: by it a label finds its item again."""
        known = self.known
        lacking = [self.place[mark.item] for mark in marks if not mark.digest]
        found: dict[str, str] = {}
        if known is not None:
            found = {self.items[at].path: known.contents[at] for at in lacking}
        if self._folder is not None:
            unknown = [self.items[at] for at in lacking if not found.get(self.items[at].path)]
            found |= contents(unknown, self._folder)
        return [
            mark if mark.digest else replace(mark, digest=found.get(mark.item, ""))
            for mark in marks
        ]

    def _is_to_stay(self, mark: Mark, state: State, overwrite: bool) -> bool:
        """Whether a mark would change a folder's label unasked, or doubt a label by a lasso.

        A lasso that says once more what is known already must not make it count half.
        """
        if mark.kind not in CHANGES_AN_ANSWER:
            return False
        verdict = state.verdicts.get(mark.item)
        if verdict is None:
            return not overwrite and mark.item in self.roll.folders
        same = mark.source == "lasso" and verdict.label == mark.label and bool(mark.label)
        # Two people's lassos are two opinions: only what somebody gave singly is left alone.
        return same and any(event.source != "lasso" for event in state.answers(mark.item))

    def skip(self, items: Sequence[str], *, by: str, gesture: str = "") -> Receipt:
        """Pass items over: they are not asked again of `by` until the program ends.

        An audit item that was asked counts as "cannot tell": whoever may skip the hard ones for
        nothing flatters the model. What `by` has answered stays as it is.

        Args:
            items: paths.
            by: the annotator.
            gesture: see `Ledger.record`.
        Raises:
            SettingError: an item is not in the data.
            StoreError: it could not be written; nothing was.
        """
        self._check_places(items)
        with self.ledger.reading() as state:
            marks = [
                Mark(item=path, kind="unsure")
                for path in items
                if path in state.asked and all(e.annotator != by for e in state.answers(path))
            ]
            receipt = self.record(marks, by=by, gesture=gesture) if marks else Receipt("", 0)
        self.desk.answered(by, [self.place[path] for path in items], skipped=True)
        return replace(receipt, items=tuple(items))

    def _check_places(self, paths: Sequence[str]) -> None:
        strange = [path for path in paths if path not in self.place]
        if strange:
            raise SettingError(
                f"{len(strange):,} of {len(paths):,} labels are of items that are not there.",
                found=repr(strange[0]),
                expected="a path relative to the data folder, as `project.items` has it",
                attempt="look at the spelling",
            )

    def begin_classes(self, names: Iterable[str], *, by: str) -> None:
        """Let classes that only folders know begin in the ledger, so that they can be changed."""
        self.draw_reserve()
        with self.ledger.reading() as state:
            there = set(state.classes)
        folders = set(self.roll.folders.values())
        for name in names:
            if name not in there and name in folders:
                self.ledger.add_class(name, by=by)

    # What is learned

    @own_products()
    def learn(self, *, is_stale: Callable[[], bool] = lambda: False) -> Taught | None:
        """Fit both heads to the labels as they stand, and measure. One at a time.

        Args:
            is_stale: asked between the steps; where newer labels wait, the forecast is left
                as it was.
        Returns:
            The model; None while nothing is embedded.
        """
        with self._learning:
            known, now = self.known, self.given()
            if known is None or not len(known.places):
                return None
            before = self.taught
            if before is not None and before.known is known and now.teaches_as(before.given):
                return before
            version = 1 if before is None else before.version + 1
            self.steered = steer(known, now, seed=self._seed)  # the next question need not wait
            taught = teach(self.steered, version=version, seed=self._seed)
            agreed = agreement_with(before, taught, seed=self._seed)
            if agreed is not None:
                self._agreements = [*self._agreements, agreed][-CHECKS_KEPT:]
            with self.ledger.reading() as state:
                tables = state.by_annotator()
            both = agreement(tables, seed=self._seed)
            with self._lock:
                self.agreement = both
                self.taught = taught
                self.meter = self._measured(taught)
            due = abs(len(taught.rows) - self._forecast_at) >= FORECAST_EVERY
            if due and not is_stale():
                self._forecast = look_ahead(taught, seed=self._seed)
                self._forecast_at = len(taught.rows)
                with self._lock:
                    self.meter = self._measured(taught)
            return taught

    def suspects(self) -> list[Suspect]:
        """Labels of the latest model's lessons that look wrong, worst first."""
        taught = self.taught
        if taught is None:
            return []
        with self._lock:
            if self._suspects is not None and self._suspects[0] is taught:
                return self._suspects[1]
        found = suspect_labels(taught)
        with self._lock:
            self._suspects = (taught, found)
        return found

    def num_behind(self) -> int:
        """Lessons that the latest model has not learned yet, also for want of their vectors."""
        now, known, taught = self.given(), self.known, self.taught
        if known is None or taught is None:
            return len(now.lessons.rows)
        lessons = taught.given.lessons.rows
        embedded_since = (known.rows_of(lessons) >= 0) & (taught.known.rows_of(lessons) < 0)
        return now.num_new_since(taught.given) + int(embedded_since.sum())

    def _to_ask_again(self) -> list[int]:
        """Items with suspect labels that were not asked again yet, worst first."""
        taught = self.taught
        if taught is None:
            return []
        places = [int(taught.items[one.item]) for one in self.suspects()]
        with self.ledger.reading() as state:
            verdicts = state.verdicts
            return [
                at
                for at in places
                if (verdict := verdicts.get(self.items[at].path)) is not None
                and verdict.event.source != "reask"
            ][:ASKED_AGAIN]

    def _measured(self, taught: Taught) -> Meter | None:
        return measure(taught, forecast=self._forecast, agreements=self._agreements)

    def _answered_by_others(self, by: str) -> Iterable[int]:
        """Audit items that somebody else answered and `by` did not, in the order drawn."""
        with self.ledger.reading() as state:
            verdicts, sitting = state.verdicts, state.sitting
            votes = [(path, verdicts[path]) for path in state.reserve_order if path in verdicts]
            return [
                self.place[path]
                for path, verdict in votes
                if path in self.place
                and by not in verdict.votes
                and by not in verdict.unsure
                and path in state.asked
                and path not in sitting
            ]

    def _reserve_places(self, order: Sequence[str]) -> set[int]:
        return {self.place[path] for path in order if path in self.place}


def _measuring(mark: Mark, asked: frozenset[str], sitting: frozenset[str]) -> Mark:
    answers = mark.kind in {"label", "unsure"} and mark.source not in NOT_BLIND
    if not answers or mark.item not in asked:
        return mark
    return replace(mark, source="exam" if mark.item in sitting else "audit")
