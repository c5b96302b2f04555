"""Sessions on scikit-learn's digits: their pixels are the vectors, their classes the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from handful.active.feature_snapshot import Known
from handful.active.session import Session
from handful.items.item import Item
from handful.labels.event import Mark
from handful.labels.ledger import Ledger
from handful.queries.space import steering

CLASSES = 3


class Classroom:
    """A session, and the truth about its items."""

    def __init__(
        self,
        folder: Path,
        *,
        n: int = 300,
        clusters: np.ndarray | None = None,
        units: np.ndarray | None = None,
    ) -> None:
        X, y = load_digits(n_class=CLASSES, return_X_y=True)
        self.X, self.truth = X[:n].astype(np.float32), [f"digit {c}" for c in y[:n]]
        self.items = tuple(Item(f"{at:04}.png", folder / f"{at:04}.png") for at in range(n))
        self.session = Session(self.items, Ledger(folder / "ledger.sqlite"))
        self.session.see(self.known(clusters=clusters, units=units))

    def known(
        self,
        places: np.ndarray | None = None,
        *,
        clusters: np.ndarray | None = None,
        units: np.ndarray | None = None,
    ) -> Known:
        """What is known when these places are embedded; without units, clusters are units."""
        n = len(self.items)
        places = np.arange(n) if places is None else places
        same = np.arange(n) if clusters is None else clusters
        X = self.X[places]
        contents = tuple(f"{at:032x}" for at in range(n))
        bound = same if units is None else units
        return Known(places, X, None, steering(X), same, bound, contents)

    def answer(self, n: int, *, by: str = "ann", batch: int = 10) -> list[int]:
        """Ask and answer truly until `n` items are answered; returns the items in order."""
        done: list[int] = []
        while len(done) < n:
            picks = self.session.ask(min(batch, n - len(done)), by=by)
            if not picks:
                break
            for pick in picks:
                self.say(pick.item, by=by)
            done += [pick.item for pick in picks]
            self.session.learn()
        return done

    def say(self, item: int, label: str = "", *, by: str = "ann", **fields: object) -> None:
        """One label, the true one unless given."""
        mark = Mark(item=self.items[item].path, label=label or self.truth[item], **fields)  # type: ignore[arg-type]
        self.session.record([mark], by=by)
