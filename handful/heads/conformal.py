"""Prediction sets that keep a promise, and when to say "cannot say".

Everything here rests on out-of-sample probabilities: of items whose unit the head did not see.
Imports nothing heavy, because a saved model predicts with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.errors import SettingError
from handful.heads.binomial import clopper_pearson
from handful.targets.one_of_k import ONE_OF_K

ROOM = 3  # a class has its own threshold from this many times the fewest items that allow one
STEPS = 100  # confidences that are tried for an error rate, from the surest down
CONFIDENCE = 0.95  # that the promised error rate holds
TOO_SURE = 2.0  # a confidence that no answer has


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a class is plausible, and when a model abstains. Saved in every bundle.

    Args:
        coverage: how often the prediction set holds the right class, in (0, 1).
        plausible_from: of each class, the least probability at which it is plausible.
        max_error: promised share of wrong ones among the answers given; None: not promised.
        answer_from: the least probability of an answer, where `max_error` is promised; above 1
            where no confidence keeps that promise.
        note: what could not be done as asked, in plain words; may be empty.
    """

    coverage: float
    plausible_from: tuple[float, ...]
    max_error: float | None = None
    answer_from: float = 0.0
    note: str = ""


def thresholds(
    probabilities: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    *,
    coverage: float = 0.95,
    max_error: float | None = None,
    units: Int[np.ndarray, " n"] | None = None,
) -> Thresholds:
    """Thresholds under which the promised coverage, and error rate if asked for, hold.

    A class has a threshold of its own where it has items enough, so that the promise holds for
    each such class and not only on average; the others share one.

    Args:
        probabilities: out of sample.
        y: class indices.
        coverage: in (0, 1).
        max_error: in (0, 1), or None.
        units: items with one number were drawn together (groups, duplicates): the promise then
            holds for items of units not seen, and it is units that there must be enough of.
    Raises:
        SettingError: a fraction is out of its range.
    Source:
        Split conformal: Vovk et al. 2005; with leave-one-out scores it behaves like the jackknife+
        (Barber et al., arXiv:1905.02928). By class: Vovk 2012, arXiv:1209.2673. Units share one
        vote among their items: pooled CDFs of Dunn, Wasserman & Ramdas, arXiv:1809.07441.
    """
    for name, value in (("coverage", coverage), ("max_error", max_error)):
        if value is not None and not 0 < value < 1:
            raise SettingError(
                f"{name} must lie between 0 and 1.",
                found=f"{name} = {value}",
                expected="a fraction in between",
                attempt=f"{name}=0.95",
            )
    given = probabilities[np.arange(len(y)), y].astype(np.float64)
    unit = np.arange(len(y)) if units is None else np.unique(units, return_inverse=True)[1]
    shared = _plausible_from(given, unit, coverage)
    fewest = math.ceil(1 / (1 - coverage) - 1e-9) - 1
    per_class = tuple(
        _plausible_from(given[y == c], unit[y == c], coverage)
        if len(np.unique(unit[y == c])) >= ROOM * fewest
        else shared
        for c in range(probabilities.shape[1])
    )
    notes = []
    num = len(np.unique(unit))
    if num < fewest:
        notes.append(
            f"{coverage:.0%} coverage needs {fewest} {'items' if units is None else 'units'} and"
            f" there are {num}: every class is plausible for every item."
        )
    answer_from = 0.0
    if max_error is not None:
        answer_from = answer_threshold(probabilities, y, max_error=max_error, units=units)
        if answer_from > 1:
            notes.append(f"No confidence promises an error of {max_error:.1%} or less: no answers.")
    return Thresholds(coverage, per_class, max_error, answer_from, " ".join(notes))


def _plausible_from(
    given: Float[np.ndarray, " m"], unit: Int[np.ndarray, " m"], coverage: float
) -> float:
    """The probability below which at most a share 1 − coverage of new items fall: 0 if too few.

    Every unit has one vote, shared by its items; alone, items give the ⌈(m + 1) coverage⌉-th
    largest.
    """
    names, where, sizes = np.unique(unit, return_inverse=True, return_counts=True)
    order = np.argsort(-given, kind="stable")
    votes = np.cumsum(1 / sizes[where[order]])
    enough = votes >= (len(names) + 1) * coverage - 1e-9
    return float(given[order[enough.argmax()]]) if enough.any() else 0.0


def answer_threshold(
    probabilities: Float[np.ndarray, "n k"],
    y: Int[np.ndarray, " n"],
    *,
    max_error: float,
    units: Int[np.ndarray, " n"] | None = None,
) -> float:
    """The least confidence from which answers are wrong at most `max_error` of the time.

    Confidences are tried from the surest down, and the search stops at the first whose error might
    be too large by an exact one-sided bound: so one look is paid for, however many are taken.
    Where items were drawn in units, the bound is that of as many trials as there are units: a unit
    counts as wrong in the share of its answers that are. 2.0 where not even the surest answers
    keep the promise.

    Source:
        Fixed-sequence testing: Angelopoulos et al., "Learn then Test", arXiv:2110.01052.
    """
    sure = probabilities.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    wrong = (ONE_OF_K.decide(probabilities) != y)[order]
    unit = np.arange(len(y)) if units is None else np.unique(units, return_inverse=True)[1]
    n, found = len(y), TOO_SURE
    # Twice as many answers as could pass without an error: a walk that began with so few would
    # end at the first error.
    fewest = 2 * math.ceil(math.log(1 - CONFIDENCE) / math.log(1 - max_error))
    for answered in np.unique(np.linspace(min(fewest, n), n, STEPS).astype(int)):
        confidence = sure[order[answered - 1]]
        count = int((sure >= confidence).sum())  # equal confidences are answered together
        _, where, sizes = np.unique(unit[order[:count]], return_inverse=True, return_counts=True)
        faults = math.ceil(float((wrong[:count] / sizes[where]).sum()) - 1e-9)
        _, bound = clopper_pearson(faults, len(sizes), confidence=2 * CONFIDENCE - 1)
        if bound > max_error:
            break
        found = float(confidence)
    return found


def prediction_sets(
    probabilities: Float[np.ndarray, "n k"], thresholds: Thresholds
) -> Bool[np.ndarray, "n k"]:
    """Which classes are plausible for each item; the likeliest always is."""
    plausible: Bool[np.ndarray, "n k"] = probabilities >= np.array(
        thresholds.plausible_from, dtype=probabilities.dtype
    )
    plausible[np.arange(len(plausible)), ONE_OF_K.decide(probabilities)] = True
    return plausible


def abstentions(
    probabilities: Float[np.ndarray, "n k"], thresholds: Thresholds
) -> Bool[np.ndarray, " n"]:
    """Where the answer is "cannot say".

    Where an error rate is promised: below the confidence that it needs. Otherwise: where more than
    one class is plausible.
    """
    if thresholds.max_error is not None:
        return probabilities.max(axis=1) < thresholds.answer_from
    return prediction_sets(probabilities, thresholds).sum(axis=1) != 1
