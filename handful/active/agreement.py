"""Several annotators, and each with themselves: agreement, consistency, what is to be decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from handful.estimate.figure import Figure
from handful.estimate.stopping import kappa
from handful.heads.binomial import normal_quantile, wilson
from handful.labels.state import State

CONFIDENCE = 0.95
RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two annotators agree beyond chance, on items that both answered."""

    annotators: tuple[str, str]
    kappa: Figure


def agreement(tables: Mapping[str, Mapping[str, str]], *, seed: int = 0) -> Agreement | None:
    """κ of the two annotators with most items in common; None where no two share any.

    The interval is the bootstrap over items.

    Args:
        tables: annotator → item → class, as `State.by_annotator` gives them.
        seed: of the bootstrap.
    """
    pairs = [
        (len(tables[one].keys() & tables[other].keys()), one, other)
        for one, other in combinations(sorted(tables), 2)
    ]
    shared, one, other = max(pairs, default=(0, "", ""))
    if not shared:
        return None
    items = sorted(tables[one].keys() & tables[other].keys())
    names = sorted({tables[by][item] for by in (one, other) for item in items})
    said = [np.array([names.index(tables[by][item]) for item in items]) for by in (one, other)]
    value = kappa(said[0], said[1])
    rng = np.random.default_rng([seed, 32])
    drawn = rng.integers(0, shared, (RESAMPLES, shared))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile([kappa(said[0][d], said[1][d]) for d in drawn], [tail, 1 - tail])
    method = "Cohen's kappa on items that both answered, bootstrap of items"
    figure = Figure(
        value, min(float(low), value), max(float(high), value), CONFIDENCE, shared, method
    )
    return Agreement((one, other), figure)


def consistency(state: State, by: str) -> Figure | None:
    """How often an annotator, asked again blind, said the same; None before the first time.

    What is asked again looked suspect, so the figure is lower than it would be on any items.
    """
    same = asked = 0
    for item in state.answered_again:
        counted = [e for e in state.counted(item) if e.annotator == by and e.kind == "label"]
        for before, again in pairwise(counted):
            if again.source == "reask" and before.source != "lasso":
                asked += 1
                same += state.name_of(before.label) == state.name_of(again.label)
    if not asked:
        return None
    low, high = wilson(same / asked, float(asked), quantile=normal_quantile(CONFIDENCE))
    return Figure(same / asked, low, high, CONFIDENCE, asked, "suspect labels asked again, Wilson")


def disputed(state: State) -> list[str]:
    """Items on which annotators disagree and nobody has decided, oldest vote first."""
    open_items = [
        (v.event.seq, item) for item, v in state.verdicts.items() if len(v.votes) > 1 and v.disputed
    ]
    return [item for _, item in sorted(open_items)]
