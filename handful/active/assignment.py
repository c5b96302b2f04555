"""The desk: who is asked what next. Audit items in between, leases, and blind second looks.

A pick that is handed out stays on its annotator's desk for a while, so that two people are not
asked the same, and one person with a screen full is not asked it twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from handful.active.feature_snapshot import Known
from handful.active.label_snapshot import Given
from handful.active.session_model import Steered
from handful.items.item import Item
from handful.queries.chance import Chance
from handful.queries.mixture import Mixture, audit_is_due
from handful.queries.query import Pool, Query
from handful.targets.one_of_k import ONE_OF_K

LEASE_S = 600.0
OVERLAP = 10  # every tenth pick of a second annotator is an audit item that another answered
SPOT = 3  # every third pick is a lasso's picture, asked one at a time
REASK = 15  # every fifteenth pick is a suspect label, asked again blind …
REASK_FROM = 50  # … once there are so many labels

AUDIT = "drawn at random before the first label, to measure"
SPOT_CHECK = "of a lasso: one of the few that are asked one at a time, to see whether it was right"
AGAIN = "asked again, to see how steady the answers are"
NOT_YET = "drawn at random while the pictures are still being looked at"


@dataclass(frozen=True, slots=True)
class Pick:
    """One item to be looked at.

    Args:
        item: its place.
        reason: why this one.
        blind: nothing may be shown that suggests an answer.
        probability: with which it was drawn; None where it was chosen.
        suggestion: class name and probability, from a model that did not learn from it.
        given: the label that it has, where the question is about that.
        against: items whose labels speak against it.
        votes: annotator → class name, where they disagree.
    """

    item: int
    reason: str
    blind: bool = False
    probability: float | None = None
    suggestion: tuple[str, float] | None = None
    given: str | None = None
    against: tuple[int, ...] = ()
    votes: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Seat:
    """What one annotator has on the desk."""

    leases: dict[int, float]
    skipped: set[int]
    since_audit: int = 0
    since_overlap: int = 0
    since_again: int = 0
    since_spot: int = 0


class Desk:
    """Hands out picks. Safe to share between threads; forgets everything when the program ends.

    Args:
        items: all items.
        seed: of the queries.
        query: what chooses; the default is herding with a share of discovery.
    """

    def __init__(self, items: Sequence[Item], *, seed: int = 0, query: Query | None = None) -> None:
        self._place = {item.path: at for at, item in enumerate(items)}
        self._num_items = len(items)
        self._seed = seed
        self._query = query or Mixture()
        self._seats: dict[str, _Seat] = {}
        self._lock = threading.RLock()
        self.gone: set[int] = set()  # pictures that cannot be shown

    def ask(
        self,
        n: int,
        *,
        by: str,
        known: Known | None,
        given: Given,
        steered: Steered | None,
        reserve_order: Sequence[str],
        answered_by_other: Callable[[], Iterable[int]] = tuple,
        suspects: Sequence[int] = (),
        spots: Sequence[int] = (),
        holds: Sequence[int] | None = None,
    ) -> list[Pick]:
        """The next `n` picks for an annotator; fewer only where fewer are left.

        Args:
            by: the annotator.
            known: the vectors; None: nothing is embedded yet, and picks are random.
            given: the labels.
            steered: the latest head A, perhaps of a few labels ago.
            reserve_order: paths of the audit reserve in the order drawn.
            answered_by_other: audit items that another answered and `by` did not.
            suspects: items whose labels look wrong, worst first, not of the audit.
            spots: items of lassos that are to be asked one at a time.
            holds: what `by` holds unanswered; None: all that was handed out and not answered.
        """
        with self._lock:
            seat = self._seat(by)
            if holds is not None:
                until = time.monotonic() + LEASE_S
                seat.leases = {at: until for at in holds if 0 <= at < self._num_items}
            closed = self._closed(by, own=True)
            audits = self._open_audits(closed, given, reserve_order)
            overlap = [
                at for at in answered_by_other() if at not in seat.leases and at not in self.gone
            ]
            again = [at for at in suspects if at not in seat.leases]
            singly = [at for at in spots if not closed[at] and at not in self.gone]
            enough = len(given.lessons.rows) >= REASK_FROM
            picks: list[Pick | None] = []
            answered = given.num_audited
            for _ in range(n):
                seat.since_overlap += 1
                seat.since_again += 1
                seat.since_spot += 1
                if audits and audit_is_due(seat.since_audit, answered):
                    picks.append(_audit(audits.pop(0), 1 / (len(audits) + 1)))
                    answered += 1
                    seat.since_audit = 0
                    continue
                seat.since_audit += 1
                if overlap and seat.since_overlap >= OVERLAP:
                    picks.append(_audit(overlap.pop(0), None))
                    seat.since_overlap = 0
                elif singly and seat.since_spot >= SPOT:
                    picks.append(Pick(singly.pop(0), SPOT_CHECK, blind=True))
                    seat.since_spot = 0
                elif again and seat.since_again >= REASK and enough:
                    picks.append(Pick(again.pop(0), AGAIN, blind=True))
                    seat.since_again = 0
                else:
                    picks.append(None)
            found = iter(self._chosen(picks.count(None), by, known, given, steered))
            filled = [pick if pick is not None else next(found, None) for pick in picks]
            done = [pick for pick in filled if pick is not None]
            while len(done) < n and audits:  # nothing else is left to ask
                done.append(_audit(audits.pop(0), 1 / (len(audits) + 1)))
            self._lease(by, done)
            return done

    def _chosen(
        self, n: int, by: str, known: Known | None, given: Given, steered: Steered | None
    ) -> list[Pick]:
        """Picks of the query; once all else is answered, those on this annotator's own desk."""
        if n == 0:
            return []
        found: list[Pick] = []
        for own in (True, False):
            closed = given.reserve | given.answered | self._closed(by, own=own)
            closed[[pick.item for pick in found]] = True
            closed[list(self.gone)] = True
            found += self._query_items(n - len(found), closed, known, given, steered)
            if len(found) == n:
                break
        return found

    def _query_items(
        self,
        n: int,
        closed: Bool[np.ndarray, " n"],
        known: Known | None,
        given: Given,
        steered: Steered | None,
    ) -> list[Pick]:
        if known is None or not len(known.places):
            pool = Pool(
                np.zeros((self._num_items, 1), np.float32),
                np.arange(self._num_items),
                np.zeros(self._num_items, bool),
                closed,
            )
            drawn = Chance()(pool, n, seed=self._seed + int(closed.sum()))
            return [Pick(int(at), NOT_YET) for at in drawn.indices]
        learned = np.zeros(self._num_items, bool)
        learned[given.lessons.rows[~given.lessons.audited]] = True
        said = probabilities_for(known, steered)
        pool = Pool(
            known.steering,
            known.clusters[known.places],
            learned[known.places],
            (closed & ~learned)[known.places],
            said,
            given.counts,
        )
        chosen = self._query(pool, n, seed=self._seed)
        picks = []
        for row, reason in zip(chosen.indices.tolist(), chosen.reasons, strict=True):
            suggestion = None if said is None or steered is None else _likeliest(said[row], steered)
            if suggestion is not None and suggestion[0] not in given.classes:
                suggestion = None  # it was renamed or merged since the model learned it
            picks.append(Pick(int(known.places[row]), reason, suggestion=suggestion))
        return picks

    def _open_audits(
        self, closed: Bool[np.ndarray, " n"], given: Given, order: Sequence[str]
    ) -> list[int]:
        closed = closed | given.answered | given.audited
        places = (self._place[path] for path in order if path in self._place)
        return [at for at in places if not closed[at] and at not in self.gone]

    def _closed(self, by: str, *, own: bool) -> Bool[np.ndarray, " n"]:
        """What others hold, what `by` skipped, and with `own` what `by` holds too."""
        now = time.monotonic()
        closed = np.zeros(self._num_items, bool)
        for name, seat in self._seats.items():
            if name != by or own:
                held = [at for at, until in seat.leases.items() if until > now]
                closed[held] = True
        closed[list(self._seat(by).skipped)] = True
        return closed

    def _lease(self, by: str, picks: Iterable[Pick]) -> None:
        until = time.monotonic() + LEASE_S
        self._seat(by).leases.update((pick.item, until) for pick in picks)

    def answered(self, by: str, items: Iterable[int], *, skipped: bool = False) -> None:
        """These items leave the annotator's desk; skipped ones do not come again."""
        with self._lock:
            seat = self._seat(by)
            for item in items:
                seat.leases.pop(item, None)
                if skipped:
                    seat.skipped.add(item)

    def _seat(self, by: str) -> _Seat:
        return self._seats.setdefault(by, _Seat({}, set()))


def _audit(item: int, probability: float | None) -> Pick:
    return Pick(item, AUDIT, blind=True, probability=probability)


def probabilities_for(known: Known, steered: Steered | None) -> Float[np.ndarray, "m k"] | None:
    """What head A says of the items that are known now, which may be more than when it learned."""
    if steered is None or steered.probabilities is None or steered.head is None:
        return None
    if steered.known is known:
        return steered.probabilities
    before = steered.known.rows_of(known.places)
    even = np.full((len(before), steered.probabilities.shape[1]), 0.0, np.float32)
    learned = [steered.given.classes.index(name) for name in steered.head.head.classes]
    even[:, learned] = 1 / len(learned)
    even[before >= 0] = steered.probabilities[before[before >= 0]]
    return even


def _likeliest(said: Float[np.ndarray, " k"], steered: Steered) -> tuple[str, float]:
    best = int(ONE_OF_K.decide(said[None])[0])
    return steered.given.classes[best], float(said[best])


def blind(pick: Pick) -> Pick:
    """The pick without anything that suggests an answer."""
    return replace(pick, blind=True, suggestion=None, given=None, against=(), votes=())
