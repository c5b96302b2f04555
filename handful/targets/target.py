"""The protocol of a kind of answer: what a head and a bundle ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float


@runtime_checkable
class Target(Protocol):
    """What a label is, and so how the k logits of an item become an answer."""

    @property
    def operator(self) -> str:
        """ONNX operator that computes `probabilities` at the end of a bundle's graph."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Attributes of that operator."""

    def probabilities(self, logits: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
        """Probabilities of each row, computed without overflow."""

    def decide(self, probabilities: Float[np.ndarray, "n k"]) -> np.ndarray:
        """The answer of each row, as an array with n rows."""

    def possible(self, probabilities: Sequence[float]) -> bool:
        """Whether these k numbers can be what `probabilities` gives for one item."""
