"""Pictures as a kind of item: one object that keeps the contract of `modalities/modality.py`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any, final

import numpy as np
from jaxtyping import Int

from handful.items.item import Item
from handful.modalities.image import levels
from handful.modalities.image.decode import DECODE_VERSION, Picture
from handful.modalities.image.duplicates import clusters
from handful.modalities.image.facts import FINGERPRINT_VERSION, Fingerprint, examine
from handful.modalities.image.formats import formats
from handful.modalities.image.levels import Levels
from handful.modalities.modality import Shared


@final
class ImageModality:
    """Pictures in files: JPEG, PNG, TIFF and their like."""

    name = "image"
    columns = tuple(Fingerprint.__slots__)

    def version(self, detail: int) -> str:
        """Changes with the code, and with the formats that are installed.

        What an extra reads is so looked at again once the extra is there.
        """
        return f"{DECODE_VERSION}.{FINGERPRINT_VERSION}.{detail}.{len(formats())}"

    def to_row(self, facts: Fingerprint) -> tuple[object, ...]:
        """The fingerprint as SQLite takes it."""
        # SQLite's integers are signed.
        phash = facts.phash - 2**64 if facts.phash >= 2**63 else facts.phash
        own = None if facts.levels is None else json.dumps(astuple(facts.levels))
        changed = {"phash": phash, "levels": own}
        return tuple(changed.get(name, getattr(facts, name)) for name in self.columns)

    def from_row(self, row: Sequence[Any]) -> Fingerprint:
        """The fingerprint that `to_row` was given."""
        fields = dict(zip(self.columns, row, strict=True))
        fields["phash"] %= 2**64
        if fields["levels"] is not None:
            fields["levels"] = Levels(*json.loads(fields["levels"]))
        return Fingerprint(**fields)

    def examine(self, item: Item, *, detail: int, shared: Shared) -> tuple[Fingerprint, Picture]:
        """Reads, decodes and fingerprints one picture. Thread-safe.

        Args:
            item: what to look at.
            detail: short side in pixels that decoding must keep.
            shared: black and white of the set.
        Raises:
            DecodeFailure: with the item's path, if it cannot be read or decoded.
        """
        return examine(item, target=detail, levels=shared)

    def shared(self, facts: Sequence[Fingerprint]) -> Shared:
        """Black and white of the set, one range of each kind of value."""
        return levels.shared([one.levels for one in facts if one.levels is not None])

    def alike(self, facts: Sequence[Fingerprint]) -> Int[np.ndarray, " n"]:
        """A cluster number for each picture; copies and near copies share one."""
        return clusters(facts)

    def side(self, facts: Fingerprint) -> float:
        """The short side in pixels."""
        return float(min(facts.width, facts.height))


MODALITY = ImageModality()
