"""Real weights, real pictures, and a small problem that trains in milliseconds."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch
from PIL import Image
from torch import nn

from handful.deep.batch import Batch
from handful.encoders.image import ImageEncoder
from handful.encoders.registry import load
from handful.encoders.weights import read_weights


@pytest.fixture(scope="session")
def encoder() -> ImageEncoder:
    """EfficientNet-Lite0 for pictures of 64 pixels."""
    found = load(size=64)
    assert isinstance(found, ImageEncoder)
    return found


@pytest.fixture(scope="session")
def weights(encoder: ImageEncoder) -> dict[str, np.ndarray]:
    """Its weights."""
    return read_weights(Path(encoder.weights_path))


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    """Six photographs and crops of them, (6, 64, 64, 3) uint8."""
    found = []
    for photograph in (skimage.data.chelsea(), skimage.data.coffee(), skimage.data.astronaut()):
        image = Image.fromarray(photograph)
        for box in ((0, 0, 300, 300), (60, 40, 260, 240)):
            found.append(np.asarray(image.crop(box).resize((64, 64))))
    return np.stack(found)


class Points:
    """Data: points in the plane, whose class is the side of a line they lie on."""

    def __init__(self, n: int = 60, *, classes: int = 2) -> None:
        random = np.random.default_rng(5)
        self.x = random.normal(size=(n, 2)).astype(np.float32)
        self.y = (self.x @ np.array([1.0, -2.0]) > 0).astype(int)
        self.classes = classes

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, items: np.ndarray, random: np.random.Generator) -> Batch:
        """The points, shaken a little."""
        x = self.x[items] + random.normal(0, 0.01, (len(items), 2)).astype(np.float32)
        targets = np.eye(self.classes, dtype=np.float32)[self.y[items]]
        return Batch((torch.from_numpy(x),), torch.from_numpy(targets))


@pytest.fixture
def points() -> Points:
    """Sixty points."""
    return Points()


@pytest.fixture
def small() -> nn.Module:
    """A network with dropout, so that a step draws random numbers inside too."""
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
