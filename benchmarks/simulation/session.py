"""One simulated session: queries and audit items in turn, two heads, as the product does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from handful.encoders.encoder import Block
from handful.estimate.audit import draw_reserve
from handful.heads.fit import fit
from handful.heads.linear import HeadFit
from handful.queries.mixture import audit_is_due
from handful.queries.query import Pool, Query
from handful.queries.simulate import Expert

METHODS = ("ridge",)  # its left-out scores are exact, which the audit lives on

Chooser = Callable[[Pool, "Taught", int, int], np.ndarray]
"""Given the pool, what was taught, how many and a seed: indices to ask."""


@dataclass(slots=True, eq=False)
class Taught:
    """What the expert has said so far, in order, and the head learned from it."""

    X: np.ndarray
    units: np.ndarray
    rows: list[int]
    answers: list[int]
    blocks: Sequence[Block] | None = None
    head: HeadFit | None = None

    def counts(self, *, without: Sequence[int] = ()) -> np.ndarray:
        """How often each class was said, some places left out."""
        return np.bincount(np.delete(np.array(self.answers, int), without))

    def learn(self, *, without: Sequence[int] = (), seed: int = 0) -> HeadFit | None:
        """A head from the answers, some places left out; None below two classes."""
        places = np.setdiff1d(np.arange(len(self.rows)), without)
        names = [str(self.answers[p]) for p in places]
        if len(set(names)) < 2:
            return None
        rows = np.array([self.rows[p] for p in places])
        return fit(
            self.X[rows],
            names,
            units=self.units[rows],
            blocks=self.blocks,
            methods=METHODS,
            seed=seed,
        )


def numbers(head: HeadFit, X: np.ndarray) -> np.ndarray:
    """Predicted class numbers."""
    return np.array([int(name) for name in head.head.classes])[head.head.logits(X).argmax(axis=1)]


def by_query(query: Query) -> Chooser:
    """A chooser that asks one of our queries."""

    def choose(pool: Pool, _: Taught, n: int, seed: int) -> np.ndarray:
        return query(pool, n, seed=seed).indices

    return choose


def curve(
    pool: tuple[np.ndarray, np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    choose: Chooser,
    budgets: Sequence[int],
    *,
    blocks: Sequence[Block] | None = None,
    batch: int = 10,
    seed: int = 0,
) -> Iterator[tuple[int, float]]:
    """(labels, accuracy on the test items) at each budget, without an audit: queries alone.

    `pool` is features, classes and steering vectors; `test` features and classes; `blocks` the
    features' stages.
    """
    X, y, vectors = pool
    n = len(X)
    expert = Expert(y, num_classes=int(y.max()) + 1)
    taught = Taught(X, np.arange(n), [], [], blocks)
    labelled, closed = np.zeros(n, bool), np.zeros(n, bool)
    while len(taught.rows) < max(budgets):
        known = None if taught.head is None else taught.head.head.probabilities(X)
        seen = Pool(vectors, np.arange(n), labelled, closed, known, taught.counts())
        picks = choose(seen, taught, batch, seed)
        taught.rows += picks.tolist()
        taught.answers += expert.answer(picks).tolist()
        labelled[picks] = True
        taught.head = taught.learn(seed=seed)
        if len(taught.rows) in budgets:
            said = np.full(len(test[1]), taught.answers[0])
            if taught.head is not None:
                said = numbers(taught.head, test[0])
            yield len(taught.rows), float((said == test[1]).mean())


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """A session with audit: what was taught, which places are audit items, and head B."""

    taught: Taught
    audited: list[int]
    head: HeadFit
    num_units: int


def session(
    X: np.ndarray,
    expert: Expert,
    vectors: np.ndarray,
    query: Query,
    *,
    units: np.ndarray,
    blocks: Sequence[Block] | None = None,
    num_labels: int,
    refit_every: int = 10,
    seed: int = 0,
) -> Ended | None:
    """Label until `num_labels`, audit items in between; None where one class alone turned up."""
    n = len(X)
    reserve = draw_reserve(units, seed=seed)
    taught, audited = Taught(X, units, [], [], blocks), []
    labelled, closed = np.zeros(n, bool), np.isin(units, units[reserve])
    queue: list[int] = []
    since = 0
    while len(taught.rows) < num_labels:
        if len(audited) < len(reserve) and audit_is_due(since, len(audited)):
            row = int(reserve[len(audited)])
            audited.append(len(taught.rows))
            since = 0
        else:
            if not queue:
                taught.head = taught.learn(without=audited, seed=seed)
                known = None if taught.head is None else taught.head.head.probabilities(X)
                counts = taught.counts(without=audited)
                seen = Pool(vectors, units, labelled, closed, known, counts)
                picks = query(seen, refit_every, seed=seed)
                queue = picks.indices.tolist()
                if not queue:
                    break
            row = queue.pop(0)
            labelled[row] = True
            since += 1
        taught.rows.append(row)
        taught.answers.append(int(expert.answer([row])[0]))
    head = taught.learn(seed=seed)
    return None if head is None else Ended(taught, audited, head, len(np.unique(units)))
