"""Looks at every item that is not known yet, on all cores. One item is `survey.look`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from handful.datasets.index import Index
from handful.datasets.survey import find_shared, look
from handful.items.item import Collection, Item, Quarantined
from handful.modalities.failure import DecodeFailure
from handful.modalities.modality import Facts, Shared
from handful.system.machine import num_cores

Progress = Callable[[int, int], None]
"""Called with (done, total) from the thread that called `scan`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at every item gave.

    Args:
        facts: of the items that can be read, by path.
        quarantined: those that cannot, and those set aside while looking for items; sorted by path.
        notes: facts worth a line to the user.
        shared: what the items of the set share.
    """

    facts: Mapping[str, Facts]
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()
    shared: Shared = ()


def scan(collection: Collection, index: Index, *, progress: Progress | None = None) -> Scan:
    """The facts of every item; only files that are new or changed are read.

    Args:
        collection: what there is.
        index: what is known of it; what is found out is put there.
        progress: called as items are done, with (done, total); total counts all items.
    Raises:
        StoreError: the index cannot be written.
    """
    seen = _seen(collection, index, progress, any_shared=True)
    shared = find_shared(collection.items, index)  # all is known by now: nothing is read
    if shared:
        seen = _seen(collection, index, progress)
    bad = [one for one in seen.values() if isinstance(one, Quarantined)]
    return Scan(
        {path: one for path, one in seen.items() if not isinstance(one, Quarantined)},
        tuple(sorted((*collection.quarantined, *bad), key=lambda one: one.path)),
        index.notes,
        shared,
    )


def _seen(
    collection: Collection, index: Index, progress: Progress | None, *, any_shared: bool = False
) -> dict[str, Facts | Quarantined]:
    """What is known of every item, in their order; what is not known is looked at.

    Args:
        collection: what there is.
        index: what is known of it.
        progress: as for `scan`.
        any_shared: as for `Index.known`.
    """
    seen = index.known(collection.items, any_shared=any_shared)
    unknown = [item for item in collection if item.path not in seen]
    total, done = len(collection), len(collection) - len(unknown)
    if progress is not None:
        progress(done, total)
    for item, result in _examined(unknown, index):
        index.put(item, result)
        seen[item.path] = (
            Quarantined(item.path, result.why) if isinstance(result, DecodeFailure) else result
        )
        done += 1
        if progress is not None:
            progress(done, total)
    return {item.path: seen[item.path] for item in collection}


def _examined(items: list[Item], index: Index) -> Iterator[tuple[Item, Facts | DecodeFailure]]:
    """Each item with its result, in the given order; a few are looked at ahead."""
    if not items:
        return
    num_threads = num_cores()
    waiting: deque[tuple[Item, Future[Facts | DecodeFailure]]] = deque()
    with ThreadPoolExecutor(num_threads, thread_name_prefix="scan") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(look, item, index, shared=index.shared)))
                if len(waiting) > 4 * num_threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
