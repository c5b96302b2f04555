"""What an item is, which belong together, and how they are split."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handful.items.finding import Finding
    from handful.items.item import Collection, Item, Quarantined

_HOMES = {
    "Collection": "handful.items.item",
    "Finding": "handful.items.finding",
    "Item": "handful.items.item",
    "Quarantined": "handful.items.item",
}

__all__ = ["Collection", "Finding", "Item", "Quarantined"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'handful.items' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
