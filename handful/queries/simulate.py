"""An expert made of known labels, revealed on demand: for benchmarks and the demonstration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int


class Expert:
    """Answers with the true class, or, at the given rate, with a wrong one; always the same way.

    Args:
        truth: class number of each item.
        num_classes: how many classes there are.
        wrong_fraction: of the answers that are wrong, in [0, 1).
        seed: of the mistakes.
    """

    def __init__(
        self,
        truth: Int[np.ndarray, " n"],
        *,
        num_classes: int,
        wrong_fraction: float = 0.0,
        seed: int = 0,
    ) -> None:
        rng = np.random.default_rng(seed)
        wrong = rng.random(len(truth)) < wrong_fraction
        shift = rng.integers(1, max(num_classes, 2), len(truth))
        self._answers = np.where(wrong, (truth + shift) % num_classes, truth)
        self.asked = 0

    def answer(self, indices: Sequence[int] | Int[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
        """What the expert says of these items."""
        self.asked += len(indices)
        return self._answers[np.asarray(indices, dtype=np.int64)]
