"""The whole choice: herding, a share of discovery, and audit items in between."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from handful.queries.discovery import Discovery
from handful.queries.herding import Herding
from handful.queries.query import Pool, Query, Selection, check_count

# Every third item asked is an audit item until 30 of them are answered, and so on.
SCHEDULE = ((30, 3), (100, 5))
LATER = 10
GOLDEN = (5**0.5 - 1) / 2  # its multiples, modulo 1, leave no part of [0, 1) out for long


@dataclass(frozen=True, slots=True)
class Mixture:
    """Mostly the main query, and now and then the other; the main alone before there is a model.

    Args:
        main: chooses what teaches the present classes most.
        other: looks for what is not known yet.
        most: of the picks that `other` gets while new classes turn up, in [0, 1].
        least: that it gets once they are settled, in [0, most].
    """

    main: Query = field(default_factory=Herding)
    other: Query = field(default_factory=Discovery)
    most: float = 0.15
    least: float = 0.05

    def __call__(self, pool: Pool, n: int, *, seed: int) -> Selection:
        """`n` items; how many are labelled already decides which are `other`'s; see `Query`."""
        check_count(n)
        number = int(pool.labelled.sum()) + np.arange(1, n + 1)
        others = number * GOLDEN % 1.0 < self.share(pool)
        parts, places = [], []
        for query, slots in (
            (self.main, np.flatnonzero(~others)),
            (self.other, np.flatnonzero(others)),
        ):
            if len(slots):
                parts.append(query(pool, len(slots), seed=seed))
                places.append(slots[: len(parts[-1])])
                pool = pool.with_labelled(parts[-1].indices)
        order = np.argsort(np.concatenate(places))
        reasons = [reason for part in parts for reason in part.reasons]
        return Selection(
            np.concatenate([part.indices for part in parts])[order],
            np.concatenate([part.probabilities for part in parts])[order],
            tuple(reasons[place] for place in order),
        )

    def share(self, pool: Pool) -> float:
        """Of the next picks, how many are the other query's; `most` where counts are not told."""
        if pool.probabilities is None:
            return 0.0
        if pool.counts is None:
            return self.most
        return min(self.most, max(self.least, unseen_mass(pool.counts)))


def unseen_mass(counts: Int[np.ndarray, " c"]) -> float:
    """How likely the next label is of a class not seen yet: classes seen once, per label.

    Unbiased for draws at random. Labels asked for are none: queries spread them, so that small
    classes come sooner than by chance. What is estimated is the yield of more such questions, not
    the share of the pool that nobody has named; only the audit could tell that, and what it says
    must not steer.

    Args:
        counts: labels of each class, each from a look of its own.
    Source:
        Good, "The population frequencies of species and the estimation of population parameters",
        1953, who credits Turing.
    """
    return float((counts == 1).sum() / max(counts.sum(), 1))


def audit_is_due(num_asked: int, num_audited: int) -> bool:
    """Whether the next item should come from the audit reserve.

    One in three until 30 audit items are answered, one in five until 100, then one in ten.

    Args:
        num_asked: items asked since the last audit item.
        num_audited: audit items answered so far.
    """
    every = next((every for until, every in SCHEDULE if num_audited < until), LATER)
    return num_asked >= every - 1
