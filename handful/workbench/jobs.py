"""Work beside the page: embedding what is new, fitting what was said. Neither blocks a key press.

Both threads are nice to those that answer the page. Of several changes that arrive during a fit,
only the latest state is fitted next. A crash is kept, shown, and tried again after the next label.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

import numpy as np

from handful.active.feature_snapshot import Known, what_is_known
from handful.active.session import Session
from handful.datasets.index import Index
from handful.encoders.encoder import Encoder
from handful.errors import HandfulError, StoreError
from handful.features.extract import extract
from handful.features.store import Store
from handful.features.suited import suited_encoder
from handful.items.item import Collection, Item, Quarantined
from handful.learning.learn import Settings
from handful.modalities.modality import Facts

# After each part all that follows from vectors is made anew, so parts grow with what is there.
FIRST_PART, LARGE_PART = 64, 2_048
NICENESS, NICEST = 10, 19  # added to the program's own; the system's last
LOOK_S = 1.0  # how often to look whether another program has written to the ledger


@final
class Fitting(threading.Thread):
    """Learns whenever the labels have changed.

    Args:
        session: whose labels.
        changed: called after each fit, and when one has failed.
    """

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        super().__init__(name="handful-fitting", daemon=True)
        self._session = session
        self._changed = changed
        self._wake = threading.Event()
        self._stopping = False
        self._version = -1
        self.running = False
        self.error: HandfulError | None = None

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def stop(self) -> None:
        """End after the fit that is under way."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Wait, fit, tell; for ever."""
        while not self._stopping:
            be_nice()  # each time, for pools of threads are made when they are first wanted
            woken = self._wake.wait(LOOK_S)
            self._wake.clear()
            try:
                version = self._session.given().version
                if not woken and version == self._version:
                    continue
                self._version = version
                self.running = True
                self._changed()
                self._session.learn(is_stale=self._wake.is_set)
                self.error = None
            except Exception as error:  # shown on the page; labelling goes on
                self.error = as_shown(error)
            finally:
                self.running = False
            self._changed()


@final
class Embedding(threading.Thread):
    """Turns pictures into vectors, a random part at a time, each part larger than the last.

    Args:
        collection: what there is.
        folder: of the project.
        settings: the encoder and the seed.
        grown: called with what is known, each time that it is more.
        finished: called when there is no more to come, and again after each replaced picture.
        progressed: called with (done, total, pictures per second).
    """

    def __init__(
        self,
        collection: Collection,
        folder: Path,
        settings: Settings,
        *,
        grown: Callable[[Known], None],
        finished: Callable[[], None],
        progressed: Callable[[int, int, float], None],
    ) -> None:
        super().__init__(name="handful-embedding", daemon=True)
        self._collection = collection
        self._folder = folder
        self._settings = settings
        self._grown = grown
        self._finished = finished
        self._progressed = progressed
        self._stopping = False
        self._replaced: set[str] = set()
        self._again = threading.Event()
        self.quarantined: dict[str, str] = {one.path: one.why for one in collection.quarantined}
        self.opened = threading.Event()  # what earlier runs computed has been taken in
        self.done = threading.Event()
        self.error: HandfulError | None = None

    def stop(self) -> None:
        """End after the part that is under way."""
        self._stopping = True
        self._again.set()

    def look_again(self, path: str) -> None:
        """A file is not what it was: see to its vector."""
        self._replaced.add(path)
        self._again.set()

    def run(self) -> None:
        """Embed all, then whatever is replaced meanwhile."""
        be_nice()
        try:
            self._run()
        except Exception as error:  # shown on the page; labelling goes on without a model
            self.error = as_shown(error)
            self._progressed(0, len(self._collection), 0.0)
        finally:
            self.opened.set()
            self.done.set()

    def _run(self) -> None:
        items, seed = self._collection.items, self._settings.seed
        with Index(self._folder) as index:
            encoder = suited_encoder(self._settings.encoder, items, index)
            store = Store(self._folder / "features", encoder)
            seen: dict[str, Facts] = {}

            def look_at(part: Sequence[Item], num_left: int) -> None:
                for path, one in self._extracted(part, num_left, encoder, store, index).items():
                    self._take(path, one, seen)
                self._grown(what_is_known(items, seen, store, encoder, seed=seed))

            for path, one in index.known(items).items():
                self._take(path, one, seen)
            rows = store.rows([one.content for one in seen.values()])
            kept = {path for path, row in zip(seen, rows.tolist(), strict=True) if row >= 0}
            if kept:
                self._grown(what_is_known(items, seen, store, encoder, seed=seed))
            self.opened.set()
            rest = [i for i in items if i.path not in kept and i.path not in self.quarantined]
            order = np.random.default_rng([seed, 41]).permutation(len(rest))
            rest, size = [rest[at] for at in order], FIRST_PART
            while rest and not self._stopping:
                part, rest = rest[:size], rest[size:]
                look_at(part, len(rest))
                size = min(2 * size, max(LARGE_PART, len(seen) // 2))
            while not self._stopping:
                self.done.set()
                self._finished()
                self._again.wait()
                self._again.clear()
                replaced, self._replaced = self._replaced, set()
                if replaced:
                    look_at([item for item in items if item.path in replaced], 0)

    def _take(self, path: str, one: Facts | Quarantined, seen: dict[str, Facts]) -> None:
        if isinstance(one, Quarantined):
            self.quarantined[path] = one.why
            seen.pop(path, None)
        else:
            seen[path] = one
            self.quarantined.pop(path, None)

    def _extracted(
        self, part: Sequence[Item], num_left: int, encoder: Encoder, store: Store, index: Index
    ) -> dict[str, Facts | Quarantined]:
        total = len(self._collection)
        before = total - num_left - len(part)

        def report(done: int, _: int, rate: float) -> None:
            self._progressed(before + done, total, rate)

        found = extract(part, encoder, store, index, progress=report)
        fresh: dict[str, Facts | Quarantined] = {
            item.path: one for item, one in zip(found.items, found.facts, strict=True)
        }
        return fresh | {one.path: one for one in found.quarantined}


def be_nice() -> None:
    """Let the browser, and the threads that answer it, go first, where the system can.

    The threads of the linear algebra step back too: they are made before this one, are not known
    to Python, and a fit on all of them held the browser up by 30 ms a key press.
    """
    if sys.platform != "linux":
        return
    known = {thread.native_id for thread in threading.enumerate()}
    pools = {int(name) for name in os.listdir("/proc/self/task")} - known  # noqa: PTH208
    niceness = min(NICEST, os.getpriority(os.PRIO_PROCESS, os.getpid()) + NICENESS)
    for thread in (threading.get_native_id(), *pools):
        with contextlib.suppress(OSError):  # it has ended in the meantime
            os.setpriority(os.PRIO_PROCESS, thread, niceness)


def as_shown(error: Exception) -> HandfulError:
    """Any error as four lines."""
    if isinstance(error, HandfulError):
        return error
    last = traceback.extract_tb(error.__traceback__)[-1]
    return StoreError(
        f"Work in the background failed: {type(error).__name__}: {error}",
        found=f"{last.filename.rpartition('/')[2]}, line {last.lineno}, in {last.name}",
        expected="no fault; labels are kept, and labelling goes on",
        attempt="label on: it is tried again; please report this if it stays",
    )
