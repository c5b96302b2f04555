"""Classes as they are called now: names follow keys, so that renaming and merging can be undone.

A label names a class by its key, which never changes: the name under which the class began. What
renames and merges do is kept here, as a small table folded from the class events that count.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from handful.labels.event import Event


class ClassTable:
    """Key → name, after the class events given, in order.

    Two keys of one name are one class to every reader. A merge of a class with itself is nothing.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self._began: dict[str, None] = {}  # an ordered set
        self._name: dict[str, str] = {}
        self._into: dict[str, str] = {}
        for event in events:
            key = self._root(event.label)
            if event.kind == "class-add":
                self._began.setdefault(event.label)
                self._name.setdefault(event.label, event.detail or event.label)
            elif event.kind == "class-rename":
                self._name[key] = event.detail
            elif (target := self._root(event.detail)) != key:
                self._into[key] = target

    def _root(self, key: str) -> str:
        while key in self._into:
            key = self._into[key]
        return key

    def name_of(self, key: str) -> str:
        """What the class with `key` is called now."""
        root = self._root(key)
        return self._name.get(root, root)

    @property
    def keys(self) -> set[str]:
        """Keys of the classes that began."""
        return set(self._began)

    def names(self, strays: Iterable[str]) -> tuple[str, ...]:
        """Names in the order in which the classes began; keys in use that never began come last."""
        return tuple(dict.fromkeys(map(self.name_of, [*self._began, *strays])))

    def key_of(self, name: str, strays: Iterable[str]) -> str | None:
        """A key whose class is called `name` now; None: there is none."""
        keys = [*self._began, *strays]
        return next((self._root(key) for key in keys if self.name_of(key) == name), None)

    def free_key(self, name: str) -> str:
        """`name` itself, or where that key means another class, `name#2` and so on."""
        if self.name_of(name) == name:
            return name
        numbered = (f"{name}#{number}" for number in count(2))
        return next(key for key in numbered if key not in self._name and key not in self._into)
