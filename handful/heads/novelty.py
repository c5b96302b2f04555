"""How unlike all that a model learned from a new item is: a score, and the limit that it may reach.

Per stage of the encoder, the squared distance to the mean of the learned items, each column in its
own standard deviations, is averaged; the logarithms of these distances are compared with those of
items that were left out, and their mean over the stages is the score. So 0 is an ordinary item
of the same source, whatever the encoder and the data. Labels are used only to leave out fairly.

Tried on the solar cells, Fashion-MNIST, tissue, faces and photographs, learning from 12 to 1,968
(`benchmarks/unlike.py`): one mean over all columns is ruled by the columns that vary most, a
shrunk Mahalanobis distance is no better at any size and would need the items' own directions in
the file, and a distance by class needs a mean of each class, which for a class of one item is
that item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handful.encoders.encoder import Block
from handful.heads.standardise import Rows
from handful.system.cores import own_products

FEWEST_UNITS = 8  # below, a spread is a guess, and a mean says too much of each item
MOST_ITEMS = 4096  # a mean and a deviation gain nothing from more
RUNS = 12
LOST = 0.01  # of new items of the same source, where there are units enough to count
LOST_BY_LAW = 0.003  # where there are not: their scores have heavier tails than the normal law
SMALLEST_IN_STAGE = 0.1  # of the stage's median deviation; 0.3 and 1 let more foreign items pass
OFFSET = 0.05  # under the logarithm: a stage that fits exactly does not outvote the others
# What is taken as known before anything is left out, as so many units' worth: ELPV with 24 items
# loses 2.7 % without the spread of 1, 1.9 % with it.
STAGE_SPREAD, STAGE_UNITS = 0.5, 4
SCORE_SPREAD, SCORE_UNITS = 1.0, 8


@dataclass(frozen=True, slots=True, eq=False)
class Distance:
    """score = level + sum over stages g of weight_g · log(OFFSET + mean over g of z²).

    Args:
        shift, factor: (d,), float32: z = (x − shift) · factor.
        weight: (g,), float32.
        level: a number.
        stages: g runs of columns.
    """

    shift: Float[np.ndarray, " d"]
    factor: Float[np.ndarray, " d"]
    weight: Float[np.ndarray, " g"]
    level: float
    stages: tuple[slice, ...]

    def scores(self, X: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n"]:
        """The score of each vector, as the graph of a bundle computes it."""
        logs = _stage_logs(X, self.shift, self.factor, self.stages)
        return logs @ self.weight.astype(np.float64) + self.level


@dataclass(frozen=True, slots=True, eq=False)
class Novelty:
    """The distance to what was learned from, and how it was calibrated.

    Args:
        distance: on the encoder's vector.
        limit: scores above it are unlike all that was learned from.
        units: how many units were left out to find the limit.
        lost: the share of left-out items (each unit one vote) above the limit.
    """

    distance: Distance
    limit: float
    units: int
    lost: float


@own_products()
def novelty(
    X: Rows,
    y: Int[np.ndarray, " n"],
    *,
    blocks: Sequence[Block],
    units: Int[np.ndarray, " n"] | None = None,
) -> Novelty | None:
    """A distance to these items, and a limit that about one in a hundred of their kind passes.

    Each item is scored by the items of the other runs: the items of each class, in the order
    given, are cut into `RUNS` runs of neighbours, so that a limit holds for a new series (a new
    module, a new day) and not only for one more item of a series that was seen. On the solar
    cells, 11 of 44 modules left out, 2.5 % were lost at worst with items left out at random,
    1.6 % with runs.

    Args:
        X: (n, d) vectors, in the order in which they were taken, as far as that is known.
        y: class indices.
        blocks: the stages of the encoder.
        units: items with one number are left out together and have one vote.
    Returns:
        None where there are fewer than `FEWEST_UNITS` units.
    """
    step = -(-len(y) // MOST_ITEMS)
    rows = np.arange(0, len(y), step)
    unit = rows if units is None else np.asarray(units)[rows]
    names, unit, sizes = np.unique(unit, return_inverse=True, return_counts=True)
    if len(names) < FEWEST_UNITS:
        return None
    stages = tuple(slice(block.start, block.stop) for block in blocks)
    run = _runs(y[rows], unit)
    parts = [rows[run == one] for one in range(run.max() + 1)]
    moments = [_moments(np.asarray(X[part], np.float32)) for part in parts]
    whole = _add(moments)
    logs = np.empty((len(rows), len(stages)))
    for one, (part, own) in enumerate(zip(parts, moments, strict=True)):
        rest = _columns(*_subtract(whole, own), stages)
        logs[run == one] = _stage_logs(np.asarray(X[part], np.float32), *rest, stages)
    vote = (1 / sizes)[unit] / len(names)
    centre = vote @ logs
    variance = vote @ (logs - centre) ** 2
    spread = np.sqrt(
        (len(names) * variance + STAGE_UNITS * STAGE_SPREAD**2) / (len(names) + STAGE_UNITS)
    )
    weight = (1 / (spread * len(stages))).astype(np.float32)
    level = float(-(centre @ weight.astype(np.float64)))
    scores = logs @ weight.astype(np.float64) + level
    limit = _limit(scores, vote, len(names))
    shift, factor = _columns(*whole, stages)
    distance = Distance(shift, factor, weight, level, stages)
    return Novelty(distance, limit, len(names), float(vote[scores > limit].sum()))


def _runs(y: Int[np.ndarray, " n"], unit: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """The run of each item: units stay whole; each class's units are cut in the order given."""
    _, first = np.unique(unit, return_index=True)
    run = np.empty(len(first), np.int64)
    count = min(RUNS, len(first))
    turn = 0
    for target in np.unique(y[first]):
        members = np.flatnonzero(y[first] == target)
        members = members[np.argsort(first[members], kind="stable")]
        # a class of fewer units than runs starts where the class before it ended
        run[members] = (np.arange(len(members)) * count // max(len(members), count) + turn) % count
        turn += len(members)
    _, packed = np.unique(run, return_inverse=True)
    placed: Int[np.ndarray, " n"] = packed[unit]
    return placed


_Moments = tuple[float, np.ndarray, np.ndarray]


def _moments(X: Float[np.ndarray, "n d"]) -> _Moments:
    """Number of items, sum and sum of squares of each column, in float64."""
    return float(len(X)), X.sum(axis=0, dtype=np.float64), np.einsum("nd,nd->d", X, X, dtype=float)


def _add(parts: Sequence[_Moments]) -> _Moments:
    return (
        sum(part[0] for part in parts),
        np.sum([part[1] for part in parts], axis=0),
        np.sum([part[2] for part in parts], axis=0),
    )


def _subtract(whole: _Moments, part: _Moments) -> _Moments:
    return whole[0] - part[0], whole[1] - part[1], whole[2] - part[2]


def _columns(
    count: float, total: np.ndarray, squares: np.ndarray, stages: Sequence[slice]
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Shift and factor of each column; a column that no item moves, in a stage of such, has 0."""
    mean = total / count
    scale = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    for stage in stages:
        scale[stage] = np.maximum(scale[stage], SMALLEST_IN_STAGE * np.median(scale[stage]))
    moved = scale > 1e-6 * np.maximum(np.abs(mean), 1e-30)
    factor = np.where(moved, 1 / np.maximum(scale, 1e-30), 0.0)
    return mean.astype(np.float32), factor.astype(np.float32)


def _stage_logs(
    X: Float[np.ndarray, "n d"],
    shift: Float[np.ndarray, " d"],
    factor: Float[np.ndarray, " d"],
    stages: Sequence[slice],
) -> Float[np.ndarray, "n g"]:
    z = (X - shift) * factor
    squares = [np.einsum("nd,nd->n", z[:, one], z[:, one]) / z[:, one].shape[1] for one in stages]
    return np.log(OFFSET + np.stack(squares, axis=1).astype(np.float64))


def _limit(scores: Float[np.ndarray, " n"], vote: Float[np.ndarray, " n"], units: int) -> float:
    """The larger of two: what so few left-out items pass, and a normal law's prediction limit.

    Below 99 units no score is rare enough to count by, and the law alone decides.

    Source:
        Conformal: Vovk et al. 2005; with left-out scores as for the jackknife+ (Barber et al.,
        arXiv:1905.02928). Prediction limit of the normal law: Student's t, with a spread of
        `SCORE_SPREAD` as `SCORE_UNITS` further observations.
    """
    from scipy.special import stdtrit

    mean = float(vote @ scores)
    degrees = units - 1 + SCORE_UNITS
    variance = units * float(vote @ (scores - mean) ** 2) + SCORE_UNITS * SCORE_SPREAD**2
    reach = float(stdtrit(degrees, 1 - LOST_BY_LAW)) * np.sqrt(1 + 1 / units)
    by_law = mean + reach * np.sqrt(variance / degrees)
    order = np.argsort(scores, kind="stable")
    passed = units * np.cumsum(vote[order]) >= (units + 1) * (1 - LOST) - 1e-9
    by_count = float(scores[order[passed.argmax()]]) if passed.any() else -np.inf
    return float(max(by_law, by_count))
