"""What range the pictures of a set share, where they have more than 8 bits. From a sample of them.

It must be known before anything is computed from them; a set of 8-bit pictures costs 64 looks,
which `input_size` takes anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from handful.datasets.index import Index
from handful.items.item import Item
from handful.modalities.image.decode import DecodeFailure
from handful.modalities.image.facts import Fingerprint, examine
from handful.modalities.image.levels import Levels, shared
from handful.system.machine import num_cores

FIRST = 64
"""Pictures that are looked at in any case."""

MOST = 512
"""Pictures that are looked at where one of the first has more than 8 bits."""


def find_levels(items: Sequence[Item], index: Index) -> tuple[Levels, ...]:
    """Black and white of the set, one range of each kind of value; told to the index, too.

    The same items give the same range. None where no picture of the sample has more than 8 bits.

    Args:
        items: in a settled order.
        index: what is known of their files; what is read here is put into it.
    """
    own = _own_levels(evenly(items, FIRST), index)
    if own and len(items) > FIRST:
        own = _own_levels(evenly(items, MOST), index)
    levels = shared(own)
    index.use(levels)
    return levels


def evenly(items: Sequence[Item], most: int) -> list[Item]:
    """Up to `most` of the items, evenly spaced, in their order."""
    places = {place * len(items) // most for place in range(most)} if items else set()
    return [items[place] for place in sorted(places)]


def _own_levels(items: Sequence[Item], index: Index) -> list[Levels]:
    """What would be black and white in each of the deep pictures by itself."""
    known = index.known(items, any_levels=True)
    unknown = [item for item in items if item.path not in known]
    found = [one.levels for one in known.values() if isinstance(one, Fingerprint)]
    if unknown:
        with ThreadPoolExecutor(num_cores(), thread_name_prefix="survey") as pool:
            for item, result in zip(unknown, pool.map(look, unknown), strict=True):
                index.put(item, result)
                if isinstance(result, Fingerprint):
                    found.append(result.levels)
    return [one for one in found if one is not None]


def look(item: Item, levels: Sequence[Levels] = ()) -> Fingerprint | DecodeFailure:
    """The item's fingerprint, or why there is none."""
    try:
        return examine(item, levels=levels)[0]
    except DecodeFailure as failure:
        return failure
