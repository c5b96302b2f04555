"""The worst errors: where the model was surest, and wrong."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from handful.targets.one_of_k import ONE_OF_K


def worst_errors(
    labels: Int[np.ndarray, " n"],
    probabilities: Float[np.ndarray, "n k"],
    clusters: Int[np.ndarray, " n"],
) -> Int[np.ndarray, " e"]:
    """Places of the errors, the smallest probability of the given label first.

    Of duplicates that are all wrong only the worst is listed: ten copies are one mistake.
    """
    rows = np.arange(len(labels))
    wrong = np.flatnonzero(ONE_OF_K.decide(probabilities) != labels)
    given = probabilities[rows, labels]
    ranked = wrong[np.argsort(given[wrong], kind="stable")]
    _, first = np.unique(clusters[ranked], return_index=True)
    return ranked[np.sort(first)]
