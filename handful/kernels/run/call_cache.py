"""What is remembered of earlier calls, so that calls like them cost less."""

from __future__ import annotations

from typing import TypeVar

MOST = 256
"""Kinds of calls remembered: enough for a training run, too few to fill memory."""

K = TypeVar("K")
V = TypeVar("V")


class CallCache(dict[K, V]):
    """A dict that forgets all that it has when it is full."""

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= MOST:
            self.clear()
        super().__setitem__(key, value)
