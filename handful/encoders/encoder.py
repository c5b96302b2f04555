"""The contract that every encoder keeps, for pictures today and texts and tables later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from handful.items.levels import Levels

if TYPE_CHECKING:
    import onnx

    from handful.items.decode import Picture

Modality = Literal["image"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How raw bytes become the tensor that the graph takes. Saved in every bundle.

    Args:
        modality: what kind of item.
        size: height and width of the tensor in pixels.
        fit: "squash" resizes both sides to `size`: nothing at the edges is lost.
        layout: the tensor is uint8 (n, size, size, 3), RGB; normalisation is inside the graph.
        version: of the decoding code; a change that alters pixels raises it.
        levels: black and white of the set, for pictures of more than 8 bits; none: each picture is
            stretched by itself.
    """

    modality: Modality = "image"
    size: int = 224
    fit: Literal["squash"] = "squash"
    layout: Literal["uint8-nhwc-rgb"] = "uint8-nhwc-rgb"
    version: int = 1
    levels: tuple[Levels, ...] = ()

    @property
    def decode_side(self) -> int:
        """Short side in pixels that decoding keeps, as in `items.decode.decode`.

        Never under 224, so that what is known of a file does not depend on the encoder's size, and
        a large picture beside small ones is decoded as it would be anywhere.
        """
        return max(224, self.size)

    def to_json(self) -> dict[str, object]:
        """As the manifest of a bundle holds it: without `levels` where there are none."""
        facts = asdict(self)
        facts["levels"] = list(facts["levels"])  # as JSON gives it back, so that the two are equal
        if not self.levels:  # as it was before there were any, so that kept vectors stay known
            del facts["levels"]
        return facts


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
