"""How large the encoder's input should be: tiny pictures are not blown up to 224 pixels.

Three times the short side, at the next size that encoders take. Measured with a ridge head (the
best of four λ), accuracy on a third kept aside, and processor time a picture:

    input           32      64      96      128     224
    digits, 8 px    0.990   0.990   0.985   0.980   0.983    n = 1,797, 1,198 labels
                    0.963   0.945   0.947   0.958   0.950    200 labels
    fashion, 28 px  0.818   0.862   0.873   0.878   0.856    n = 2,500, 1,666 labels
                    0.772   0.789   0.795   0.796   0.819    200 labels
    time            1 ms    2 ms    4 ms    7 ms    20 ms    on a busy machine

(n aside: 599 and 834, so a step under one percent is noise.)
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from handful.datasets.index import Index
from handful.datasets.survey import evenly, look
from handful.encoders.registry import SIZES
from handful.items.item import Item, Quarantined
from handful.modalities.failure import DecodeFailure

SAMPLE = 64
ENLARGED = 3


def input_size(items: Sequence[Item], index: Index) -> int:
    """Height and width that suit the items, for `registry.load(..., size=)`.

    Looks at up to 64 items, evenly spaced; those that the index knows are not read again.

    Args:
        items: in a settled order, so that a later run asks the same ones.
        index: what is known of their files; what is read here is put into it.
    """
    chosen = evenly(items, SAMPLE)
    known = index.known(chosen)
    sides = []
    for item in chosen:
        seen = known.get(item.path)
        if seen is None:
            looked = look(item, index, shared=index.shared)
            index.put(item, looked)
            if isinstance(looked, DecodeFailure):
                continue
            seen = looked
        if not isinstance(seen, Quarantined) and (side := index.modality.side(seen)) is not None:
            sides.append(side)
    return size_for(median(sides)) if sides else SIZES[-1]


def size_for(side: float | int) -> int:
    """The input size for pictures whose short side is `side` pixels."""
    return next((size for size in SIZES if size >= ENLARGED * side), SIZES[-1])
