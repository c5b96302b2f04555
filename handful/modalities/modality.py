"""The contract that every kind of item keeps: pictures, and whatever comes beside them.

The rest of handful indexes, compares and embeds items through this contract alone; which files are
items is asked in `files.py`, where a new kind is named, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from handful.items.item import Item

Shared = tuple[Any, ...]
"""What the items of one set share and each is looked at with, hashable; empty where nothing is.

For pictures: black and white of those with more than 8 bits.
"""


@runtime_checkable
class Facts(Protocol):
    """What is kept of one item's content, so that it need not be read again."""

    @property
    def modality(self) -> str:
        """The name of the modality that these facts belong to."""
        ...

    @property
    def content(self) -> str:
        """The hash of the item's bytes, by which it is known under any name."""
        ...

    @property
    def is_relative(self) -> bool:
        """Whether the item was looked at with what its set shares: in another set it differs."""
        ...

    @property
    def taken(self) -> str:
        """When it was made, in an order that text has ("2024-05-01T09:30:00"); or empty."""
        ...


@runtime_checkable
class Recipe(Protocol):
    """How content becomes the tensor that a graph takes, as far as any modality has it."""

    @property
    def modality(self) -> str:
        """The name of the modality whose content it takes."""
        ...

    @property
    def detail(self) -> int:
        """How much of the content decoding must keep, in the modality's own unit."""
        ...

    @property
    def shared(self) -> Shared:
        """What the set's items share."""
        ...


@runtime_checkable
class Modality(Protocol):
    """One kind of item: how its content is read and what makes two alike."""

    @property
    def name(self) -> str:
        """As recipes and the registry of encoders name it."""
        ...

    def version(self, detail: int) -> str:
        """Changes where the facts of one content change that was looked at in this detail."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the facts that the index keeps; `content` is one of them."""
        ...

    def to_row(self, facts: Any) -> tuple[object, ...]:
        """The facts as SQLite takes them, one for each of `columns`."""
        ...

    def from_row(self, row: Sequence[Any]) -> Facts:
        """The facts that `to_row` was given."""
        ...

    def examine(self, item: Item, *, detail: int, shared: Shared) -> tuple[Facts, Any]:
        """Reads and decodes one item. Thread-safe.

        Args:
            item: what to look at.
            detail: how much decoding must keep, in the modality's own unit.
            shared: what the set's items share.
        Returns:
            The facts, and the decoded content as `Encoder.prepare` takes it.
        Raises:
            DecodeFailure: with the item's path, if it cannot be read or decoded.
        """
        ...

    def shared(self, facts: Sequence[Any]) -> Shared:
        """What the items of a set share, from those facts that are relative."""
        ...

    def alike(self, facts: Sequence[Any]) -> Int[np.ndarray, " n"]:
        """A cluster number for each item, from 0; copies and near copies share one."""
        ...

    def side(self, facts: Any) -> float | None:
        """The item's size that an encoder's input is chosen by; None where it has none."""
        ...
