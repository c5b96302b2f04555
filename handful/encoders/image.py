"""An encoder of pictures: a graph, its weights and its recipe under one name.

Loaded from the registry, it knows all about itself without reading a weight: the weights are read,
the graph built and the session opened when the first batch comes.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
from jaxtyping import Float, UInt8

from handful.encoders.encoder import Block
from handful.encoders.runtime import Session
from handful.encoders.weights import read_weights
from handful.modalities.image.decode import Picture
from handful.modalities.image.prepare import prepare_picture
from handful.modalities.image.recipe import Recipe

if TYPE_CHECKING:
    import onnx

Build = Callable[..., "onnx.ModelProto"]


@final
class ImageEncoder:
    """A frozen network from a picture to a vector. Thread-safe.

    Args:
        name: in the registry.
        recipe: how a picture becomes the graph's input.
        blocks: the parts of the vector, in order and without gaps.
        weights_path: the weight file.
        weights_sha256: its hash; any other file is refused.
        build: from (weights, size=, outputs=) to the graph; `graph_version` names what it builds.
    """

    def __init__(
        self,
        name: str,
        *,
        recipe: Recipe,
        blocks: Sequence[Block],
        weights_path: Path,
        weights_sha256: str,
        build: Build,
        graph_version: int,
    ) -> None:
        self._name = name
        self._recipe = recipe
        self._blocks = tuple(blocks)
        self.weights_path = weights_path
        self._weights_sha256 = weights_sha256
        self._build = build
        self._graph_version = graph_version
        self._session: Session | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """As the registry has it."""
        return self._name

    @property
    def identity(self) -> str:
        """32 hexadecimal digits over weights, graph and recipe."""
        facts = [self._weights_sha256, self._graph_version, self._recipe.to_json()]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def recipe(self) -> Recipe:
        """How raw bytes become the graph's input."""
        return self._recipe

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._blocks[-1].stop

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The vector's parts, one per stage of the network."""
        return self._blocks

    def prepare(self, content: Picture) -> UInt8[np.ndarray, "h w 3"]:
        """One decoded picture's tensor. Thread-safe; may be read-only."""
        return prepare_picture(content, self._recipe)

    def encode(self, batch: UInt8[np.ndarray, "n h w 3"]) -> Float[np.ndarray, "n d"]:
        """Vectors in float32 for a batch of prepared pictures.

        One call runs on one core; several threads that call at once use as many. A vector does not
        depend on what else is in its batch.

        Raises:
            EncoderError: the weights are not what they should be (at the first batch only).
        """
        vectors: np.ndarray = self.session().run(batch, "vector")[0]
        return vectors

    def session(self) -> Session:
        """The graph made ready to run; opened by whoever comes first, then kept."""
        with self._lock:
            if self._session is None:
                self._session = Session(self.graph().SerializeToString(), threads=1)
            return self._session

    def graph(self, outputs: Sequence[str] = ("vector",)) -> onnx.ModelProto:
        """The graph from `input` to the named outputs.

        Raises:
            EncoderError: the weights are not what they should be.
        """
        weights = read_weights(self.weights_path, sha256=self._weights_sha256)
        return self._build(weights, size=self._recipe.size, outputs=outputs)
