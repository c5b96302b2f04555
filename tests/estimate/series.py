"""Simulated series: items that come one after another, and what a model says of new ones."""

from __future__ import annotations

import numpy as np

from handful.estimate.blocked import Labelled, blocked
from handful.estimate.figure import Blocked
from handful.heads.fit import fit
from handful.heads.linear import HeadFit
from handful.items.series import Order

WIDTH, SIGNAL, OWN = 20, 1.0, 2.0


class Source:
    """Where series come from: every class has its place, every series its own shift.

    Args:
        own: spread of the series' shifts; at 0 they are all alike.
        labels: a series is mostly of one class.
    """

    def __init__(self, *, own: float, labels: bool = False, seed: int = 0) -> None:
        self.rng = np.random.default_rng([seed, 7])
        self.own, self.labels = own, labels
        self.middle = self.rng.normal(size=(2, WIDTH)) * SIGNAL / np.sqrt(2)

    def draw(self, series: int, each: int) -> tuple[np.ndarray, np.ndarray]:
        """Vectors and classes of so many series of `each` items."""
        share = self.rng.choice([0.1, 0.9], series) if self.labels else np.full(series, 0.4)
        y = (self.rng.random((series, each)) < share[:, None]).astype(int)
        shift = self.own * self.rng.normal(size=(series, WIDTH)) / np.sqrt(WIDTH)
        X = self.middle[y] + shift[:, None]
        X = X + 0.7 * self.rng.normal(size=(series, each, WIDTH))
        return X.reshape(-1, WIDTH).astype(np.float32), y.ravel()


def compared(
    X: np.ndarray, y: np.ndarray, order: np.ndarray | None = None, parts: np.ndarray | None = None
) -> tuple[HeadFit, Blocked | None]:
    """A fit, and the comparison along this order of its items."""
    n = len(y)
    found = fit(X, [f"class {c}" for c in y], methods=("ridge",), keep_ridge=True)
    assert found.ridge is not None
    labelled = Labelled(y, found.head.classes, np.arange(n), np.ones(n, bool))
    places = np.arange(n) if order is None else order
    parts = np.zeros(n, np.int64) if parts is None else parts
    return found, blocked(found.ridge, labelled, [Order("file names", places, parts)])
