"""Units: what must stay on one side of every split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from handful.items.disjoint import DisjointSets


def units(groups: Sequence[str | None], clusters: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """A unit number for each item; items of one group or one duplicate cluster share it.

    It is transitive: where a duplicate lies in two patients' folders, all of both are one unit.

    Args:
        groups: n group names; None: in no group.
        clusters: (n,) duplicate cluster of each item, as `duplicates.clusters` gives them.
    Returns:
        (n,) numbers from 0, in the order of each unit's first item.
    """
    sets = DisjointSets(len(groups))
    sets.join_alike(clusters.tolist())
    sets.join_alike(("alone", i) if group is None else group for i, group in enumerate(groups))
    return sets.numbered()
