"""Small real data for the tests of heads."""

from typing import NamedTuple

import numpy as np
import pytest
from sklearn.datasets import load_digits


class Known(NamedTuple):
    """Vectors with their classes, as indices and as names."""

    X: np.ndarray
    y: np.ndarray

    @property
    def labels(self) -> list[str]:
        """Names that sort as the indices do."""
        return [f"class {index}" for index in self.y]

    def take(self, where: np.ndarray) -> "Known":
        """Some of the items."""
        return Known(self.X[where], self.y[where])


@pytest.fixture(scope="session")
def digits() -> Known:
    """1,797 handwritten digits in random order, as 64 numbers each."""
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return Known(X[order].astype(np.float32), y[order])
