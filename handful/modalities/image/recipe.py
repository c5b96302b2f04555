"""How a picture's bytes become the tensor that a graph takes, as a bundle's manifest records it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from handful.modalities.image.levels import Levels

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
    def detail(self) -> int:
        """Short side in pixels that decoding keeps, as in `items.decode.decode`.

        Never under 224, so that what is known of a file does not depend on the encoder's size, and
        a large picture beside small ones is decoded as it would be anywhere.
        """
        return max(224, self.size)

    @property
    def shared(self) -> tuple[Levels, ...]:
        """What the pictures of the set share: their black and white."""
        return self.levels

    def to_json(self) -> dict[str, object]:
        """As the manifest of a bundle holds it: without `levels` where there are none."""
        facts = asdict(self)
        facts["levels"] = list(facts["levels"])  # as JSON gives it back, so that the two are equal
        if not self.levels:  # as it was before there were any, so that kept vectors stay known
            del facts["levels"]
        return facts
