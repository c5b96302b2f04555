"""The workbench's state: one session, its background work, its pictures, and what has changed.

Changes are counted; whoever listens compares counts. So a slow listener misses nothing that still
matters, and nobody waits for a listener.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import UInt8

from handful.active.feature_snapshot import Known
from handful.errors import HandfulError, StoreError
from handful.project import Project
from handful.workbench.jobs import Embedding, Fitting
from handful.workbench.layout import Layout
from handful.workbench.origin import Origin
from handful.workbench.pictures import Pictures
from handful.workbench.problems import PictureGoneError
from handful.workbench.schemas import Progress

MOST_LOOKED_AT = 24  # a screen full
EPOCH_NS = time.time_ns() - time.monotonic_ns()


@dataclass(slots=True)
class Counts:
    """How often each kind of thing has changed."""

    session: int = 0
    positions: int = 0
    progress: int = 0
    failed: int = 0


@final
class Bench:
    """What the routes work on. `start` begins the background work, `stop` ends it.

    Args:
        project: whose items are labelled.
        annotator: who labels where the page names nobody.
        token, port: by which the page is known.
        at: the tunnel's address, at which it may be opened too.
    """

    def __init__(
        self,
        project: Project,
        *,
        annotator: str = "me",
        token: str = "",
        port: int = 0,
        at: Origin | None = None,
    ) -> None:
        self.project = project
        self.annotator = annotator
        self.token = token
        self.port = port
        self.at = at
        self.stopped = False
        self.session = project.session
        self.counts = Counts()
        self.refused: dict[int, set[str]] = {}  # "not this": suggestions not to be made again
        self.progress: Progress | None = None
        self.exporting = threading.Lock()
        self.painting = threading.Lock()
        self.painted: dict[
            str, UInt8[np.ndarray, " n"]
        ] = {}  # the map's latest colours, by version
        self.pictures = Pictures(
            project.items,
            root=project.root,
            folder=project.folder / "thumbs",
            levels=lambda: project.levels,
        )
        self.fitting = Fitting(self.session, self._fitted)
        self.embedding = Embedding(
            project.collection,
            project.folder,
            project.settings,
            grown=self._grown,
            finished=self._embedded,
            progressed=self._progressed,
        )
        self.layout = Layout(seed=project.settings.seed)

    def start(self) -> None:
        """Begin to embed and to fit."""
        self.embedding.start()
        self.fitting.start()
        self.fitting.wake()

    def stop(self) -> None:
        """End the streams of events, and the background work after the step under way."""
        self.stopped = True
        self.embedding.stop()
        self.fitting.stop()

    def labelled(self) -> None:
        """Something was said: fit it, and tell the page."""
        self.counts.session += 1
        self.fitting.wake()

    @staticmethod
    def moment() -> int:
        """Microseconds by a clock that never steps back, and goes on after a restart."""
        return (EPOCH_NS + time.monotonic_ns()) // 1000

    @property
    def failure(self) -> HandfulError | None:
        """What went wrong in the background, if it has not gone right since."""
        return self.embedding.error or self.fitting.error

    def quarantined(self) -> dict[str, str]:
        """Path to reason, of the pictures that cannot be read or shown."""
        items = self.project.items
        gone = {items[at].path: why for at, why in self.pictures.gone.copy().items()}
        found: Mapping[str, str] = {**self.embedding.quarantined, **gone}
        return dict(sorted(found.items()))

    def not_to_be_shown(self) -> set[int]:
        """Items whose pictures cannot be shown: nobody is asked about them."""
        place = self.session.place
        return {place[path] for path in self.quarantined() if path in place}

    def see_file(self, at: int) -> str:
        """Content hash of an item's file now; a file that was replaced is embedded anew."""
        content = self.pictures.content(at)
        known = self.session.known
        if known is not None and known.contents[at] not in ("", content):
            self.embedding.look_again(self.project.items[at].path)
        return content

    def digests(self, items: Sequence[int]) -> list[str]:
        """Content hash of what the annotator saw; empty where that is not known.

        Of a lasso no file is looked at again: there may be thousands.
        """
        known = self.session.known
        before = [""] * len(items) if known is None else [known.contents[at] for at in items]
        if len(items) > MOST_LOOKED_AT:
            return before
        found = []
        for at, content in zip(items, before, strict=True):
            try:
                found.append(self.see_file(at))
            except PictureGoneError:
                found.append(content)  # the label is of what was seen before, and is kept
        return found

    def require_embedded(self) -> None:
        """Raises a StoreError, to be tried again, while pictures are still being looked at."""
        if not self.embedding.done.is_set():
            done = 0 if self.progress is None else self.progress.done
            raise StoreError(
                "Not all pictures have been looked at yet.",
                found=f"{done:,} of {len(self.project.items):,} are done",
                expected="all of them, for a model that is handed over",
                attempt="try again when the progress bar is gone; labelling goes on meanwhile",
            )
        if self.embedding.error is not None:
            raise self.embedding.error

    def _grown(self, known: Known) -> None:
        self.session.see(known)
        self.layout.see(known)
        self.counts.positions += 1
        self.counts.session += 1
        self.fitting.wake()

    def _embedded(self) -> None:
        self.progress = None
        self.counts.progress += 1
        if self.session.known is not None:
            self.layout.refine(self.session.known)
            self.counts.positions += 1
        self.counts.session += 1

    def _fitted(self) -> None:
        self.counts.session += 1
        if self.failure is not None:
            self.counts.failed += 1

    def _progressed(self, done: int, total: int, rate: float) -> None:
        self.progress = Progress(done=done, total=total, rate=rate)
        self.counts.progress += 1
        if self.failure is not None:
            self.counts.failed += 1
