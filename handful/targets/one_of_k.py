"""One of K: every item belongs to exactly one of K classes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int


def softmax(logits: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Probabilities of each row, computed without overflow."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


@dataclass(frozen=True, slots=True)
class OneOfK:
    """An answer is the index of a class; probabilities of a row sum to 1."""

    @property
    def operator(self) -> str:
        """ONNX operator that computes `probabilities`."""
        return "Softmax"

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Attributes of that operator: it runs over classes."""
        return {"axis": 1}

    def probabilities(self, logits: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
        """The softmax of each row."""
        return softmax(logits)

    def decide(self, probabilities: Float[np.ndarray, "n k"]) -> Int[np.ndarray, " n"]:
        """The likeliest class of each row, from probabilities or logits; the first of equals."""
        likeliest: Int[np.ndarray, " n"] = probabilities.argmax(axis=1)
        return likeliest

    def possible(self, probabilities: Sequence[float]) -> bool:
        """Whether none is below 0 and their sum is 1, to a thousandth."""
        total = sum(probabilities)
        return all(p >= 0 for p in probabilities) and math.isclose(total, 1, abs_tol=1e-3)


ONE_OF_K = OneOfK()
