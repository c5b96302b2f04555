"""What the items of a set share, told from a sample of them: the range of deep pictures, say.

It must be known before anything is computed from them; a set that shares nothing costs 64 looks,
which `input_size` takes anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from handful.datasets.index import Index
from handful.items.item import Item, Quarantined
from handful.modalities.failure import DecodeFailure
from handful.modalities.modality import Facts, Shared
from handful.system.machine import num_cores

FIRST = 64
"""Items that are looked at in any case."""

MOST = 512
"""Items that are looked at where what one of the first is depends on the others."""


def find_shared(items: Sequence[Item], index: Index) -> Shared:
    """What the items of the set share; told to the index, too.

    The same items give the same. Empty where no item of the sample depends on the others.

    Args:
        items: in a settled order.
        index: what is known of their files; what is read here is put into it.
    """
    relative = _relative(evenly(items, FIRST), index)
    if relative and len(items) > FIRST:
        relative = _relative(evenly(items, MOST), index)
    shared = index.modality.shared(relative)
    index.use(shared)
    return shared


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """Up to `most` of the items, evenly spaced, in their order."""
    places = {place * len(items) // most for place in range(most)} if items else set()
    return [items[place] for place in sorted(places)]


def _relative(items: Sequence[Item], index: Index) -> list[Facts]:
    """The facts of those items that depend on what the set shares."""
    known = index.known(items, any_shared=True)
    unknown = [item for item in items if item.path not in known]
    found = [one for one in known.values() if not isinstance(one, Quarantined)]
    if unknown:
        with ThreadPoolExecutor(num_cores(), thread_name_prefix="survey") as pool:
            alone = partial(look, index=index, shared=())
            for item, result in zip(unknown, pool.map(alone, unknown), strict=True):
                index.put(item, result)
                if not isinstance(result, DecodeFailure):
                    found.append(result)
    return [one for one in found if one.is_relative]


def look(item: Item, index: Index, *, shared: Shared) -> Facts | DecodeFailure:
    """The item's facts, or why there are none.

    Args:
        item: what to look at.
        index: of its modality and detail; nothing is put into it.
        shared: what the items of its set share; empty: the item is looked at by itself.
    """
    try:
        return index.modality.examine(item, detail=index.detail, shared=shared)[0]
    except DecodeFailure as failure:
        return failure
