"""Random choice: the control that every other query must beat, and the way the audit is drawn."""

from __future__ import annotations

import numpy as np

from handful.queries.query import Pool, Selection, check_count

REASON = "drawn at random"


class Chance:
    """Each cluster that can be asked is equally likely."""

    def __call__(self, pool: Pool, n: int, *, seed: int) -> Selection:
        """Draw `n` clusters without replacement; see `Query`."""
        check_count(n)
        askable = pool.askable()
        rng = np.random.default_rng([seed, int(pool.labelled.sum())])
        drawn = rng.permutation(askable)[:n]
        remaining = len(askable) - np.arange(len(drawn))
        return Selection(drawn, 1.0 / remaining, (REASON,) * len(drawn))
