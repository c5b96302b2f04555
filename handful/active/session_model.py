"""Two heads from one set of labels: A steers and never sees an audit label, B is what is shipped.

Both are ridge: its left-out scores are exact, and the audit lives on them (decision 11).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.active.feature_snapshot import Known
from handful.active.label_snapshot import Given
from handful.encoders.encoder import Block
from handful.heads.fit import fit
from handful.heads.linear import HeadFit

METHODS = ("ridge",)


@dataclass(frozen=True, slots=True, eq=False)
class Steered:
    """Head A and what it says, which is all that the next question needs.

    Args:
        given: the labels.
        known: the vectors.
        head: None while the labels are of fewer than two classes.
        probabilities: (m, k) for the items that have a vector; k classes of `given`.
        milliseconds: that it took.
    """

    given: Given
    known: Known
    head: HeadFit | None
    probabilities: Float[np.ndarray, "m k"] | None
    milliseconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What was learned from one state of the labels.

    Args:
        version: counts fits, from 1.
        steered: head A.
        shipped: head B; head A's own where there is no audit label. None: too few labels.
        rows: (l,) lessons that have a vector, as places in `given.lessons.rows`.
        left_out: (l, k) of head B, each by a fit without its unit; k classes of `given`.
        milliseconds: that both heads took.
    """

    version: int
    steered: Steered
    shipped: HeadFit | None
    rows: Int[np.ndarray, " l"]
    left_out: Float[np.ndarray, "l k"]
    milliseconds: float

    @property
    def given(self) -> Given:
        """The labels."""
        return self.steered.given

    @property
    def known(self) -> Known:
        """The vectors."""
        return self.steered.known

    @property
    def audited(self) -> Bool[np.ndarray, " l"]:
        """Which lessons are audit answers."""
        found: np.ndarray = self.given.lessons.audited[self.rows]
        return found

    @property
    def items(self) -> Int[np.ndarray, " l"]:
        """The item of each lesson."""
        found: np.ndarray = self.given.lessons.rows[self.rows]
        return found

    @property
    def targets(self) -> Int[np.ndarray, " l"]:
        """The class of each lesson, as a place in `given.classes`."""
        place = {name: at for at, name in enumerate(self.given.classes)}
        return np.array([place[self.given.lessons.names[row]] for row in self.rows], np.int64)


def steer(known: Known, given: Given, *, seed: int = 0) -> Steered:
    """Fit head A and ask it about every item."""
    start = time.perf_counter()
    in_x = known.rows_of(given.lessons.rows)
    rows = np.flatnonzero((in_x >= 0) & ~given.lessons.audited)
    head = _head(known.X[in_x[rows]], given, rows, known, known.blocks, seed)
    probabilities = None
    if head is not None:
        said = head.head.probabilities(known.X)
        probabilities = spread(said, head.head.classes, given.classes)
    return Steered(given, known, head, probabilities, 1000 * (time.perf_counter() - start))


def teach(steered: Steered, *, version: int = 1, seed: int = 0) -> Taught:
    """Fit head B beside head A. A class that has too few labels is simply not said by them."""
    start = time.perf_counter()
    given, known = steered.given, steered.known
    in_x = known.rows_of(given.lessons.rows)
    rows = np.flatnonzero(in_x >= 0)
    shipped = steered.head
    if known.whole is not None or given.lessons.audited[rows].any():
        whole, blocks = known.whole_vectors(in_x[rows])
        shipped = _head(whole, given, rows, known, blocks, seed)
    left_out = np.zeros((len(rows), len(given.classes)), np.float32)
    if shipped is not None:
        left_out = spread(shipped.probabilities, shipped.head.classes, given.classes)
    milliseconds = steered.milliseconds + 1000 * (time.perf_counter() - start)
    return Taught(version, steered, shipped, rows, left_out, milliseconds)


def spread(
    probabilities: Float[np.ndarray, "n k"], learned: tuple[str, ...], classes: tuple[str, ...]
) -> Float[np.ndarray, "n c"]:
    """The same probabilities in the columns of all classes; 0 for those not learned."""
    wide = np.zeros((len(probabilities), len(classes)), np.float32)
    wide[:, [classes.index(name) for name in learned]] = probabilities
    return wide


def _head(
    X: Float[np.ndarray, "l d"],
    given: Given,
    rows: Int[np.ndarray, " l"],
    known: Known,
    blocks: Sequence[Block] | None,
    seed: int,
) -> HeadFit | None:
    names = [given.lessons.names[row] for row in rows]
    units = known.units[given.lessons.rows[rows]]
    if len(set(names)) < 2 or len(np.unique(units)) < 2:
        return None
    trust = given.lessons.trust[rows]
    return fit(X, names, units=units, blocks=blocks, methods=METHODS, seed=seed, trust=trust)
