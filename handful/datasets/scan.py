"""Looks at every item that is not known yet, on all cores. One item is `fingerprint.examine`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from handful.datasets.index import Index
from handful.datasets.survey import find_levels, look
from handful.items.item import Collection, Item, Quarantined
from handful.modalities.image.decode import DecodeFailure
from handful.modalities.image.facts import Fingerprint
from handful.modalities.image.levels import Levels
from handful.system.machine import num_cores

Progress = Callable[[int, int], None]
"""Called with (done, total) from the thread that called `scan`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at every item gave.

    Args:
        fingerprints: of the items that can be read, by path.
        quarantined: those that cannot, and those set aside while looking for items; sorted by path.
        notes: facts worth a line to the user.
        levels: black and white of the set, where its pictures have more than 8 bits.
    """

    fingerprints: Mapping[str, Fingerprint]
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()
    levels: tuple[Levels, ...] = ()


def scan(collection: Collection, index: Index, *, progress: Progress | None = None) -> Scan:
    """Fingerprints of every item; only files that are new or changed are read.

    Args:
        collection: what there is.
        index: what is known of it; what is found out is put there.
        progress: called as items are done, with (done, total); total counts all items.
    Raises:
        StoreError: the index cannot be written.
    """
    seen = _seen(collection, index, progress, any_levels=True)
    levels = find_levels(collection.items, index)  # all is known by now: nothing is read
    if levels:
        seen = _seen(collection, index, progress)
    bad = [one for one in seen.values() if isinstance(one, Quarantined)]
    return Scan(
        {path: one for path, one in seen.items() if isinstance(one, Fingerprint)},
        tuple(sorted((*collection.quarantined, *bad), key=lambda one: one.path)),
        index.notes,
        levels,
    )


def _seen(
    collection: Collection, index: Index, progress: Progress | None, *, any_levels: bool = False
) -> dict[str, Fingerprint | Quarantined]:
    """What is known of every item, in their order; what is not known is looked at.

    Args:
        collection: what there is.
        index: what is known of it.
        progress: as for `scan`.
        any_levels: as for `Index.known`.
    """
    seen = index.known(collection.items, any_levels=any_levels)
    unknown = [item for item in collection if item.path not in seen]
    total, done = len(collection), len(collection) - len(unknown)
    if progress is not None:
        progress(done, total)
    for item, result in _examined(unknown, index.levels):
        index.put(item, result)
        seen[item.path] = (
            Quarantined(item.path, result.why) if isinstance(result, DecodeFailure) else result
        )
        done += 1
        if progress is not None:
            progress(done, total)
    return {item.path: seen[item.path] for item in collection}


def _examined(
    items: list[Item], levels: tuple[Levels, ...]
) -> Iterator[tuple[Item, Fingerprint | DecodeFailure]]:
    """Each item with its result, in the given order; a few are looked at ahead."""
    if not items:
        return
    num_threads = num_cores()
    waiting: deque[tuple[Item, Future[Fingerprint | DecodeFailure]]] = deque()
    with ThreadPoolExecutor(num_threads, thread_name_prefix="scan") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(look, item, levels)))
                if len(waiting) > 4 * num_threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(cancel_futures=True)
