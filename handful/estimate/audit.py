"""How good the model is, measured on items drawn before the first label and asked blind.

Two heads learn in turn. Head A never sees an audit label; it steers the queries. So which items
the queries chose says nothing about the audit items, and head B, which learns from everything,
can be measured on them by leaving each out (with its group): no audit label is wasted, and the
model that is measured is the model that is shipped.

The figure is about the pool as it was when the reserve was drawn, each cluster of near-duplicates
counting once. Groups (a patient, a site) need no care in the drawing: an item is predicted without
its whole group. What remains to be labelled is a little easier, for the queries took hard items.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.errors import SettingError
from handful.estimate.estimate import SHIPPED_WIDENING
from handful.estimate.figure import ClassFigures, Figure
from handful.estimate.intervals import anytime
from handful.heads.binomial import student_quantile, wilson
from handful.labels.event import MEASURES
from handful.labels.state import State
from handful.targets.one_of_k import ONE_OF_K

FRACTION = 0.2  # of the clusters: enough for a useful interval, and four fifths left to query
LASSO_TRUST = 0.5  # nobody looked at each picture
MOST = 600  # narrows the interval to about ± 2.5 points, which is as much as anybody asks for


def draw_reserve(
    clusters: Int[np.ndarray, " n"], *, seed: int, fraction: float = FRACTION, most: int = MOST
) -> Int[np.ndarray, " r"]:
    """The audit reserve: one item of each drawn cluster, in the order in which to ask them.

    The same clusters and seed give the same reserve, and a smaller one is the beginning of it.
    The other items of a drawn cluster belong to the reserve too: see `reserved`.

    Args:
        clusters: (n,), near-duplicates share a number.
        seed: of the draw.
        fraction: share of the clusters, in (0, 1).
        most: clusters at most.
    Raises:
        SettingError: the fraction is out of range.
    """
    if not 0 < fraction < 1:
        raise SettingError(
            "The audit reserve's share is out of range.",
            found=f"fraction = {fraction}",
            expected="a fraction between 0 and 1",
            attempt=f"fraction={FRACTION}",
        )
    rng = np.random.default_rng([seed, 20])
    order = rng.permutation(len(clusters))
    _, first = np.unique(clusters[order], return_index=True)  # of each cluster, a random item
    items = order[rng.permutation(first)]
    reserve: np.ndarray = items[: min(int(fraction * len(items)), most)]
    return reserve


def reserved(
    place: Mapping[str, int], clusters: Int[np.ndarray, " n"], state: State
) -> Bool[np.ndarray, " n"]:
    """Find the items of the reserve: those drawn, and all that share a cluster with one.

    Args:
        place: maps the path of each item to its place.
        clusters: (n,) near-duplicates share a number.
        state: of the ledger.
    """
    drawn = [place[path] for path in state.reserve or () if path in place]
    return np.isin(clusters, clusters[drawn])


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Which labels may teach which head.

    Args:
        rows: (m,), items that head B learns from, in the order of their labels' arrival.
        names: m class names.
        audited: (m,), which of them are audit items; head A learns from the others.
        num_unsure: audit items that were asked, and that nobody could name.
        trust: (m,) in (0, 1], how much each counts in a fit.
    """

    rows: Int[np.ndarray, " m"]
    names: tuple[str, ...]
    audited: Bool[np.ndarray, " m"]
    num_unsure: int
    trust: Float[np.ndarray, " m"]

    @property
    def for_a(self) -> Int[np.ndarray, " a"]:
        """Places in `rows` that head A learns from."""
        return np.flatnonzero(~self.audited)


