"""The real weights, read once, and the oracle that the graph is held against."""

from pathlib import Path

import numpy as np
import pytest

from handful.encoders.registry import catalogue
from handful.encoders.weights import read_weights


@pytest.fixture(scope="session")
def weights_path() -> Path:
    """The weight file of EfficientNet-Lite0."""
    path = catalogue()[0].path()
    assert path is not None
    return path


@pytest.fixture(scope="session")
def weights(weights_path: Path) -> dict[str, np.ndarray]:
    """All of its tensors, as handful reads them."""
    return read_weights(weights_path)
