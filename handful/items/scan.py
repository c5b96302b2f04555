"""Looks at every item that is not known yet, on all cores. One item is `fingerprint.examine`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from handful.items.decode import DecodeFailure
from handful.items.fingerprint import Fingerprint, examine
from handful.items.index import Index
from handful.items.item import Collection, Item, Quarantined
from handful.machine import num_cores

Progress = Callable[[int, int], None]
"""Called with (done, total) from the thread that called `scan`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a look at every item gave.

    Args:
        fingerprints: of the items that can be read, by path.
        quarantined: those that cannot, and those set aside while looking for items; sorted by path.
        notes: facts worth a line to the user.
    """

    fingerprints: Mapping[str, Fingerprint]
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = ()


def scan(collection: Collection, index: Index, *, progress: Progress | None = None) -> Scan:
    """Fingerprints of every item; only files that are new or changed are read.

    Args:
        collection: what there is.
        index: what is known of it; what is found out is put there.
        progress: called as items are done, with (done, total); total counts all items.
    Raises:
        StoreError: the index cannot be written.
    """
    known = index.known(collection.items)
    total = len(collection)
    fingerprints: dict[str, Fingerprint] = {}
    quarantined = list(collection.quarantined)
    unknown: list[Item] = []
    for item in collection:
        match known.get(item.path):
            case None:
                unknown.append(item)
            case Quarantined() as bad:
                quarantined.append(bad)
            case seen:
                fingerprints[item.path] = seen
    done = total - len(unknown)
    if progress is not None:
        progress(done, total)
    for item, result in _examined(unknown):
        index.put(item, result)
        if isinstance(result, DecodeFailure):
            quarantined.append(Quarantined(item.path, result.why))
        else:
            fingerprints[item.path] = result
        done += 1
        if progress is not None:
            progress(done, total)
    return Scan(
        {item.path: fingerprints[item.path] for item in collection if item.path in fingerprints},
        tuple(sorted(quarantined, key=lambda bad: bad.path)),
        index.notes,
    )


def _examined(items: list[Item]) -> Iterator[tuple[Item, Fingerprint | DecodeFailure]]:
    """Each item with its result, in the given order; a few are looked at ahead."""
    if not items:
        return
    num_threads = num_cores()
    waiting: deque[tuple[Item, Future[Fingerprint | DecodeFailure]]] = deque()
    with ThreadPoolExecutor(num_threads, thread_name_prefix="scan") as pool:
        try:
            for item in items:
                waiting.append((item, pool.submit(_look, item)))
                if len(waiting) > 4 * num_threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _look(item: Item) -> Fingerprint | DecodeFailure:
    try:
        return examine(item)[0]
    except DecodeFailure as failure:
        return failure
