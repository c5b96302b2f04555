"""Do neighbours in a series help each other? Whole runs of them are left out, and it shows.

Leaving out one item leaves its neighbours in: the cells of its module, the frames of its film. The
figure then holds for more of the same series, and flatters for a new one. So runs of consecutive
items are left out together, as long as neighbours resemble each other. The same is done with runs
that are put together at random, each with as many items of each class: where order means nothing
the two come to the same, whatever is left out, so the comparison is a permutation test. It raises a
false alarm in 5 % of the data sets in which items of a class are in random order.

Source:
    Roberts et al., Ecography 40 (2017), for leaving out blocks; Burman, Chow & Nolan, Biometrika 81
    (1994), for time series. Ours: the length from the resemblance, and the test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.estimate.estimate import LEAVE_GROUP_OUT, estimate
from handful.estimate.figure import Blocked
from handful.estimate.runs import Runs, form_runs, run_length
from handful.heads.calibration import log_losses, out_of_sample_probabilities
from handful.items.series import Order
from handful.targets.one_of_k import ONE_OF_K

if TYPE_CHECKING:
    from handful.heads.leave_out import LeaveOut
    from handful.heads.linear import RidgeFit

MOST_ITEMS = 3_072  # of a larger set, whole stretches of the order chosen at random ...
STRETCH = 512  # ... of so many items
SIGNIFICANT = 0.05
# Runs do not begin where series begin, and what they say hangs together. Of four worlds of
# simulated series (benchmarks/series.py) the worst needs 1.27 times the usual widening of 1.3;
# with it, all four are covered in 95.5 % to 98.1 % of the runs (decision 120).
WIDENING = 1.65
WORTH_SAYING = 0.01  # of accuracy: below a point both figures lead to the same decisions


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The n items of a fit.

    Args:
        targets: (n,) class of each.
        classes: k names.
        units: (n,) what is never parted.
        judged: (n,) those that the figure is of; the others are left out with their runs.
    """

    targets: Int[np.ndarray, " n"]
    classes: tuple[str, ...]
    units: Int[np.ndarray, " n"]
    judged: Bool[np.ndarray, " n"]


def blocked(
    fit: RidgeFit,
    labelled: Labelled,
    orders: Sequence[Order],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Blocked | None:
    """What is expected of new series, by the order in which neighbours help each other most.

    `leads` is set where runs in order are told worse than random runs (p <= 0.05 over the number
    of orders) and by a point of accuracy or more.

    Args:
        fit: ridge, of these items.
        labelled: the items.
        orders: that are tried.
        confidence: of the intervals.
        seed: of the random runs.
    Returns:
        The figures along the order that leads with the least accuracy; where none leads, the least
        of all. None where no order has neighbours that resemble each other, or has too few runs.
    """
    level = SIGNIFICANT / max(len(orders), 1)
    found = [_along(fit, labelled, order, level, confidence, seed) for order in orders]
    there = [one for one in found if one is not None]
    return min(there, key=lambda one: (not one.leads, one.estimate.accuracy.value), default=None)


def _along(
    fit: RidgeFit, labelled: Labelled, order: Order, level: float, confidence: float, seed: int
) -> Blocked | None:
    rng = np.random.default_rng([seed, 40])
    items, parts = stretches(order, rng)
    y, units = labelled.targets[items], labelled.units[items]
    # what shares a unit with an item outside these stays in the fit, and would flatter
    outside = np.setdiff1d(np.arange(len(labelled.units)), items)
    judged = labelled.judged[items] & ~np.isin(units, labelled.units[outside])
    if not judged.any():
        return None
    leave = fit.leaving_out(items)
    length = run_length(leave.alike, parts, y)
    runs = None if length is None else form_runs(units, parts, y, length)
    if length is None or runs is None:
        return None
    scores = leave.scores(runs.groups())
    loss, right = _judge(fit, scores, y, judged)
    p_value, at_random = _against_random(fit, leave, runs, y, judged, loss, level, rng)
    probabilities = out_of_sample_probabilities(
        scores, y, fit.log_prior, fit.scale, units=runs.of_item, seed=seed
    )
    measured = estimate(
        probabilities[judged].astype(np.float32),
        y[judged],
        labelled.classes,
        units=runs.of_item[judged],
        confidence=confidence,
        method=f"{LEAVE_GROUP_OUT}, runs of {length} by {order.name}",
        seed=seed,
        widening=WIDENING,
    )
    leads = p_value <= level and at_random - right >= WORTH_SAYING
    return Blocked(order.name, length, runs.count, measured, at_random, p_value, leads)


def stretches(
    order: Order, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " s"], Int[np.ndarray, " s"]]:
    """Items in their order, and the part that each lies in: all, or `MOST_ITEMS` in stretches."""
    if len(order.places) <= MOST_ITEMS:
        return order.places, order.parts
    num_whole = len(order.places) // STRETCH
    begin = np.sort(rng.permutation(num_whole)[: MOST_ITEMS // STRETCH]) * STRETCH
    chosen = (begin[:, None] + np.arange(STRETCH)).ravel()
    pair = np.stack([np.repeat(np.arange(len(begin)), STRETCH), order.parts[chosen]], axis=1)
    return order.places[chosen], np.unique(pair, axis=0, return_inverse=True)[1].ravel()


def _judge(
    fit: RidgeFit,
    scores: Float[np.ndarray, "s k"],
    y: Int[np.ndarray, " s"],
    judged: Bool[np.ndarray, " s"],
) -> tuple[float, float]:
    """Mean log-loss and accuracy of the judged items, all at the fit's own scale."""
    logits = fit.scale.logits(scores[judged], fit.log_prior)
    right = ONE_OF_K.decide(logits) == y[judged]
    return float(log_losses(logits, y[judged]).mean()), float(right.mean())


def _against_random(
    fit: RidgeFit,
    leave: LeaveOut,
    runs: Runs,
    y: Int[np.ndarray, " s"],
    judged: Bool[np.ndarray, " s"],
    loss: float,
    level: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """The test's p-value, and the mean accuracy of random runs.

    As few random runs as can reject: p is `level` where none of them is as bad, and one is enough
    to end it.
    """
    accuracies = []
    for done in range(1, round(1 / level)):
        other, right = _judge(fit, leave.scores(runs.shuffled(rng).groups()), y, judged)
        accuracies.append(right)
        if other >= loss:
            return 2 / (done + 1), float(np.mean(accuracies))
    return level, float(np.mean(accuracies))
