"""All that a review shows, gathered in one place. No figures are computed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.estimate.figure import Blocked, Estimate, Figure
from handful.heads.linear import Candidate
from handful.items.finding import Finding
from handful.items.item import Item, Quarantined
from handful.system.machine import Conditions
from handful.targets.one_of_k import ONE_OF_K

ScopeName = Literal["test", "learning"]


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The population of one estimate: the test split, or items that were left out in turn.

    Args:
        name: "test" or "learning" (each item then judged by a head that did not see its group).
        estimate: its figures.
        index: places of its items within the review, ascending.
    """

    name: ScopeName
    estimate: Estimate
    index: Int[np.ndarray, " m"]


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """What is known about n labelled items after a fit.

    Args:
        name: of the data folder or table, for the title.
        items: n items; their paths are relative to the data folder.
        classes: k class names.
        labels: (n,) places within `classes`.
        probabilities: (n, k), of each item by a head that learned neither from it nor its group.
        held_out: (n,) True where the item is in the test split.
        clusters: (n,) equal for items that are duplicates of one another.
        units: (n,) equal for items that do not count as independent: duplicates, and one group.
        neighbours: (n, m) places of the m nearest other items, nearest first.
        similarities: (n, m) cosine similarity to them, in [-1, 1].
        positions: (n, 2) places on the map, in any unit.
        estimate: leave-group-out, over the items that are not held out.
        test: over those held out, or None where there are none.
        candidates: every head that was tried, the winner first.
        findings: the doctor's.
        quarantined: what was set aside.
        conditions: of the run.
        seconds: name of a step to its wall time.
        encoder: its name.
        coverage: that prediction sets promise, in (0, 1).
        created: when the run ended.
        attributes: facts of each item by which failures are sliced, name to n values ("colour
            mode" to "L", "RGB"); numbers are cut into quarters.
        noun: what an item is called, in the plural.
        model: identity of the model that the page speaks of; empty where none was saved.
        exams: test accuracies of models that sat a final exam, by a few digits of their hash; they
            are of those models and, unless it is one of them, not of the page's.
        measured: (n,) True where `estimate` is of the item: once queries chose what was labelled,
            the audit items alone; None: all that are not held out.
        sizes: (n, 2) width and height of each original in pixels, or None where there are none.
        blocked: how good it is when runs of neighbours are left out; None where it cannot be told.
        warnings: what makes the figures untrue, or was left out of them to keep them true.
        test_at_random: the test split was drawn at random, so that it shares its series.
        novelty: from which score on a picture is unlike all that was learned from ("limit"), the
            "units" left out to find it and the share "lost"; None: the model cannot tell.
        deep: what came of `--deep`, as `--json` tells it; None: the encoder stayed frozen.
    """

    name: str
    items: Sequence[Item]
    classes: tuple[str, ...]
    labels: Int[np.ndarray, " n"]
    probabilities: Float[np.ndarray, "n k"]
    held_out: Bool[np.ndarray, " n"]
    clusters: Int[np.ndarray, " n"]
    units: Int[np.ndarray, " n"]
    neighbours: Int[np.ndarray, "n m"]
    similarities: Float[np.ndarray, "n m"]
    positions: Float[np.ndarray, "n 2"]
    estimate: Estimate
    test: Estimate | None
    candidates: tuple[Candidate, ...]
    findings: Sequence[Finding]
    quarantined: Sequence[Quarantined]
    conditions: Conditions
    seconds: Mapping[str, float]
    encoder: str
    coverage: float
    created: datetime
    attributes: Mapping[str, Sequence[str] | Sequence[float]] = field(default_factory=dict)
    noun: str = "pictures"
    model: str = ""
    exams: Mapping[str, Figure] = field(default_factory=dict)
    novelty: Mapping[str, float] | None = None
    deep: Mapping[str, Any] | None = None
    measured: Bool[np.ndarray, " n"] | None = None
    sizes: Int[np.ndarray, "n 2"] | None = None
    blocked: Blocked | None = None
    warnings: tuple[str, ...] = ()
    test_at_random: bool = False

    def __post_init__(self) -> None:
        assert len(self.items) == len(self.labels) == len(self.probabilities), "one row per item"
        assert self.probabilities.shape[1] == len(self.classes), "one column per class"
        assert (self.test is not None) == bool(self.held_out.any()), "a test split has an estimate"
        for name, values in self.attributes.items():
            assert len(values) == len(self.items), f"attribute {name}: one value per item"

    @property
    def predictions(self) -> Int[np.ndarray, " n"]:
        """The most probable class of each item."""
        predictions: np.ndarray = ONE_OF_K.decide(self.probabilities)
        return predictions

    @property
    def confidence(self) -> Float[np.ndarray, " n"]:
        """The probability of the most probable class."""
        confidence: np.ndarray = self.probabilities.max(axis=1)
        return confidence

    @property
    def right(self) -> Bool[np.ndarray, " n"]:
        """Where the most probable class is the label."""
        right: np.ndarray = self.predictions == self.labels
        return right

    @property
    def leading(self) -> Blocked | None:
        """The blocked figure, where it leads: neighbours clearly help each other.

        Not before a test that the user set apart: that may be of new series itself.
        """
        alone = self.test is None or self.test_at_random
        return self.blocked if self.blocked and self.blocked.leads and alone else None

    def scopes(self) -> tuple[Scope, ...]:
        """The test split first, where there is one, then the items left out in turn."""
        of_estimate = ~self.held_out if self.measured is None else self.measured
        learning = Scope("learning", self.estimate, np.flatnonzero(of_estimate))
        if self.test is None:
            return (learning,)
        return Scope("test", self.test, np.flatnonzero(self.held_out)), learning
