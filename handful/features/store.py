"""Vectors computed once and kept on disk: append-only, memory-mapped, keyed by content hash.

One folder per encoder identity, which stands for weights, graph and recipe. In it:

    format.json   what the folder holds
    vectors.f16   row after row of float16
    index.bin     one entry per row, in the same order: hash, checksum of the row, of the entry
    lock          held while writing

A row counts once its index entry is there, and the entry is written only after the row has reached
the disk. So whenever the process is killed, what is left is whole rows and perhaps a torn tail,
which the next writer cuts off. Rows that count are never moved, changed or cut.

float16: the vectors of 2,624 real photographs lie between -15 and 48, and a head fitted on rounded
ones scored the same to four digits (accuracy 0.8698, AUROC 0.9206, five splits). Half the disk.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from struct import Struct
from typing import final

import numpy as np
from jaxtyping import Float, Int

from handful.encoders.encoder import Encoder
from handful.errors import StoreError
from handful.features.lock import locked
from handful.system import installing
from handful.system.cores import on_every_core
from handful.system.whole_file import write_whole

FORMAT = 1
ON_DISK = np.dtype("<f2")
READ_ROWS = 256  # converted at a time: 3 MB, which stays in cache

_ENTRY = Struct("<16sII")
_CHECKED = Struct("<16sIQ")


@final
class Store:
    """The vectors of one encoder. Safe with threads, with other processes, and when killed.

    Args:
        folder: the folder of all encoders' features; made if it is not there.
        encoder: whose vectors; one with another identity has a store of its own beside it.
    Raises:
        StoreError: the folder cannot be made or read, or a newer version of handful wrote it.
    """

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self.dimension = encoder.dimension
        name = f"{encoder.name}-{encoder.recipe.size}-{encoder.identity[:12]}"
        self.folder = folder / name
        self._row_bytes = self.dimension * ON_DISK.itemsize
        self._row_of: dict[bytes, int] = {}
        self._checksums: list[int] = []
        self._map: mmap.mmap | None = None
        self._mutex = threading.RLock()
        self._vectors = self.folder / "vectors.f16"
        self._index = self.folder / "index.bin"
        facts = {
            "format": FORMAT,
            "encoder": encoder.name,
            "identity": encoder.identity,
            "dimension": encoder.dimension,
            "numbers": ON_DISK.str,
            "recipe": encoder.recipe.to_json(),
        }
        try:
            self._describe(facts)
            self._refresh()
        except OSError as error:
            raise self._failed("The computed features cannot be opened.", error) from error

    def __len__(self) -> int:
        return len(self._checksums)

    def rows(self, hashes: Sequence[str]) -> Int[np.ndarray, " n"]:
        """The row of each content hash (32 hexadecimal digits); -1 where there is none."""
        row_of = self._row_of
        return np.array([row_of.get(bytes.fromhex(one), -1) for one in hashes], dtype=np.int64)

    def read(self, rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, "n d"]:
        """The vectors of `rows` (each in [0, len)), in that order, as float32.

        Raises:
            StoreError: a row is not what was written.
        """
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)

        def fill(share: list[slice]) -> None:
            for part in share:
                vectors[part] = self._stored(rows[part])
                self._release()

        on_every_core(len(rows), fill, rows=READ_ROWS)
        return vectors

    def chunks(
        self, rows: Int[np.ndarray, " n"], size: int = 2048
    ) -> Iterator[Float[np.ndarray, "m d"]]:
        """The vectors of `rows` in runs of `size`: what is read is let go before the next run.

        Raises:
            StoreError: a row is not what was written.
        """
        for start in range(0, len(rows), size):
            yield self.read(rows[start : start + size])

    def view(self, rows: Int[np.ndarray, " n"]) -> StoredRows:
        """The vectors of `rows` as one array that is read when it is sliced."""
        return StoredRows(self, rows)

    def append(self, hashes: Sequence[str], vectors: Float[np.ndarray, "n d"]) -> None:
        """Keeps vectors under their content hashes. A hash that is already there keeps its row.

        Values beyond float16's range (±65,504; two thousand times what was seen) are clipped to it.

        Raises:
            StoreError: the disk is full or cannot be written; what was kept before stays usable.
        """
        with self._mutex:
            try:
                with locked(self.folder / "lock"):
                    self._refresh()
                    self._append(hashes, vectors)
            except OSError as error:
                raise self._failed("The computed features cannot be kept.", error) from error

    def _append(self, hashes: Sequence[str], vectors: Float[np.ndarray, "n d"]) -> None:
        new: dict[bytes, int] = {}
        for place, one in enumerate(hashes):
            key = bytes.fromhex(one)
            if key not in self._row_of:
                new.setdefault(key, place)
        if not new:
            return
        limit = float(np.finfo(ON_DISK).max)
        stored = np.clip(vectors[list(new.values())], -limit, limit).astype(ON_DISK)
        entries = []
        for row, (key, vector) in enumerate(zip(new, stored, strict=True), len(self)):
            checksum = zlib.crc32(vector)
            entries.append(
                _ENTRY.pack(key, checksum, zlib.crc32(_CHECKED.pack(key, checksum, row)))
            )
        count = len(self)
        try:
            _write_at(self._vectors, count * self._row_bytes, stored.tobytes())
            _write_at(self._index, count * _ENTRY.size, b"".join(entries))
        except OSError:
            _cut(self._index, count * _ENTRY.size)
            _cut(self._vectors, count * self._row_bytes)
            raise
        self._refresh()

    def _refresh(self) -> None:
        """Takes in the entries that were added since, by this process or another."""
        with self._mutex:
            start = len(self)
            try:
                with self._index.open("rb") as file:
                    file.seek(start * _ENTRY.size)
                    added = file.read()
                whole = self._vectors.stat().st_size // self._row_bytes
            except FileNotFoundError:
                return
            for place in range(min(len(added) // _ENTRY.size, whole - start)):
                key, checksum, check = _ENTRY.unpack_from(added, place * _ENTRY.size)
                if check != zlib.crc32(_CHECKED.pack(key, checksum, start + place)):
                    break  # torn: what follows is cut off by the next writer
                self._row_of.setdefault(key, start + place)
                self._checksums.append(checksum)

    def _stored(self, rows: Int[np.ndarray, " n"]) -> np.ndarray:
        """The rows as they lie on disk, each held against its checksum."""
        with self._mutex:
            needed = len(self) * self._row_bytes
            if self._map is None or len(self._map) < needed:
                with self._vectors.open("rb") as file:
                    self._map = mmap.mmap(file.fileno(), needed, access=mmap.ACCESS_READ)
            mapped = np.frombuffer(self._map, ON_DISK).reshape(-1, self.dimension)
        stored: np.ndarray = mapped[rows]
        for row, vector in zip(rows.tolist(), stored, strict=True):
            if zlib.crc32(vector) != self._checksums[row]:
                raise StoreError(
                    "The computed features are damaged.",
                    found=f"{self._vectors} (row {row:,} of {len(self):,})",
                    expected="the numbers that were written there",
                    attempt=f"delete {self.folder}: it is computed again, and no label is in it",
                )
        return stored

    def _release(self) -> None:
        """Mapped pages that were read do not stay resident (the system's cache keeps them)."""
        with self._mutex:
            if self._map is not None and hasattr(self._map, "madvise"):
                self._map.madvise(mmap.MADV_DONTNEED)

    def _describe(self, facts: dict[str, object]) -> None:
        path = self.folder / "format.json"
        try:
            found = json.loads(path.read_bytes())
            version = found["format"]
        except FileNotFoundError:
            write_whole(path, json.dumps(facts, indent=1).encode(), durable=False)
            return
        except (ValueError, KeyError, TypeError):
            version, found = None, None
        if version == FORMAT and found == facts:
            return
        newer = isinstance(version, int) and version > FORMAT
        raise StoreError(
            "The computed features are of another format.",
            found=f"{path} (format {version!r})",
            expected=f"format {FORMAT}, written by this version of handful",
            attempt=(f"{installing.upgrade()}; or " if newer else "")
            + f"delete {self.folder}: it is computed again, and no label is in it",
        )

    def _failed(self, what: str, error: OSError) -> StoreError:
        return StoreError(
            what,
            found=f"{self.folder} ({error.strerror or error})",
            expected="a folder that can be written, on a disk with room",
            attempt="name another folder with --project DIR, or free some space",
        )


def _write_at(path: Path, start: int, content: bytes) -> None:
    """Cuts the file to `start` bytes, adds `content`, and waits until the disk has it."""
    with path.open("r+b" if path.exists() else "w+b", buffering=0) as file:
        file.truncate(start)
        file.seek(start)
        left = memoryview(content)
        while left:
            left = left[file.write(left) or 0 :]
        if sys.platform == "linux":
            os.fdatasync(file.fileno())
        else:
            os.fsync(file.fileno())


def _cut(path: Path, size: int) -> None:
    if path.exists() and path.stat().st_size > size:
        os.truncate(path, size)


@final
class StoredRows:
    """Rows of a store that look like an (n, d) array of float32 and are read when they are sliced.

    So more vectors can be learned from than memory holds.
    """

    def __init__(self, store: Store, rows: Int[np.ndarray, " n"]) -> None:
        self._store = store
        self._rows = rows

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d)."""
        return len(self._rows), self._store.dimension

    def __getitem__(self, rows: slice | np.ndarray, /) -> Float[np.ndarray, "m d"]:
        return self._store.read(self._rows[rows])
