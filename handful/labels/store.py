"""The SQLite file under the ledger: opening it, its one table, and what SQLite's errors mean.

What the events mean is not known here. There is nothing derived in the file: the state is folded
anew at each opening, so it cannot disagree with the events.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from handful.errors import StoreError
from handful.labels.event import Event
from handful.system import installing
from handful.system.write_ahead import write_ahead

# Of what the file may hold. One with a higher version is not touched; one that does not use what
# came later keeps the earlier version, so that an earlier handful goes on reading it.
VERSION = 3
FIRST_VERSION = 1
SINCE = {"exam": 2, "move": 3}  # kind of event → the version that brought it
APPLICATION = 0x48464C44  # "HFLD", so that `file` and we know the file for a ledger

COLUMNS = (
    "seq", "uuid", "gesture", "kind", "annotator", "time", "item", "label", "detail", "source",
    "digest", "model", "probability", "milliseconds",
)  # fmt: skip
SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE events (
  seq          INTEGER PRIMARY KEY,
  uuid         TEXT NOT NULL UNIQUE,
  gesture      TEXT NOT NULL,
  kind         TEXT NOT NULL,
  annotator    TEXT NOT NULL,
  time         REAL NOT NULL,
  item         TEXT NOT NULL,
  label        TEXT NOT NULL,
  detail       TEXT NOT NULL,
  source       TEXT NOT NULL,
  digest       TEXT NOT NULL,
  model        TEXT NOT NULL,
  probability  REAL,
  milliseconds INTEGER
) STRICT;
CREATE TRIGGER events_are_never_altered BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'events are never altered'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FIRST_VERSION};
COMMIT;
"""
INSERT = f"INSERT INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
SELECT = f"SELECT {', '.join(COLUMNS)} FROM events"


def connect(path: Path, *, timeout_s: float, read_only: bool) -> sqlite3.Connection:
    """An open ledger file, made if need be, in WAL mode with full synchronisation.

    Raises:
        StoreError: it cannot be opened or made, is no ledger, is of a newer version, or is locked.
    """
    with explained(path):
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
            uri=True,
            timeout=timeout_s,
            isolation_level=None,  # we say BEGIN and COMMIT ourselves
            check_same_thread=False,  # the ledger's own lock lets one thread in at a time
        )
    try:
        with explained(path):
            _prepare(connection, path, timeout_s=timeout_s, read_only=read_only)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(
    connection: sqlite3.Connection, path: Path, *, timeout_s: float, read_only: bool
) -> None:
    connection.execute("BEGIN")  # one look: another process may be making the ledger right now
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    connection.execute("COMMIT")
    if application != APPLICATION and (tables or version or read_only):
        raise StoreError(
            "The file is an SQLite database, but not a ledger of handful.",
            found=f"{path} (application id {application:#x})",
            expected=f"a file made by handful (application id {APPLICATION:#x})",
            attempt="move the file away, or give another folder with --project DIR",
        )
    if version > VERSION:
        raise StoreError(
            "The ledger was written by a newer handful.",
            found=f"{path} (version {version})",
            expected=f"version {VERSION} or older",
            attempt=installing.upgrade(),
        )
    if read_only:
        return
    write_ahead(connection, timeout_s=timeout_s)
    connection.execute("PRAGMA synchronous = FULL")
    if not tables:
        try:
            connection.executescript(SCHEMA)
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if "already exists" not in str(error):  # another process made it in the meantime
                raise


def insert(connection: sqlite3.Connection, events: list[Event]) -> None:
    """Add events; the caller holds the transaction."""
    connection.executemany(INSERT, [tuple(getattr(e, name) for name in COLUMNS) for e in events])
    needed = max((SINCE.get(e.kind, FIRST_VERSION) for e in events), default=FIRST_VERSION)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version < needed:
        connection.execute(f"PRAGMA user_version = {needed}")  # part of the transaction


def select(connection: sqlite3.Connection, *, after: int) -> Iterator[Event]:
    """Events with a higher `seq` than `after`, in order."""
    with closing(connection.execute(f"{SELECT} WHERE seq > ? ORDER BY seq", (after,))) as rows:
        for row in rows:
            yield Event(*row)


def with_uuids(connection: sqlite3.Connection, uuids: list[str]) -> dict[str, Event]:
    """Those events that are already there."""
    found = {}
    for uuid in uuids:
        row = connection.execute(f"{SELECT} WHERE uuid = ?", (uuid,)).fetchone()
        if row is not None:
            found[uuid] = Event(*row)
    return found


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into a StoreError that helps."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(error, path) from error
    except OSError as error:
        raise StoreError(
            "The ledger's folder cannot be made.",
            found=f"{path.parent} ({error.strerror})",
            expected="a folder that may be written to",
            attempt="another place with --project DIR",
        ) from error


def _explain(error: sqlite3.Error, path: Path) -> StoreError:
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    said = f"{path} ({error})"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreError(
            "The ledger is locked by another program.",
            found=f"{path} (open in {' and '.join(holders(path)) or 'this program, twice'})",
            expected="one program at a time writing, each for a moment",
            attempt="close that program and try again; nothing was lost or written",
        )
    if name == "SQLITE_FULL":
        return StoreError(
            "The disk is full: the ledger could not take the last gesture.",
            found=said,
            expected="a few free megabytes where the ledger lies",
            attempt="free some space and repeat the gesture; all earlier ones are safe",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return StoreError(
            "The ledger cannot be written." if path.exists() else "The ledger cannot be opened.",
            found=said,
            expected="a file and folder that may be written to",
            attempt="another place with --project DIR",
        )
    if name in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
        return StoreError(
            "The ledger's file is damaged.",
            found=said,
            expected="an SQLite database made by handful",
            attempt=f"put a copy back, or rescue what is left: sqlite3 {path} .recover",
        )
    return StoreError(
        "The ledger could not be read or written.",
        found=said,
        expected="a disk that answers",
        attempt="look at the disk; all gestures shown as saved before are safe",
    )


def holders(path: Path) -> list[str]:
    """Programs that have the ledger open, as "python3 (process 4711)"; only Linux tells us.

    /proc/locks would name the holder of the lock itself, but is empty inside many containers.
    """
    processes = [
        folder for folder in Path("/proc").glob("[0-9]*") if folder.name != str(os.getpid())
    ]
    return [name for folder in sorted(processes) if (name := _name_if_open(folder, path.resolve()))]


def _name_if_open(process: Path, path: Path) -> str:
    try:
        if not any(link.readlink() == path for link in (process / "fd").iterdir()):
            return ""
        return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    except OSError:
        return ""  # it has ended in the meantime, or belongs to somebody else
