"""Switching a database to write-ahead logging while another program uses it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from handful.system.write_ahead import write_ahead


@pytest.fixture
def held(tmp_path: Path) -> sqlite3.Connection:
    """A connection in the middle of a write, to a database with an old-fashioned journal."""
    holder = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN IMMEDIATE")
    return holder


def test_it_waits_for_another_program(tmp_path: Path, held: sqlite3.Connection) -> None:
    """A switch that comes in the middle of another's write is made when that has ended."""
    mine = sqlite3.connect(tmp_path / "a.sqlite", timeout=0)
    later = threading.Timer(0.2, lambda: held.execute("COMMIT"))
    later.start()
    write_ahead(mine, timeout_s=20.0)
    later.join()
    assert ("wal",) == mine.execute("PRAGMA journal_mode").fetchone()
    mine.close()
    held.close()


def test_it_does_not_wait_for_ever(tmp_path: Path, held: sqlite3.Connection) -> None:
    """After the time given, it is said that the database is locked."""
    mine = sqlite3.connect(tmp_path / "a.sqlite", timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        write_ahead(mine, timeout_s=0.05)
    mine.close()
    held.close()
