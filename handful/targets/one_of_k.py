"""One of K: every item belongs to exactly one of K classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True, slots=True)
class OneOfK:
    """An answer is the index of a class; probabilities of a row sum to 1."""

    def decide(self, probabilities: Float[np.ndarray, "n k"]) -> Int[np.ndarray, " n"]:
        """The likeliest class of each row, from probabilities or logits; the first of equals."""
        likeliest: Int[np.ndarray, " n"] = probabilities.argmax(axis=1)
        return likeliest


ONE_OF_K = OneOfK()
