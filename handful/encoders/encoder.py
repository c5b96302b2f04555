"""The contract that every encoder keeps, for pictures today and texts and tables later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from handful.modalities.image.recipe import Recipe

if TYPE_CHECKING:
    import onnx

    from handful.modalities.image.decode import Picture


@dataclass(frozen=True, slots=True)
class Block:
    """A run of numbers in the vector that come from one stage of the network.

    Args:
        name: "stage3" for example.
        start, stop: columns [start, stop) of the vector.
    """

    name: str
    start: int
    stop: int


@runtime_checkable
class Encoder(Protocol):
    """A frozen network that turns an item into a vector.

    `identity` is a hash over weights, graph and recipe: two encoders with one identity give the
    same numbers, so features are kept under it.
    """

    @property
    def name(self) -> str:
        """As the registry has it."""
        ...

    @property
    def identity(self) -> str:
        """A hash over weights, graph and recipe."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How raw bytes become the graph's input."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        ...

    @property
    def blocks(self) -> Sequence[Block]:
        """The vector's parts, in order, without gaps."""
        ...

    def prepare(self, content: Picture) -> np.ndarray:
        """One decoded item's tensor, as `recipe` says, without the batch axis. Thread-safe."""
        ...

    def encode(self, batch: np.ndarray) -> Float[np.ndarray, "n d"]:
        """Vectors in float32 for a batch of prepared tensors. Thread-safe; one core a call."""
        ...

    def graph(self) -> onnx.ModelProto:
        """The ONNX graph from input `input` (see `recipe`) to output `vector` (n, d), float32."""
        ...
