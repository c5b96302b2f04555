"""Which files are items, asked of every kind that handful knows. Light: no library is imported.

A new kind is one name in `KINDS` and a folder of that name with two modules: `files.py`, whose
`FILES` keeps the contract here, and `modality.py`, whose `MODALITY` keeps that of `Modality`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import NamedTuple, Protocol, runtime_checkable

KINDS = ("image",)
"""Names of the kinds of items, the default first; in this order files are offered to them."""


class Noun(NamedTuple):
    """What one item is called, and what several are called."""

    one: str
    many: str


@runtime_checkable
class Files(Protocol):
    """What files of one kind are called and begin with."""

    @property
    def noun(self) -> Noun:
        """What items of the kind are called in texts."""
        ...

    @property
    def expected(self) -> str:
        """The formats that are read, as an error lists them."""
        ...

    def suffixes(self) -> frozenset[str]:
        """Endings of files that are read here and now, in lower case, with the full stop."""
        ...

    def known_suffixes(self) -> frozenset[str]:
        """Endings of all files that are of this kind, whether or not they are read."""
        ...

    def why_unread(self, suffix: str) -> str | None:
        """Why a file of this kind with that ending is not read; None where it is not one."""
        ...

    def claims(self, head: bytes) -> bool:
        """Whether a file that begins with these 32 bytes is of this kind, whatever its ending."""
        ...


@cache
def kinds() -> tuple[Files, ...]:
    """What each kind says of its files."""
    return tuple(import_module(f"handful.modalities.{name}.files").FILES for name in KINDS)


def suffixes() -> frozenset[str]:
    """Endings of files that some kind reads here and now."""
    return frozenset().union(*(one.suffixes() for one in kinds()))


def known_suffixes() -> frozenset[str]:
    """Endings of files that are of some kind, whether or not they are read."""
    return frozenset().union(*(one.known_suffixes() for one in kinds()))


def why_unread(suffix: str) -> str | None:
    """Why a file with that ending is set aside; None where no kind knows the ending."""
    found = (one.why_unread(suffix) for one in kinds())
    return next((why for why in found if why is not None), None)


def claimed(head: bytes) -> bool:
    """Whether some kind knows a file that begins with these 32 bytes."""
    return any(one.claims(head) for one in kinds())


def expected() -> str:
    """The formats that are read, as an error lists them."""
    return "; ".join(one.expected for one in kinds())


def nouns() -> str:
    """What items of all kinds are called: "pictures", or "pictures or texts"."""
    return " or ".join(one.noun.many for one in kinds())
