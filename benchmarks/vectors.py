"""Vectors that benchmarks of heads learn from: the demo's photographs, scikit-learn's digits."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from handful.encoders.encoder import Block


class Vectors(NamedTuple):
    """A population of labelled vectors."""

    name: str
    X: np.ndarray
    labels: np.ndarray
    blocks: Sequence[Block] | None


def digits() -> Vectors:
    """1,797 handwritten digits as 64 numbers each."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return Vectors("digits", X.astype(np.float32), y.astype(str), None)


def solar_cell_vectors(path: str = "") -> Vectors:
    """2,624 photographs of solar cells, encoded by the default encoder.

    Args:
        path: an .npz with X, labels and blocks kept by an earlier call; written if it is not there.
    """
    if path and Path(path).exists():
        kept = np.load(path, allow_pickle=False)
        blocks = [Block(f"stage{at}", *map(int, span)) for at, span in enumerate(kept["blocks"])]
        return Vectors("solar cells", kept["X"], kept["labels"], blocks)
    from handful.datasets.index import Index
    from handful.datasets.solar_cells import solar_cells
    from handful.encoders.registry import load
    from handful.features.extract import extract
    from handful.features.store import Store

    items, encoder = solar_cells().items, load()
    with tempfile.TemporaryDirectory() as folder, Index(Path(folder)) as index:
        store = Store(Path(folder), encoder)
        found = extract(items, encoder, store, index)
        assert len(found.items) == len(items)
        X = np.array(store.read(found.rows))
    labels = np.array([item.label for item in items])
    if path:
        spans = [(block.start, block.stop) for block in encoder.blocks]
        np.savez(path, X=X, labels=labels, blocks=np.array(spans))
    return Vectors("solar cells", X, labels, encoder.blocks)
