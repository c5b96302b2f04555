"""The learning curve: what fewer labels would have given, on the same items kept aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from handful.errors import SettingError
from handful.learning.learn import Embedded, Learned

if TYPE_CHECKING:
    from handful.estimate.figure import Estimate


def learning_curve(
    embedded: Embedded, learned: Learned, sizes: Sequence[int], *, seed: int
) -> list[tuple[int, Estimate]]:
    """What fewer labels would have given, each measured on the items kept aside.

    Args:
        sizes: numbers of labels; each many are drawn at random, by class in proportion.
    Returns:
        (labels, estimate on the test items) for each size that is smaller than what there is.
    Raises:
        SettingError: nothing is kept aside to measure on.
    """
    from handful.estimate.estimate import estimate
    from handful.heads.fit import fit

    if not learned.held_out.any():
        raise SettingError(
            "A learning curve is measured on items kept aside, and none are.",
            found="the project has no test split",
            expected="a share to keep aside, or a column `split`",
            attempt="handful.open(..., test=0.25)",
        )
    pool, test = np.flatnonzero(~learned.held_out), np.flatnonzero(learned.held_out)
    tested, units = embedded.vectors(learned.chosen[test]), embedded.units[learned.chosen]
    curve = []
    for size in (size for size in sizes if size < len(pool)):
        drawn = pool[_stratified(learned.targets[pool], size, seed)]
        small = fit(
            embedded.vectors(learned.chosen[drawn]),
            [learned.classes[target] for target in learned.targets[drawn]],
            units=units[drawn],
            blocks=embedded.encoder.blocks,
            seed=seed,
        )
        said = np.zeros((len(test), len(learned.classes)), dtype=np.float32)
        columns = [learned.classes.index(name) for name in small.head.classes]
        said[:, columns] = small.head.probabilities(tested)
        curve.append(
            (
                size,
                estimate(
                    said,
                    learned.targets[test],
                    learned.classes,
                    units=units[test],
                    method="test split",
                    seed=seed,
                ),
            )
        )
    return curve


def _stratified(targets: Int[np.ndarray, " n"], size: int, seed: int) -> Int[np.ndarray, " size"]:
    """`size` places drawn at random, each class in proportion."""
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(targets))
    # Within each class, places are spread evenly over (0, 1); the smallest come first.
    rank = np.empty(len(targets))
    for target in np.unique(targets):
        own = shuffled[targets[shuffled] == target]
        rank[own] = (np.arange(len(own)) + random.random()) / len(own)
    return np.argsort(rank, kind="stable")[:size]
