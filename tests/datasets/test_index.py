"""What was seen of a file is known while the file is the same, and survives every accident."""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from handful.datasets import index as indexing
from handful.datasets.index import Index
from handful.errors import StoreError
from handful.items.item import Item, Quarantined
from handful.modalities.failure import DecodeFailure
from handful.modalities.image import modality as image
from handful.modalities.image.facts import Fingerprint, examine
from tests.modalities.image.pictures import item_at, scene, write

ROOT = Path(__file__).parents[2]


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    """Three pictures on disk."""
    names = ("a.png", "b.png", "c.png")
    return [
        item_at(write(tmp_path / "data" / name, scene(32, 24, seed=i)))
        for i, name in enumerate(names)
    ]


def keep(folder: Path, items: Sequence[Item]) -> dict[str, Fingerprint]:
    """Looks at the items and puts what was seen into an index."""
    seen = {item.path: examine(item)[0] for item in items}
    with Index(folder) as index:
        index.known(items)
        for item in items:
            index.put(item, seen[item.path])
    return seen


def known(folder: Path, items: Sequence[Item]) -> dict[str, Fingerprint | Quarantined]:
    """What a new index object knows."""
    with Index(folder) as index:
        return index.known(items)


def test_what_was_put_is_known(tmp_path: Path, items: list[Item]) -> None:
    """Fingerprints come back as they were, in a new run, whatever their bits."""
    seen = keep(tmp_path / "p", items)
    assert seen == known(tmp_path / "p", items)
    odd = {"a.png": replace(seen["a.png"], phash=2**64 - 1, thumb=bytes(range(256)) * 4)}
    with Index(tmp_path / "p") as index:
        index.put(items[0], odd["a.png"])
        assert odd["a.png"] == index.known(items)["a.png"]
    assert seen | odd == known(tmp_path / "p", items)


def test_nothing_is_known_at_first(tmp_path: Path, items: list[Item]) -> None:
    """A new index makes its folder and knows nothing."""
    assert {} == known(tmp_path / "deep" / "p", items)
    assert (tmp_path / "deep" / "p" / "index.sqlite").exists()


@pytest.mark.parametrize("change", ["size", "time", "inode", "gone"])
def test_changed_files_are_not_known(tmp_path: Path, items: list[Item], change: str) -> None:
    """A file of another size, time or inode, or one that is gone, is not known; the others are."""
    keep(tmp_path / "p", items)
    path = items[1].source
    status = path.stat()
    if change == "size":
        path.write_bytes(path.read_bytes() + b"\0")
    elif change == "inode":
        (tmp_path / "copy").write_bytes(path.read_bytes())
        (tmp_path / "copy").rename(path)
    elif change == "gone":
        path.unlink()
    if change in ("size", "inode"):
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif change == "time":
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert {"a.png", "c.png"} == set(known(tmp_path / "p", items))


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, items: list[Item]) -> None:
    """What was seen counts for the state before the look, so a change during it is noticed."""
    with Index(tmp_path / "p") as index:
        index.known(items)
        seen = examine(items[0])[0]
        write(items[0].source, scene(40, 40, seed=9))
        index.put(items[0], seen)
    assert {} == known(tmp_path / "p", items)


def test_lasting_failures_are_known(tmp_path: Path, items: list[Item]) -> None:
    """A damaged file stays quarantined without being read; one that may be readable later not."""
    with Index(tmp_path / "p") as index:
        index.known(items)
        index.put(items[0], DecodeFailure("truncated: 3 of 9 bytes"))
        index.put(items[1], DecodeFailure("no permission to read it", lasting=False))
    assert {"a.png": Quarantined("a.png", "truncated: 3 of 9 bytes")} == known(
        tmp_path / "p", items
    )


