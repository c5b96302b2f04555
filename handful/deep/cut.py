"""Where an encoder is parted, and the activations there: computed once, kept, read in batches.

The frozen part is the encoder's own ONNX graph with the map at the cut as a further output, run by
ONNX Runtime (on a GPU where there is one). Each view has a store of its own, of the same kind as
the features (`features/store.py`): float16, memory-mapped, keyed by content, safe when killed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np
from jaxtyping import Float, Int, UInt8

from handful.encoders.efficientnet_lite import LITE0, STAGES, before, blocks
from handful.encoders.encoder import Block
from handful.encoders.image import ImageEncoder
from handful.encoders.runtime import Session
from handful.errors import SettingError
from handful.features.extract import Progress, extract
from handful.features.store import ON_DISK, Store
from handful.modalities.image.prepare import prepare_picture
from handful.modalities.image.recipe import Recipe
from handful.modalities.image.views import PLAIN, VIEWS, seen

if TYPE_CHECKING:
    import onnx

    from handful.datasets.index import Index
    from handful.items.item import Item
    from handful.modalities.image.decode import Picture

VERSION = 1
CUTS = ("stage3", "stage4", "stage5")
"""Offered: earlier ones train too slowly on a CPU to pay, later ones leave too little to train."""


def map_shape(cut: str, size: int) -> tuple[int, int, int]:
    """Channels, height and width of the map after `cut` for pictures of `size` pixels."""
    stride = 2  # the stem's
    for stage in LITE0[: list(STAGES).index(cut) + 1]:
        stride *= stage.stride
    side = -(-size // stride)
    return STAGES[cut], side, side


def early_columns(cut: str) -> Int[np.ndarray, " e"]:
    """Columns of the encoder's vector that come from maps up to the cut, in their order."""
    names = before(cut)
    runs = [np.arange(block.start, block.stop) for block in blocks() if block.name in names]
    return np.concatenate(runs)


@final
class CutEncoder:
    """An encoder up to its cut, for one view: a picture becomes the map there and statistics.

    Keeps the contract of `encoders.encoder.Encoder`, so that `features.extract` fills its store.
    The plain view gives the whole vector besides, so that one pass serves the frozen head too.

    Args:
        encoder: the whole one.
        cut: one of `CUTS`.
        view: one of `VIEWS`.
    Raises:
        SettingError: there is no such cut or view.
    """

    def __init__(self, encoder: ImageEncoder, cut: str, view: str = PLAIN) -> None:
        if cut not in CUTS or view not in VIEWS:
            raise SettingError(
                "The encoder cannot be cut like that.",
                found=f"cut {cut!r}, view {view!r}",
                expected=f"a cut of {', '.join(CUTS)}; a view of {', '.join(VIEWS)}",
                attempt="choose one of those",
            )
        self.encoder, self.cut, self.view = encoder, cut, view
        self.map_shape = map_shape(cut, encoder.recipe.size)
        self._map_numbers = int(np.prod(self.map_shape))
        self._rest = "vector" if view == PLAIN else f"vector.{cut}"
        self._session: Session | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The encoder's, the cut and the view."""
        return f"{self.encoder.name}-{self.cut}-{self.view}"

    @property
    def identity(self) -> str:
        """32 hexadecimal digits over encoder, cut and view."""
        facts = f"{self.encoder.identity} {self.cut} {self.view} {VERSION}"
        return hashlib.sha256(facts.encode()).hexdigest()[:32]

    @property
    def recipe(self) -> Recipe:
        """The encoder's."""
        return self.encoder.recipe

    @property
    def dimension(self) -> int:
        """Numbers kept for a picture."""
        return self.blocks[-1].stop

    @property
    def blocks(self) -> Sequence[Block]:
        """The map, then the vector or what of it stands before the cut."""
        start = self._map_numbers
        width = self.encoder.dimension if self.view == PLAIN else len(early_columns(self.cut))
        return Block("map", 0, start), Block(self._rest, start, start + width)

    def prepare(self, content: Picture) -> UInt8[np.ndarray, "h w 3"]:
        """One decoded picture's tensor, turned as the view says."""
        return seen(prepare_picture(content, self.recipe), self.view)

    def encode(self, batch: UInt8[np.ndarray, "n h w 3"]) -> Float[np.ndarray, "n d"]:
        """Map and statistics, flat, in float32. Thread-safe; one core a call."""
        with self._lock:
            if self._session is None:
                self._session = Session(self.graph().SerializeToString(), threads=1)
        maps, rest = self._session.run(batch, self.cut, self._rest)
        return np.concatenate([maps.reshape(len(maps), -1), rest], axis=1)

    def graph(self) -> onnx.ModelProto:
        """From `input` to the map and the statistics."""
        return self.encoder.graph((self.cut, self._rest))


