"""From items to rows of the store, in one pass: read, decode, prepare, encode, keep.

Every core has one worker that takes items from their files to their vectors; nothing waits for
anything but the disk. On two cores this beats one session of two threads beside threads that
decode: two pictures at a time on one core take 13.7 ms of it each, 32 at a time 15.9 ms (the
smaller batch stays in cache), and there is no barrier after each layer to wait at while a decoder
holds the other core. Two pictures of 224 pixels need 30 MB of activations, 32 need 450.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Float, Int

from handful.datasets.index import Index
from handful.encoders.encoder import Encoder
from handful.encoders.runtime import batch_size
from handful.features.store import Store
from handful.items.item import Item, Quarantined
from handful.modalities.failure import DecodeFailure
from handful.modalities.modality import Facts
from handful.modalities.registry import modality
from handful.system.machine import num_cores

Progress = Callable[[int, int, float], None]

MAX_WORKERS = 32  # 30 MB each
BATCHES_AHEAD = 8  # per worker: one large picture does not make the others wait
KEEP_ROWS, KEEP_S = 256, 1.0  # written together: a kill loses no more than a second's work


@dataclass(frozen=True, slots=True, eq=False)
class Extraction:
    """What came of the items.

    Args:
        items: (n,) those that have a vector, in the order in which they were given.
        rows: (n,) the row of each in the store.
        facts: (n,) what is known of each.
        quarantined: those that could not be read, and why.
        computed: vectors that were not known before.
        seconds: that it took.
    """

    items: tuple[Item, ...]
    rows: Int[np.ndarray, " n"]
    facts: tuple[Facts, ...]
    quarantined: tuple[Quarantined, ...]
    computed: int
    seconds: float


def extract(
    items: Sequence[Item],
    encoder: Encoder,
    store: Store,
    index: Index,
    *,
    progress: Progress | None = None,
) -> Extraction:
    """Sees to it that every item that can be read has its vector in the store.

    Files that have not changed since the index saw them, and contents that the store has, are not
    computed again; where all is known, neither a picture nor the encoder's weights are read.
    Interrupted or killed, it leaves all but the last second's work; the next call goes on from
    there and ends with the same numbers.

    Args:
        items: in any order; each path once.
        encoder: the one that `store` belongs to.
        progress: called with (items done, items in all, items computed per second).
    Raises:
        StoreError: the store or the index cannot be written.
        EncoderError: the encoder's weights are not what they should be.
    """
    start = time.perf_counter()
    known = index.known(items)
    contents = [one.content for one in known.values() if not isinstance(one, Quarantined)]
    kept = {
        content
        for content, row in zip(contents, store.rows(contents).tolist(), strict=True)
        if row >= 0
    }
    seen: dict[str, Facts | Quarantined] = {
        path: one
        for path, one in known.items()
        if isinstance(one, Quarantined) or one.content in kept
    }
    missing = [item for item in items if item.path not in seen]
    computed = 0
    if missing:
        report = _Report(progress, done=len(items) - len(missing), total=len(items))
        with _Keeper(store) as keeper, closing(_batches(missing, encoder, store)) as batches:
            for batch in batches:
                for item, result in batch.seen:
                    index.put(item, result)
                    seen[item.path] = (
                        Quarantined(item.path, result.why)
                        if isinstance(result, DecodeFailure)
                        else result
                    )
                keeper.keep(batch.contents, batch.vectors)
                computed += len(batch.contents)
                report.add(len(batch.seen))
    found = [(item, seen[item.path]) for item in items]
    good = [(item, one) for item, one in found if not isinstance(one, Quarantined)]
    return Extraction(
        items=tuple(item for item, _ in good),
        rows=store.rows([one.content for _, one in good]),
        facts=tuple(one for _, one in good),
        quarantined=tuple(one for _, one in found if isinstance(one, Quarantined)),
        computed=computed,
        seconds=time.perf_counter() - start,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """What one worker made of a few items: vectors only of contents that nobody had before."""

    seen: list[tuple[Item, Facts | DecodeFailure]]
    contents: list[str]
    vectors: Float[np.ndarray, "n d"]


def _batches(
    items: Sequence[Item], encoder: Encoder, store: Store
) -> Generator[_Batch, None, None]:
    """The items' batches, in order, as many workers at a time as there are cores."""
    claimed: dict[str, str] = {}
    recipe = encoder.recipe
    kind = modality(recipe.modality)

    def work(some: Sequence[Item]) -> _Batch:
        seen: list[tuple[Item, Facts | DecodeFailure]] = []
        contents, tensors = [], []
        for item in some:
            try:
                facts, content = kind.examine(item, detail=recipe.detail, shared=recipe.shared)
            except DecodeFailure as failure:
                seen.append((item, failure))
                continue
            seen.append((item, facts))
            mine = claimed.setdefault(facts.content, item.path) == item.path
            if mine and store.rows([facts.content])[0] < 0:
                contents.append(facts.content)
                tensors.append(encoder.prepare(content))
        if not tensors:
            return _Batch(seen, [], np.empty((0, encoder.dimension), np.float32))
        return _Batch(seen, contents, encoder.encode(np.stack(tensors)))

    size = batch_size(encoder.recipe.size)
    workers = min(num_cores(), MAX_WORKERS)
    parts = iter([items[start : start + size] for start in range(0, len(items), size)])
    with _pool(workers) as pool:
        waiting: deque[Future[_Batch]] = deque()
        waiting.extend(pool.submit(work, part) for part in islice(parts, BATCHES_AHEAD * workers))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(work, part) for part in islice(parts, 1))


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that, when left in any way, finish what they are at and begin nothing more."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="handful-extract")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Keeper:
    """Gathers vectors and hands them to the store now and then, and when left in any way."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._contents: list[str] = []
        self._vectors: list[np.ndarray] = []
        self._last = time.perf_counter()

    def __enter__(self) -> _Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()

    def keep(self, contents: Sequence[str], vectors: Float[np.ndarray, "n d"]) -> None:
        self._contents += contents
        self._vectors.append(vectors)
        if len(self._contents) >= KEEP_ROWS or time.perf_counter() - self._last > KEEP_S:
            self._flush()

    def _flush(self) -> None:
        contents, vectors = self._contents, self._vectors
        self._contents, self._vectors = [], []
        if contents:
            self._store.append(contents, np.concatenate(vectors))
        self._last = time.perf_counter()


class _Report:
    """Counts what is done and says it."""

    def __init__(self, progress: Progress | None, *, done: int, total: int) -> None:
        self._progress = progress
        self._done = self._before = done
        self._total = total
        self._start = time.perf_counter()

    def add(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            spent_s = max(time.perf_counter() - self._start, 1e-9)
            self._progress(self._done, self._total, (self._done - self._before) / spent_s)