def test_other_versions_are_not_known(
    tmp_path: Path, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another version, or a decoder with another target, has seen does not count."""
    seen = keep(tmp_path / "p", items)
    with Index(tmp_path / "p", detail=384) as index:
        assert {} == index.known(items)
    monkeypatch.setattr(image, "DECODE_VERSION", 99)
    assert {} == known(tmp_path / "p", items)
    monkeypatch.undo()
    assert seen == known(tmp_path / "p", items)


def test_another_layout_is_made_anew(tmp_path: Path, items: list[Item]) -> None:
    """A file whose table has other columns is emptied, not misread."""
    (tmp_path / "p").mkdir()
    with sqlite3.connect(tmp_path / "p" / "index.sqlite") as database:
        database.execute("CREATE TABLE files (path TEXT PRIMARY KEY, hash TEXT)")
    database.close()
    seen = keep(tmp_path / "p", items)
    assert seen == known(tmp_path / "p", items)


def test_an_earlier_layout_keeps_the_hashes(tmp_path: Path, items: list[Item]) -> None:
    """Without a column that came later, files are looked at again but followed by their content."""
    seen = keep(tmp_path / "p", items)
    with sqlite3.connect(tmp_path / "p" / "index.sqlite") as database:
        database.execute("ALTER TABLE files DROP COLUMN taken")
        database.execute("UPDATE files SET version = 'earlier'")
    database.close()
    with Index(tmp_path / "p") as index:
        assert {} == index.known(items)
        expected = {path: one.content for path, one in seen.items()}
        assert expected == index.last_contents(expected)
        index.put(items[0], seen[items[0].path])
    assert {items[0].path: seen[items[0].path]} == known(tmp_path / "p", items)


@pytest.mark.parametrize("content", [b"rubbish" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_damaged_files_are_made_anew(tmp_path: Path, items: list[Item], content: bytes) -> None:
    """A damaged file is replaced, a note says so, and the run goes on."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "index.sqlite").write_bytes(content)
    with Index(tmp_path / "p") as index:
        assert {} == index.known(items)
        assert "was damaged" in index.notes[0]
    seen = keep(tmp_path / "p", items)
    assert seen == known(tmp_path / "p", items)


def test_damage_in_the_middle_of_a_file(tmp_path: Path, items: list[Item]) -> None:
    """Pages overwritten with rubbish lose what they held, never more than a second look."""
    keep(tmp_path / "p", [replace(items[0], path=f"{i:04}.png") for i in range(300)])
    path = tmp_path / "p" / "index.sqlite"
    content = bytearray(path.read_bytes())
    content[8192 : len(content) // 2] = b"\xee" * (len(content) // 2 - 8192)
    path.write_bytes(bytes(content))
    with Index(tmp_path / "p") as index:
        index.known(items)
        index.put(items[0], examine(items[0])[0])
        assert "was damaged" in " ".join(index.notes)
    assert {"a.png"} == set(known(tmp_path / "p", items))


def test_a_truncated_file(tmp_path: Path, items: list[Item]) -> None:
    """A file that was cut short is made anew."""
    keep(tmp_path / "p", [replace(items[0], path=f"{i:04}.png") for i in range(300)])
    path = tmp_path / "p" / "index.sqlite"
    path.write_bytes(path.read_bytes()[:10_000])
    seen = keep(tmp_path / "p", items)
    assert seen == known(tmp_path / "p", items)


@pytest.mark.parametrize("place", ["file/p", "index.sqlite as a folder"])
def test_folders_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    """Where nothing can be written a four-line error names --project (as root, too)."""
    folder = tmp_path / "file" / "p"
    if place == "file/p":
        (tmp_path / "file").write_bytes(b"")
    else:
        (folder / "index.sqlite").mkdir(parents=True)
    with pytest.raises(StoreError) as caught:
        Index(folder)
    assert 4 == len(str(caught.value).splitlines())
    assert "--project DIR" in caught.value.attempt


def test_read_only_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder on a read-only disk is an error of the same words."""

    def refuse(*args: object, **options: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StoreError, match="Read-only file system"):
        Index(tmp_path / "p")


def test_full_disks(tmp_path: Path, items: list[Item]) -> None:
    """Where the disk is full the error says so, and what was kept before is still known."""
    seen = keep(tmp_path / "p", items)
    index = Index(tmp_path / "p")
    index._database.execute("PRAGMA max_page_count = 4")
    index.known(items)
    many = [replace(items[0], path=f"{i}.png") for i in range(1000)]
    with pytest.raises(StoreError, match="full"):
        _put_all(index, many, seen["a.png"])
    with pytest.raises(StoreError, match="full"):
        index.close()
    assert seen == known(tmp_path / "p", items)


def test_files_that_others_hold(
    tmp_path: Path, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another program keeps the file locked, the error says to wait for it."""
    seen = keep(tmp_path / "p", items)
    monkeypatch.setattr(indexing, "_BUSY_S", 0.05)
    other = sqlite3.connect(tmp_path / "p" / "index.sqlite", isolation_level=None)
    index = Index(tmp_path / "p")
    index.known(items)
    other.execute("BEGIN IMMEDIATE")
    index.put(items[0], seen["a.png"])
    with pytest.raises(StoreError, match="Another program holds") as caught:
        index.close()
    assert "wait" in caught.value.attempt
    other.close()


def test_what_was_seen_before_an_error_is_kept(tmp_path: Path, items: list[Item]) -> None:
    """An exception, or Ctrl-C, in the middle of a run loses nothing that was put before it."""
    seen = examine(items[0])[0]
    with suppress(KeyboardInterrupt), Index(tmp_path / "p") as index:
        index.known(items)
        index.put(items[0], seen)
        raise KeyboardInterrupt
    assert {"a.png": seen} == known(tmp_path / "p", items)


def test_threads_may_put_at_once(tmp_path: Path, items: list[Item]) -> None:
    """Several threads put without losing anything."""
    seen = examine(items[0])[0]
    many = [replace(items[0], path=f"{i:04}.png") for i in range(1000)]
    with Index(tmp_path / "p") as index, ThreadPoolExecutor(8) as pool:
        index.known(many)
        list(pool.map(lambda item: index.put(item, seen), many))
    assert 1000 == len(known(tmp_path / "p", many))


def _put_all(index: Index, items: Sequence[Item], seen: Fingerprint) -> None:
    for item in items:
        index.put(item, seen)


WRITER = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from handful.modalities.image.facts import examine
from handful.datasets.index import Index
from handful.items.item import Item
source, folder, start, stop, kill = sys.argv[1:]
item = Item("a.png", Path(source))
seen = examine(item)[0]
with Index(Path(folder)) as index:
    for i in range(int(start), int(stop)):
        index.put(replace(item, path=f"{i:04}.png"), seen)
    if kill == "yes":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def writer(
    items: list[Item], folder: Path, start: int, stop: int, *, kill: bool
) -> subprocess.Popen:
    """Another process that puts so many items, and then ends well or is killed."""
    arguments = [str(items[0].source), str(folder), str(start), str(stop), "yes" if kill else "no"]
    command = [sys.executable, "-c", WRITER, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_two_processes_write_at_once(tmp_path: Path, items: list[Item]) -> None:
    """Two processes on one index keep what both have seen."""
    both = [writer(items, tmp_path / "p", at, at + 2000, kill=False) for at in (0, 2000)]
    assert [0, 0] == [process.wait(60) for process in both]
    many = [replace(items[0], path=f"{i:04}.png") for i in range(4000)]
    assert 4000 == len(known(tmp_path / "p", many))


def test_a_killed_process_leaves_a_sound_index(tmp_path: Path, items: list[Item]) -> None:
    """After SIGKILL all whole batches are known, each as it was, and the index goes on."""
    assert -signal.SIGKILL == writer(items, tmp_path / "p", 0, 600, kill=True).wait(60)
    many = [replace(items[0], path=f"{i:04}.png") for i in range(600)]
    seen = examine(items[0])[0]
    with Index(tmp_path / "p") as index:
        found = index.known(many)
        assert () == index.notes
        for item in many:
            index.put(item, seen)
    assert 512 <= len(found) < 600
    assert {seen} == set(found.values())
    assert 600 == len(known(tmp_path / "p", many))
