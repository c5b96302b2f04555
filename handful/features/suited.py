"""The encoder that suits a set: its input size and, for deep pictures, their black and white."""

from __future__ import annotations

from collections.abc import Sequence

from handful.datasets.index import Index
from handful.datasets.survey import find_shared
from handful.encoders.encoder import Encoder
from handful.encoders.registry import load
from handful.features.input_size import input_size
from handful.items.item import Item


def suited_encoder(name: str, items: Sequence[Item], index: Index) -> Encoder:
    """The named encoder, made for these items; the index then knows their range, too.

    Args:
        name: as `handful encoders` lists it.
        items: in a settled order, so that a later run gets the same encoder.
        index: what is known of their files; what is read here is put into it.
    Raises:
        EncoderError: no encoder has this name, or its package is not installed.
    """
    shared = find_shared(items, index)
    return load(name, size=input_size(items, index), levels=shared)