def lessons(
    place: Mapping[str, int],
    in_reserve: Bool[np.ndarray, " n"],
    state: State,
    *,
    trusted: Collection[str] = (),
) -> Lessons:
    """Sort the labels of a ledger.

    A reserved item counts once it was asked as an audit item. A label that a lasso threw on it
    before was neither random nor blind: it stays in the ledger and teaches nobody. Nor does an
    answer to an exam that is not over: who sees the meter move could end it where it stands well.

    Args:
        place: maps the path of each item to its place.
        in_reserve: (n,) items of the reserve; see `reserved`.
        state: of the ledger.
        trusted: gestures of lassos whose labels count in full.
    """
    found = []
    num_unsure = 0
    sitting = state.sitting
    for item, verdict in state.verdicts.items():
        row = place.get(item, -1)
        if row < 0 or item in sitting:
            continue
        asked = in_reserve[row] and any(e.source in MEASURES for e in state.answers(item))
        if in_reserve[row] and not asked:
            continue
        if verdict.label is None:
            num_unsure += asked
        else:
            event = verdict.event
            trust = LASSO_TRUST if event.source == "lasso" and event.gesture not in trusted else 1.0
            found.append((event.seq, row, verdict.label, bool(asked), trust))
    found.sort()
    return Lessons(
        np.array([row for _, row, _, _, _ in found], np.int64),
        tuple(name for _, _, name, _, _ in found),
        np.array([asked for _, _, _, asked, _ in found], bool),
        int(num_unsure),
        np.array([trust for _, _, _, _, trust in found], np.float64),
    )


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit items say of the shipped model.

    Args:
        live: accuracy with an interval that holds however often one looks at it.
        frozen: accuracy with Wilson's interval, for a model that is measured once.
        per_class: recall and precision of each class that the audit met.
        wrong_if_finished: labels expected to be wrong if the model labels the rest.
        num_unsure: audit items that nobody could name; they count as wrong in the lower bounds
            and as right in the upper ones.
    """

    live: Figure
    frozen: Figure
    per_class: Mapping[str, ClassFigures]
    wrong_if_finished: Figure
    num_unsure: int


def audit(
    probabilities: Float[np.ndarray, "m k"],
    targets: Int[np.ndarray, " m"],
    classes: Sequence[str],
    *,
    population: int,
    num_rest: int,
    num_unsure: int = 0,
    confidence: float = 0.95,
) -> Audit:
    """Measure head B on the audit items.

    Args:
        probabilities: (m, k) of the audit items, each by a fit without its group.
        targets: (m,) index of each one's class; -1 where head B does not know the class.
        classes: k names.
        population: clusters that the reserve was drawn from.
        num_rest: items without a label.
        num_unsure: audit items that were asked, and that nobody could name.
        confidence: of all intervals.
    """
    predicted = ONE_OF_K.decide(probabilities) if len(targets) else np.zeros(0, np.int64)
    hits = int((predicted == targets).sum())
    n, asked = len(targets), len(targets) + num_unsure
    value = hits / n if n else float("nan")

    def figure(method: str, low: float, high: float) -> Figure:
        how = f"leave-group-out on audit items, {method}"
        return Figure(value, low, high, confidence, n, how)

    low, _ = anytime(hits, asked, population=population, confidence=confidence)
    _, high = anytime(hits + num_unsure, asked, population=population, confidence=confidence)
    live = figure("anytime-valid", low, high)
    low, _ = _wilson(hits, asked, confidence)
    _, high = _wilson(hits + num_unsure, asked, confidence)
    frozen = figure("Wilson", low, high)
    wrong = Figure(
        num_rest * (1 - value),
        num_rest * (1 - frozen.high),
        num_rest * (1 - frozen.low),
        confidence,
        n,
        "unlabelled items x error on audit items",
    )
    per_class = {
        name: figures
        for index, name in enumerate(classes)
        if (figures := _class_figures(predicted, targets, index, confidence)) is not None
    }
    return Audit(live, frozen, per_class, wrong, num_unsure)


def _class_figures(
    predicted: Int[np.ndarray, " m"], targets: Int[np.ndarray, " m"], index: int, confidence: float
) -> ClassFigures | None:
    of_class, named_so = targets == index, predicted == index
    hits = int((of_class & named_so).sum())
    if not (of_class | named_so).any():
        return None

    def share(n: int) -> Figure:
        low, high = _wilson(hits, n, confidence)
        value = hits / n if n else float("nan")
        return Figure(value, low, high, confidence, n, "audit items, Wilson")

    return ClassFigures(int(of_class.sum()), share(int(of_class.sum())), share(int(named_so.sum())))


def _wilson(hits: int, n: int, confidence: float) -> tuple[float, float]:
    """As every leave-group-out figure: with Student's quantile, and widened.

    Without the widening, 93.7 % (± 1.3) of 331 simulated sessions were covered
    (`benchmarks/sessions.py`).
    """
    quantile = student_quantile(confidence, max(n - 1.0, 1.0)) * SHIPPED_WIDENING
    return wilson(hits / n if n else 0.0, float(n), quantile=quantile)
