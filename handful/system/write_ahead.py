"""SQLite's write-ahead log, switched on by several programs at once."""

from __future__ import annotations

import sqlite3
import time

AGAIN_S = 0.005


def write_ahead(database: sqlite3.Connection, *, timeout_s: float) -> None:
    """Switch a database to write-ahead logging: readers then never wait, nor does anyone for them.

    For this one change SQLite does not wait for another program by itself, as it does elsewhere.

    Args:
        timeout_s: after which an `OperationalError` says that another program holds the file.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_S)