@final
class Activations:
    """The maps at a cut of some items, in one or more views, on disk.

    Args:
        stores: one per view.
        rows: (views, n) row of each item in each store.
        cut: where the encoder is parted.
        shape: (c, h, w) of a map.
    """

    def __init__(
        self,
        stores: Sequence[Store],
        rows: Int[np.ndarray, "v n"],
        *,
        cut: str,
        shape: tuple[int, int, int],
    ) -> None:
        self._stores, self._rows = tuple(stores), rows
        self.cut, self.shape = cut, shape
        self._map, self._early = int(np.prod(shape)), early_columns(cut)

    def __len__(self) -> int:
        return int(self._rows.shape[1])

    @property
    def num_views(self) -> int:
        """How many ways each item is seen."""
        return len(self._stores)

    def read(
        self, items: Int[np.ndarray, " b"], views: Int[np.ndarray, " b"]
    ) -> tuple[Float[np.ndarray, "b c h w"], Float[np.ndarray, "b e"]]:
        """Map and early statistics of each item in the view chosen for it, float32.

        Raises:
            StoreError: a row is not what was written.
        """
        maps = np.empty((len(items), *self.shape), np.float32)
        early = np.empty((len(items), len(self._early)), np.float32)
        for view in np.unique(views).tolist():
            at = np.flatnonzero(views == view)
            numbers = self._stores[view].read(self._rows[view, items[at]])
            maps[at] = numbers[:, : self._map].reshape(-1, *self.shape)
            rest = numbers[:, self._map :]  # the whole vector beside the plain view
            early[at] = rest if rest.shape[1] == len(self._early) else rest[:, self._early]
        return maps, early

    def chosen(self, items: Int[np.ndarray, " m"]) -> Activations:
        """Of these items only."""
        return Activations(self._stores, self._rows[:, items], cut=self.cut, shape=self.shape)


def disk_bytes(encoder: ImageEncoder, cut: str, views: Sequence[str]) -> int:
    """What the activations of one picture take on disk."""
    return sum(CutEncoder(encoder, cut, view).dimension for view in views) * ON_DISK.itemsize


def activations(
    items: Sequence[Item],
    encoder: ImageEncoder,
    folder: Path,
    index: Index,
    *,
    cut: str,
    views: Sequence[str],
    progress: Progress | None = None,
) -> Activations:
    """The activations of readable items; computed where they are not there yet.

    Args:
        items: those that can be read.
        folder: of the features.
        progress: called with (done, total, per second) for each view.
    Raises:
        StoreError: the disk is full or cannot be written.
    """
    stores, rows = [], []
    for view in views:
        part = CutEncoder(encoder, cut, view)
        store = Store(folder, part)
        found = extract(items, part, store, index, progress=progress)
        stores.append(store)
        rows.append(found.rows)
    return Activations(stores, np.stack(rows), cut=cut, shape=map_shape(cut, encoder.recipe.size))


def keep_vectors(maps: Store, vectors: Store, hashes: Sequence[str], *, at_once: int = 256) -> None:
    """Copies the vectors that came with the plain view into the encoder's own store.

    They are the same to the bit as if the encoder had computed them alone (a test says so).
    """
    missing = [one for one, row in zip(hashes, vectors.rows(hashes), strict=True) if row < 0]
    for start in range(0, len(missing), at_once):
        part = missing[start : start + at_once]
        rows = maps.rows(part)
        known = rows >= 0
        numbers = maps.read(rows[known])
        kept = [one for one, there in zip(part, known.tolist(), strict=True) if there]
        vectors.append(kept, numbers[:, -vectors.dimension :])
