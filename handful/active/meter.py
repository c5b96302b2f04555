"""The meter: how good the shipped model is, what more labels would buy, whether to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.active.session_model import METHODS, Taught
from handful.encoders.encoder import Block
from handful.estimate.audit import audit
from handful.estimate.figure import Baseline, ClassFigures, Figure
from handful.estimate.forecast import Forecast, forecast, stages_of
from handful.estimate.stopping import Advice, advise, half_width_after, kappa
from handful.heads.fit import fit
from handful.targets.one_of_k import ONE_OF_K

WATCHED = 2_000  # items whose predictions are held against those of the model before


@dataclass(frozen=True, slots=True, eq=False)
class Meter:
    """What is said of one model.

    Args:
        accuracy: on audit items, Wilson's interval: right for a model that is measured once.
        live: the same with an interval that holds however often one looks.
        answered, reserve: audit items answered, and drawn.
        per_class: recall and precision of each class that the audit met.
        confusion: (k, k) all lessons left out: row the label, column what the model said.
        forecast: what the next labels would buy; None while it cannot be said.
        expected_wrong: how many labels would be wrong if the model gave those that are missing.
        advice: whether to go on.
        baseline: accuracy on the same audit items of always naming their commonest class.
    """

    accuracy: Figure
    live: Figure
    answered: int
    reserve: int
    per_class: Mapping[str, ClassFigures]
    confusion: Int[np.ndarray, "k k"]
    forecast: Forecast | None
    expected_wrong: Figure
    advice: Advice
    baseline: Baseline | None


def measure(
    taught: Taught,
    *,
    forecast: Forecast | None = None,
    agreements: Sequence[float] = (),
    target: float | None = None,
) -> Meter | None:
    """The meter of a model; None where there is no model.

    Args:
        taught: the model.
        forecast: made by `look_ahead`, perhaps of a model a few labels ago.
        agreements: κ of each model's predictions with the one before.
        target: accuracy that the user needs, if one was named.
    """
    head = taught.shipped
    if head is None:
        return None
    given = taught.given
    rows = np.flatnonzero(taught.audited)
    classes = head.head.classes
    place = {name: at for at, name in enumerate(classes)}
    names = [given.lessons.names[taught.rows[row]] for row in rows]
    asked = len(rows) + given.lessons.num_unsure
    found = audit(
        head.probabilities[rows],
        np.array([place.get(name, -1) for name in names], np.int64),
        classes,
        population=max(given.population, asked, 1),
        num_rest=int((given.labels < 0).sum()),
        num_unsure=given.lessons.num_unsure,
    )
    reserve = len(np.unique(taught.known.clusters[given.reserve]))
    population = max(given.population, asked, 1)
    ahead = half_width_after(found.live, reserve - asked, asked=asked, population=population)
    k = len(given.classes)
    confusion = np.zeros((k, k), np.int64)
    np.add.at(confusion, (taught.targets, ONE_OF_K.decide(taught.left_out)), 1)
    return Meter(
        accuracy=found.frozen,
        live=found.live,
        answered=given.num_audited,
        reserve=reserve,
        per_class=found.per_class,
        confusion=confusion,
        forecast=forecast,
        expected_wrong=found.wrong_if_finished,
        advice=advise(found.live, forecast, agreements, target=target, ahead=ahead),
        baseline=_baseline(names),
    )


def _baseline(names: Sequence[str]) -> Baseline | None:
    if not names:
        return None
    label, count = Counter(names).most_common(1)[0]
    return Baseline(label, count / len(names), len(names))


def look_ahead(taught: Taught, *, num_more: int = 50, seed: int = 0) -> Forecast | None:
    """What the next labels would buy: models made again from the first labels, on audit items.

    An audit item whose unit is only partly among the first labels cannot be left out fairly, and
    is passed over at every stage.
    """
    audited = np.flatnonzero(taught.audited)
    if taught.shipped is None or not len(audited):
        return None
    known, lessons = taught.known, taught.given.lessons
    X, blocks = known.whole_vectors(known.rows_of(taught.items))
    units, trust = known.units[taught.items], lessons.trust[taught.rows]
    names = np.array([lessons.names[row] for row in taught.rows])
    n = len(names)
    fair = np.ones(len(audited), bool)
    for m in stages_of(n):
        fair &= (audited < m) | ~np.isin(units[audited], units[:m])
    audited = audited[fair]

    def is_right(m: int) -> Bool[np.ndarray, " a"]:
        return _right_after(X, blocks, names, units, trust, audited, m, seed)

    return forecast(is_right, n, num_more=num_more, seed=seed)


def _right_after(
    X: np.ndarray,
    blocks: Sequence[Block] | None,
    names: np.ndarray,
    units: Int[np.ndarray, " l"],
    trust: Float[np.ndarray, " l"],
    audited: Int[np.ndarray, " a"],
    m: int,
    seed: int,
) -> Bool[np.ndarray, " a"]:
    """Whether each audit item is said rightly by a model of the first `m` labels."""
    present = set(names[:m].tolist())
    if len(present) < 2 or len(np.unique(units[:m])) < 2:
        said = np.full(len(audited), next(iter(present)))
        return said == names[audited]
    head = fit(
        X[:m],
        names[:m].tolist(),
        units=units[:m],
        blocks=blocks,
        methods=METHODS,
        seed=seed,
        trust=trust[:m],
    )
    inside = audited < m
    probabilities = np.empty((len(audited), len(head.head.classes)), np.float32)
    probabilities[inside] = head.probabilities[audited[inside]]
    probabilities[~inside] = head.head.probabilities(X[audited[~inside]])
    right: Bool[np.ndarray, " a"] = (
        np.array(head.head.classes)[ONE_OF_K.decide(probabilities)] == names[audited]
    )
    return right


def agreement_with(before: Taught | None, now: Taught, *, seed: int = 0) -> float | None:
    """κ of two models' predictions on a fixed share of the items; None without two models."""
    if before is None or before.steered.probabilities is None or now.steered.probabilities is None:
        return None
    rng = np.random.default_rng([seed, 31])
    watched = rng.permutation(now.known.num_items)[:WATCHED]
    old, new = before.known.rows_of(watched), now.known.rows_of(watched)
    both = (old >= 0) & (new >= 0)
    if not both.any():
        return None
    names = sorted({*before.given.classes, *now.given.classes})
    said = [
        np.array([names.index(name) for name in one.given.classes])[
            ONE_OF_K.decide(one.steered.probabilities[rows[both]])
        ]
        for one, rows in ((before, old), (now, new))
        if one.steered.probabilities is not None
    ]
    return kappa(said[0], said[1])
