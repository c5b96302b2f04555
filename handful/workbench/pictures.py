"""Pictures for the page, small, medium and large, made once and kept by content."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import final

from handful.errors import StoreError
from handful.items.item import Item
from handful.modalities.content import read
from handful.modalities.failure import DecodeFailure
from handful.modalities.image.decode import decode
from handful.modalities.image.full_size import FullSize, full_size
from handful.modalities.image.levels import Levels
from handful.modalities.image.thumbnails import Thumbnails, encode_thumbnail
from handful.workbench.problems import PictureGoneError

SIDES = (128, 480, 1600)

_State = tuple[int, int, int]


@final
class Pictures:
    """Pictures by their item's place. Safe to share between threads.

    Args:
        items: all items.
        root: the data folder; a file that comes to lie elsewhere is refused.
        folder: where small pictures are kept.
        levels: gives black and white of the set; asked once, when the first picture is.
    """

    def __init__(
        self,
        items: Sequence[Item],
        *,
        root: Path,
        folder: Path,
        levels: Callable[[], tuple[Levels, ...]],
    ) -> None:
        self._items = items
        self._root = root.resolve()
        self._linked = _linked_outside(items, self._root)
        self._folder = folder
        self._find_levels = levels
        self._thumbs: dict[int, Thumbnails] = {}
        self._levels: tuple[Levels, ...] = ()
        self._seen: dict[int, tuple[_State, str]] = {}
        self._lock = threading.Lock()
        self._finding_levels = threading.Lock()
        self.gone: dict[int, str] = {}

    def content(self, at: int) -> str:
        """Content hash of the item's file as it is now.

        Raises:
            PictureGoneError: it cannot be read any more, or lies outside the data folder.
        """
        return self._read(at)[0]

    def get(self, at: int, side: int) -> tuple[bytes, str]:
        """An item's picture as WebP, its longer side at most `side`, and its content hash.

        Raises:
            PictureGoneError: it cannot be read or decoded.
        """
        content, data = self._read(at)
        thumbs = self._made_ready()[side]
        kept = thumbs.get(content)
        if kept is None:
            try:
                data = data or read(self._items[at])
                picture = decode(data, target=side, levels=self._levels)
                kept = encode_thumbnail(picture.pixels, side=side)
            except DecodeFailure as failure:
                raise self._lost(at, failure.why) from failure
            try:
                thumbs.put(content, kept)
            except StoreError:
                return kept, content  # made again next time; what is shown needs no disk
        with self._lock:
            self.gone.pop(at, None)
        return kept, content

    def _made_ready(self) -> dict[int, Thumbnails]:
        """Where pictures of each size are kept, which depends on the set's black and white."""
        with self._finding_levels:
            if not self._thumbs:
                self._levels = self._find_levels()
                self._thumbs = {
                    side: Thumbnails(self._folder, side=side, levels=self._levels) for side in SIDES
                }
            return self._thumbs

    def full(self, at: int) -> FullSize:
        """An item's picture at its full size and depth.

        Raises:
            PictureGoneError: it cannot be read or decoded.
        """
        _, data = self._read(at)
        self._made_ready()
        try:
            return full_size(data or read(self._items[at]), levels=self._levels)
        except DecodeFailure as failure:
            raise self._lost(at, failure.why) from failure

    def _read(self, at: int) -> tuple[str, bytes]:
        """Content hash, and the bytes if they had to be read for it."""
        item = self._items[at]
        try:
            status = os.stat(item.source)  # noqa: PTH116  (a third of the time of Path.stat)
        except OSError as error:
            raise self._lost(at, error.strerror or str(error)) from error
        state = (status.st_size, status.st_mtime_ns, status.st_ino)
        with self._lock:
            seen = self._seen.get(at)
        if seen is not None and seen[0] == state:
            return seen[1], b""
        if at not in self._linked and not item.source.resolve().is_relative_to(self._root):
            raise self._lost(at, "a link that leads out of the data folder")
        try:
            data = read(item)
        except DecodeFailure as failure:
            raise self._lost(at, failure.why) from failure
        content = hashlib.blake2b(data, digest_size=16).hexdigest()
        with self._lock:
            self._seen[at] = (state, content)
        return content, data

    def _lost(self, at: int, why: str) -> PictureGoneError:
        with self._lock:
            self.gone[at] = why
            self._seen.pop(at, None)
        return PictureGoneError(
            "The picture cannot be shown.",
            found=f"{self._items[at].path} ({why})",
            expected="the file as it was when the folder was read",
            attempt="put it back; its labels are kept",
        )


def _linked_outside(items: Sequence[Item], root: Path) -> set[int]:
    """Items that a link of the user's led to when the folder was read: those are meant."""
    inside = {parent: parent.resolve().is_relative_to(root)
              for parent in {item.source.parent for item in items}}  # fmt: skip
    return {
        at
        for at, item in enumerate(items)
        if not inside[item.source.parent] or os.path.islink(item.source)  # noqa: PTH114
    }
