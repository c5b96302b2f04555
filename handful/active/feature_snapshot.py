"""What is known of the items so far: vectors, neighbours, duplicates. Grows while others embed.

Every item keeps its place, 0 to N - 1 by path, for as long as the project is open; what has not
been embedded yet simply has no vector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.encoders.encoder import Block
from handful.items.item import Item
from handful.items.units import units
from handful.modalities.modality import Facts
from handful.modalities.registry import alike
from handful.queries.space import steering

if TYPE_CHECKING:
    from handful.encoders.encoder import Encoder
    from handful.features.store import Store

WHOLE_BYTES = 256 * 2**20  # up to here whole vectors steer; beyond, their main directions do
DIRECTIONS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """All that is known of the items at one moment. Never altered; a later one replaces it.

    Args:
        places: (m,) which items have a vector, ascending.
        X: (m, d) what the steering head learns from: whole vectors, or their main directions.
        blocks: stages of the columns of X; None: one stage.
        steering: (m, p) unit vectors in which queries measure distance.
        clusters: (N,) near-duplicates share a number; what is not known yet stands alone.
        units: (N,) what must not be parted: groups and duplicates joined.
        contents: content hash of each item; empty where it is not known yet.
        whole: where whole vectors lie, and the row there of each of `places`; None: X is whole.
    """

    places: Int[np.ndarray, " m"]
    X: Float[np.ndarray, "m d"]
    blocks: Sequence[Block] | None
    steering: Float[np.ndarray, "m p"]
    clusters: Int[np.ndarray, " n"]
    units: Int[np.ndarray, " n"]
    contents: tuple[str, ...]
    whole: tuple[Store, Int[np.ndarray, " m"], Sequence[Block]] | None = None

    @property
    def num_items(self) -> int:
        """All items, those without a vector too."""
        return len(self.clusters)

    def rows_of(self, items: Int[np.ndarray, " j"]) -> Int[np.ndarray, " j"]:
        """Row in X of each item; -1 where it has no vector yet."""
        rows = np.full(self.num_items, -1, np.int64)
        rows[self.places] = np.arange(len(self.places))
        found: np.ndarray = rows[items]
        return found

    def is_known(self) -> Bool[np.ndarray, " n"]:
        """Which items have a vector."""
        known = np.zeros(self.num_items, bool)
        known[self.places] = True
        return known

    def whole_vectors(
        self, rows: Int[np.ndarray, " j"]
    ) -> tuple[Float[np.ndarray, "j e"], Sequence[Block] | None]:
        """Vectors as the shipped model sees them, and their stages."""
        if self.whole is None:
            return self.X[rows], self.blocks
        store, stored, blocks = self.whole
        return store.read(stored[rows]), blocks


def what_is_known(
    items: Sequence[Item],
    facts: Mapping[str, Facts],
    store: Store,
    encoder: Encoder,
    *,
    seed: int = 0,
) -> Known:
    """All that follows from these facts, and from the vectors that the store has of them.

    Args:
        items: all of them, sorted by path.
        facts: by path, of those that could be read so far.
        seed: of the directions.
    """
    seen = [(at, facts[item.path]) for at, item in enumerate(items)
            if item.path in facts]  # fmt: skip
    rows = store.rows([one.content for _, one in seen])
    has_vector = rows >= 0
    places = np.array([at for at, _ in seen], np.int64)[has_vector]
    rows = rows[has_vector]
    whole: tuple[Store, Int[np.ndarray, " m"], Sequence[Block]] | None = None
    blocks: Sequence[Block] | None = encoder.blocks
    if len(rows) * store.dimension * 4 <= WHOLE_BYTES:
        X = store.read(rows)
    else:
        from handful.features.reduce import reduced

        X = reduced(store, rows, num=DIRECTIONS, seed=seed)
        whole, blocks = (store, rows, encoder.blocks), None
    same = duplicates(items, facts)
    contents = [""] * len(items)
    for at, one in seen:
        contents[at] = one.content
    return Known(
        places=places,
        X=X,
        blocks=blocks,
        steering=steering(X, seed=seed) if len(X) else np.zeros((0, 1), np.float32),
        clusters=same,
        units=units([item.group for item in items], same),
        contents=tuple(contents),
        whole=whole,
    )


def duplicates(items: Sequence[Item], facts: Mapping[str, Facts]) -> Int[np.ndarray, " n"]:
    """Cluster of near-duplicates of each item; an item that could not be read stands alone."""
    seen = [at for at, item in enumerate(items) if item.path in facts]
    found = np.arange(len(items)) + len(items)
    found[seen] = alike([facts[items[at].path] for at in seen])
    return np.unique(found, return_inverse=True)[1].astype(np.int64)
