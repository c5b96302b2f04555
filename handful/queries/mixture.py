"""The whole choice: herding, a share of discovery, and audit items in between."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from handful.queries.discovery import Discovery
from handful.queries.herding import Herding
from handful.queries.query import Pool, Query, Selection, check_count

# Every third item asked is an audit item until 30 of them are answered, and so on.
SCHEDULE = ((30, 3), (100, 5))
LATER = 10


@dataclass(frozen=True, slots=True)
class Mixture:
    """Mostly the main query, and now and then the other; the main alone before there is a model.

    Args:
        main: chooses what teaches the present classes most.
        other: looks for what is not known yet.
        share: of the picks that `other` gets, in [0, 1].
    """

    main: Query = field(default_factory=Herding)
    other: Query = field(default_factory=Discovery)
    share: float = 0.15

    def __call__(self, pool: Pool, n: int, *, seed: int) -> Selection:
        """`n` items; how many are labelled already decides which are `other`'s; see `Query`."""
        check_count(n)
        share = 0.0 if pool.probabilities is None else self.share
        so_far = int(pool.labelled.sum()) + np.arange(n + 1)
        others = np.diff(np.floor(share * so_far + 1e-9)) > 0
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


def audit_is_due(num_asked: int, num_audited: int) -> bool:
    """Whether the next item should come from the audit reserve.

    One in three until 30 audit items are answered, one in five until 100, then one in ten.

    Args:
        num_asked: items asked since the last audit item.
        num_audited: audit items answered so far.
    """
    every = next((every for until, every in SCHEDULE if num_audited < until), LATER)
    return num_asked >= every - 1
