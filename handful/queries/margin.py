"""Margin sampling: the items on which the model wavers most. The classic, kept as a control."""

from __future__ import annotations

import numpy as np

from handful.queries.chance import Chance
from handful.queries.query import Pool, Selection, check_count, chosen, uncertainty

REASON = "the model wavers between two classes"


class Margin:
    """The smallest margins between the two likeliest classes; random before there is a model.

    Source:
        Scheffer, Decomain & Wrobel, "Active hidden Markov models", 2001.
    """

    def __call__(self, pool: Pool, n: int, *, seed: int) -> Selection:
        """The `n` least certain clusters; see `Query`."""
        check_count(n)
        if pool.probabilities is None:
            return Chance()(pool, n, seed=seed)
        askable = pool.askable()
        order = np.argsort(-uncertainty(pool.probabilities[askable]), kind="stable")
        picks = askable[order[:n]]
        return chosen(picks, (REASON,) * len(picks))
