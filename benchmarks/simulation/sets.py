"""The data sets of the simulations, as features and class numbers. None of them is copied here.

Pictures are encoded once and kept under `build/benchmarks/`, which git does not see.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from handful.datasets.solar_cells import DEFECT, solar_cells
from handful.encoders.encoder import Block, Encoder
from handful.encoders.registry import load
from handful.modalities.image.decode import decode

KEPT = Path(__file__).parents[2] / "build" / "benchmarks"
FASHION = Path("/usr/share/datasets/fashion-mnist")  # Debian's package dataset-fashion-mnist
BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class Set:
    """Features (n, d), class numbers (n,), and how many items the pool has; the rest measure.

    `blocks` are the encoder's stages, for the head to know; None: the features are no encoder's.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    num_pool: int
    blocks: Sequence[Block] | None = None

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return int(self.y.max()) + 1


def cells() -> Set:
    """2,624 solar cells, two classes, hard and noisy: three quarters are the pool."""
    items = solar_cells().items
    X = encoded("cells", (item.source.read_bytes() for item in items))
    return Set(
        "solar cells",
        X,
        np.array([item.label == DEFECT for item in items], int),
        1968,
        load().blocks,
    )


def digits() -> Set:
    """scikit-learn's 1,797 digits of 8 x 8 pixels, ten classes, raw pixels as features."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return Set("digits", X.astype(np.float32), y.astype(int), 1297)


def fashion() -> Set:
    """12,000 of Fashion-MNIST, ten classes: 10,000 are the pool."""
    images, labels = fashion_pictures()
    chosen = np.random.default_rng(0).permutation(len(labels))[:12_000]
    X = encoded("fashion", as_png(images[chosen]))
    return Set("Fashion-MNIST", X, labels[chosen].astype(int), 10_000, load().blocks)


def fashion_pictures() -> tuple[np.ndarray, np.ndarray]:
    """The 60,000 of Fashion-MNIST to learn from: (n, 28, 28) bytes, and class numbers."""
    read = {name: gzip.decompress((FASHION / f"{name}.gz").read_bytes()) for name in _FILES}
    images, labels = (np.frombuffer(read[name], np.uint8, offset=at) for name, at in _FILES.items())
    return images.reshape(-1, 28, 28), labels


_FILES = {"train-images-idx3-ubyte": 16, "train-labels-idx1-ubyte": 8}
SETS = {"cells": cells, "digits": digits, "fashion": fashion}


def available() -> list[str]:
    """Names of the sets that this machine has."""
    return [name for name in SETS if name != "fashion" or FASHION.exists()]


def kept_for(name: str) -> Path:
    """Where a benchmark keeps its results: another encoder's are others."""
    return KEPT / f"{name}-{load().identity[:12]}.jsonl"


def encoded(name: str, files: Iterable[bytes]) -> np.ndarray:
    """The vectors of pictures, from the last run if there was one."""
    encoder = load()
    kept = KEPT / f"{name}-{encoder.identity[:12]}.npy"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, np.concatenate(list(_vectors(encoder, files))))
    vectors: np.ndarray = np.load(kept)
    return vectors


def _vectors(encoder: Encoder, files: Iterable[bytes]) -> Iterator[np.ndarray]:
    tensors = []
    for data in files:
        tensors.append(encoder.prepare(decode(data)))
        if len(tensors) == BATCH:
            yield encoder.encode(np.stack(tensors))
            tensors = []
    if tensors:
        yield encoder.encode(np.stack(tensors))


def as_png(images: np.ndarray) -> Iterator[bytes]:
    """Each of (n, h, w) grey pictures as the content of a file."""
    from PIL import Image

    for image in images:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "PNG")
        yield buffer.getvalue()
