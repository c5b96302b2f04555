"""What earlier runs learned of every file, so that a run in which nothing changed reads no file.

All of it is derived: deleting `index.sqlite` costs time, never a label. Which files belong to the
data is not known here (`folder.py`, `table.py`), nor how they are read
(`modalities/`).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from handful.errors import StoreError
from handful.items.item import Item, Quarantined
from handful.items.names import printable
from handful.modalities.failure import DecodeFailure
from handful.modalities.modality import Facts, Modality, Shared
from handful.modalities.registry import modality as modality_named
from handful.system.write_ahead import write_ahead

FILE_NAME = "index.sqlite"

# Written together: few enough that a kill loses little, many enough that commits cost nothing.
_BATCH = 256
_BATCH_S = 2.0
_BUSY_S = 30.0

_FILE_FIELDS = ("path", "size", "mtime_ns", "inode", "version", "why", "seen_in")
_CONTENT = "SELECT content, size, mtime_ns, inode FROM files WHERE path = ?"

_Status = tuple[int, int, int]


class Index:
    """What is known of every file. A context manager; what was put is kept on leaving, in any way.

    Safe with several threads, with two processes on one file, and when killed: at worst the last
    two seconds are looked at again. A damaged file is replaced and `notes` says so.

    Args:
        folder: the project folder; made if it is not there.
        detail: how much decoding keeps; what was looked at in another detail is not known.
        modality: what kind of items they are.
    Raises:
        StoreError: the folder cannot be made or written, the disk is full, or another program
            has held the file for half a minute.
    """

    def __init__(
        self, folder: Path, *, detail: int = 224, modality: Modality | None = None
    ) -> None:
        self.path: Final = folder / FILE_NAME
        self.notes: tuple[str, ...] = ()
        self.shared: Shared = ()
        self.modality: Final = modality or modality_named()
        self.detail: Final = detail
        self._version = self.modality.version(detail)
        self._fields = (*_FILE_FIELDS, *self.modality.columns)
        self._seen: dict[str, _Status] = {}
        self._pending: list[tuple[object, ...]] = []
        self._pending_since = time.monotonic()
        self._lock = threading.RLock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _store_error(folder, error.strerror or str(error)) from error
        self._database = self._open()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def use(self, shared: Shared) -> None:
        """From now on items are looked at with this; what was seen with other is not known."""
        with self._lock:
            self.shared = shared

    def known(
        self, items: Iterable[Item], *, any_shared: bool = False
    ) -> dict[str, Facts | Quarantined]:
        """What is known of those items whose files have not changed, by item path.

        A file has not changed if its size, time of change and inode are those of the last look.
        Every file's state is taken here and remembered for `put`.

        Args:
            items: to look up.
            any_shared: those too that were looked at with another `shared` than that in use.
        """
        with self._lock:
            self._flush()
            rows = self._rows()
            found: dict[str, Facts | Quarantined] = {}
            seen_in = str(self.shared)
            for item in items:
                status = _status(item)
                if status is None:
                    continue
                self._seen[item.path] = status
                row = rows.get(item.path)
                if row is not None and row[1:4] == status and row[4] == self._version:
                    seen = self._from_row(row)
                    relative = not isinstance(seen, Quarantined) and seen.is_relative
                    if any_shared or not relative or row[6] == seen_in:
                        found[item.path] = seen
            return found

    def contents(self, items: Iterable[Item]) -> dict[str, str]:
        """Content hash of those items whose files have not changed since the last look, by path.

        However they were decoded then: the bytes are the same.
        """
        found = {}
        for item in items:
            row = self._content_row(item.path)
            if row is not None and row[0] and row[1:] == _status(item):
                found[item.path] = row[0]
        return found

    def last_contents(self, paths: Iterable[str]) -> dict[str, str]:
        """Content hash that the file at each path had at the last look, there still or not."""
        rows = {path: self._content_row(path) for path in paths}
        return {path: row[0] for path, row in rows.items() if row is not None and row[0]}

    def _content_row(self, path: str) -> tuple[Any, ...] | None:
        try:
            with self._lock:
                row: tuple[Any, ...] | None = self._database.execute(_CONTENT, (path,)).fetchone()
                return row
        except sqlite3.OperationalError as error:
            raise _store_error(self.path, str(error)) from error
        except sqlite3.DatabaseError as error:
            self._database = self._replace(error)
            return None

    def put(self, item: Item, result: Facts | DecodeFailure) -> None:
        """Keeps what a look at the item gave, for the state that its file had in `known`.

        A failure that may pass (no permission, no such file) is not kept.
        """
        with self._lock:
            status = self._seen.get(item.path) or _status(item)
            if status is None or (isinstance(result, DecodeFailure) and not result.lasting):
                return
            self._pending.append((item.path, *status, self._version, *self._to_row(result)))
            waited_s = time.monotonic() - self._pending_since
            if len(self._pending) >= _BATCH or waited_s > _BATCH_S:
                self._flush()

    def close(self) -> None:
        """Writes what is still waiting and lets go of the file. Harmless when called twice."""
        with self._lock:
            try:
                self._flush()
            finally:
                self._pending.clear()
                self._database.close()

    @property
    def _schema(self) -> str:
        return f"CREATE TABLE IF NOT EXISTS files ({', '.join(self._fields)}, PRIMARY KEY (path))"

    @property
    def _select(self) -> str:
        return f"SELECT {', '.join(self._fields)} FROM files"

    @property
    def _insert(self) -> str:
        return f"INSERT OR REPLACE INTO files VALUES ({', '.join('?' * len(self._fields))})"

    def _to_row(self, result: Facts | DecodeFailure) -> tuple[object, ...]:
        """What is kept besides the file's state: why it failed, what was shared, the facts."""
        if isinstance(result, DecodeFailure):
            return (result.why, str(self.shared), *[None] * len(self.modality.columns))
        return (None, str(self.shared), *self.modality.to_row(result))

    def _from_row(self, row: tuple[Any, ...]) -> Facts | Quarantined:
        if row[5] is not None:
            return Quarantined(row[0], row[5])
        return self.modality.from_row(row[len(_FILE_FIELDS) :])

    def _rows(self) -> dict[str, tuple[Any, ...]]:
        try:
            return {row[0]: row for row in self._database.execute(self._select)}
        except sqlite3.OperationalError as error:
            raise _store_error(self.path, str(error)) from error
        except sqlite3.DatabaseError as error:
            self._database = self._replace(error)
            return {}

    def _flush(self) -> None:
        self._pending_since = time.monotonic()
        if not self._pending:
            return
        try:
            with self._database:
                self._database.executemany(self._insert, self._pending)
        except sqlite3.OperationalError as error:
            raise _store_error(self.path, str(error)) from error
        except sqlite3.DatabaseError as error:
            self._database = self._replace(error)
            with self._database:
                self._database.executemany(self._insert, self._pending)
        self._pending.clear()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.OperationalError as error:
            raise _store_error(self.path, str(error)) from error
        except sqlite3.DatabaseError as error:
            return self._replace(error)

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=_BUSY_S, check_same_thread=False)
        try:
            write_ahead(database, timeout_s=_BUSY_S)
            database.execute("PRAGMA synchronous = NORMAL")
            with database:
                database.execute(self._schema)
            columns = tuple(row[1] for row in database.execute("PRAGMA table_info(files)"))
            if columns == self._fields[: len(columns)]:
                # An earlier version kept less. Its rows are no longer known, but by the hashes in
                # them files are still followed that were renamed since.
                with database:
                    for name in self._fields[len(columns) :]:
                        database.execute(f"ALTER TABLE files ADD COLUMN {name}")
            else:
                with database:
                    database.execute("DROP TABLE files")
                    database.execute(self._schema)
        except BaseException:
            database.close()
            raise
        return database

    def _replace(self, error: sqlite3.DatabaseError) -> sqlite3.Connection:
        """A fresh file in place of one that SQLite calls damaged."""
        if hasattr(self, "_database"):
            self._database.close()
        try:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)
            database = self._connect()
        except (OSError, sqlite3.Error) as again:
            raise _store_error(self.path, str(again)) from again
        self.notes += (
            f"{FILE_NAME} was damaged ({error}) and was made anew: every file is read once more",
        )
        return database


def _status(item: Item) -> _Status | None:
    try:
        status = os.stat(item.source)  # noqa: PTH116  (a third of the time of Path.stat)
    except OSError:
        return None  # what is wrong with it is said by whoever reads it
    return status.st_size, status.st_mtime_ns, status.st_ino & (2**63 - 1)


def _store_error(path: Path, why: str) -> StoreError:
    if "locked" in why:
        return StoreError(
            "Another program holds the project folder.",
            found=f"{printable(str(path))} ({why} for {_BUSY_S:.0f} s)",
            expected="one run that writes at a time",
            attempt="wait until the other run has ended",
        )
    return StoreError(
        "What was found out about the files cannot be kept.",
        found=f"{printable(str(path))} ({why})",
        expected="a folder that can be written, on a disk with room",
        attempt="name another folder with --project DIR, or free some space",
    )
