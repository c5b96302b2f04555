"""The store keeps whole rows, whoever kills, fills, cuts or shares it."""

import hashlib
import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handful.errors import StoreError
from handful.features.store import Store
from tests.features.light import Light


def content(place: int) -> str:
    """A content hash."""
    return hashlib.blake2b(str(place).encode(), digest_size=16).hexdigest()


def vector(place: int) -> np.ndarray:
    """The vector that belongs to it: values that float16 holds exactly."""
    return np.full(12, place % 2000, np.float32) + np.arange(12, dtype=np.float32) / 2


def fill(store: Store, places: range) -> None:
    """Appends them in one go."""
    store.append([content(one) for one in places], np.stack([vector(one) for one in places]))


def sizes_in_rows(store: Store) -> tuple[float, ...]:
    """How many rows the two files have room for."""
    return tuple(
        (store.folder / name).stat().st_size / size
        for name, size in (("vectors.f16", 24), ("index.bin", 24))
    )


def check(store: Store, places: range) -> None:
    """All of them are there and hold what belongs to them."""
    rows = store.rows([content(one) for one in places])
    assert rows.min() >= 0
    np.testing.assert_array_equal(store.read(rows), np.stack([vector(one) for one in places]))


def test_what_is_kept_is_read_again(tmp_path: Path, light: Light) -> None:
    """Vectors come back in any order, from this store and from one opened later."""
    store = Store(tmp_path, light)
    fill(store, range(10))
    fill(store, range(5, 25))
    assert 25 == len(store)
    for one in (store, Store(tmp_path, light)):
        check(one, range(25))
        check(one, range(24, 3, -2))
        assert [-1] == one.rows([content(99)]).tolist()


def test_numbers_are_rounded_to_half_precision_and_no_further(tmp_path: Path, light: Light) -> None:
    """Any float32 in range comes back as the nearest float16; beyond it, as the largest."""
    store = Store(tmp_path, light)
    sent = np.random.default_rng(0).normal(0, 30, (4, 12)).astype(np.float32)
    sent[0, :4] = [1e9, -1e9, 65504, 1e-9]
    store.append([content(one) for one in range(4)], sent)
    found = store.read(np.arange(4))
    np.testing.assert_array_equal(found[1:], sent[1:].astype(np.float16).astype(np.float32))
    np.testing.assert_array_equal(found[0, :4], np.float32([65504, -65504, 65504, 0]))


def test_chunks_are_the_rows_in_parts(tmp_path: Path, light: Light) -> None:
    """Chunks of any size, joined, are what `read` gives."""
    store = Store(tmp_path, light)
    fill(store, range(23))
    rows = np.random.default_rng(0).permutation(23)
    parts = list(store.chunks(rows, 5))
    assert [5, 5, 5, 5, 3] == [len(part) for part in parts]
    np.testing.assert_array_equal(np.concatenate(parts), store.read(rows))


def test_a_view_is_sliced_as_an_array(tmp_path: Path, light: Light) -> None:
    """Slices and lists of places of a view are the rows that were asked for, in that order."""
    store = Store(tmp_path, light)
    fill(store, range(20))
    rows = np.array([7, 3, 19, 0, 3])
    view, expected = store.view(rows), store.read(rows)
    assert expected.shape == view.shape
    np.testing.assert_array_equal(expected[1:4], view[1:4])
    np.testing.assert_array_equal(expected[[4, 0]], view[np.array([4, 0])])


def test_empty_store_reads_nothing(tmp_path: Path, light: Light) -> None:
    """No rows is no error."""
    store = Store(tmp_path, light)
    store.append([], np.empty((0, 12), np.float32))
    assert (0, (0, 12)) == (len(store), store.read(np.empty(0, np.int64)).shape)


@pytest.mark.parametrize("name", ["vectors.f16", "index.bin"])
@settings(max_examples=25, deadline=None)
@given(lost=st.integers(0, 200), added=st.binary(max_size=80))
def test_torn_tail_is_cut(
    tmp_path_factory: pytest.TempPathFactory, name: str, lost: int, added: bytes
) -> None:
    """However the end of either file looks, the rows before it stand and writing goes on."""
    folder, light = tmp_path_factory.mktemp("store"), Light()
    store = Store(folder, light)
    fill(store, range(10))
    fill(store, range(10, 20))
    path = store.folder / name
    held = path.read_bytes()
    # a row counts only once it is on the disk, so the vectors are cut or too long, never both
    added = b"" if name == "vectors.f16" and lost else added
    path.write_bytes(held[: len(held) - lost] + added)
    whole = 20 - -(-lost // (len(held) // 20))
    again = Store(folder, light)
    assert whole == len(again)
    check(again, range(whole))
    fill(again, range(whole, whole + 1))
    assert (whole + 1, whole + 1) == sizes_in_rows(again)
    fill(again, range(30))
    check(again, range(30))
    check(Store(folder, light), range(30))


def test_changed_row_is_refused(tmp_path: Path, light: Light) -> None:
    """A row that the disk returns otherwise than it was written is an error, not a number."""
    store = Store(tmp_path, light)
    fill(store, range(10))
    path = store.folder / "vectors.f16"
    held = bytearray(path.read_bytes())
    held[5 * 24 + 3] ^= 1
    path.write_bytes(held)
    again = Store(tmp_path, light)
    check(again, range(5))
    with pytest.raises(StoreError) as caught:
        again.read(np.array([5]))
    assert 4 == len(str(caught.value).splitlines())
    assert "row 5 of 10" in caught.value.found


@pytest.mark.parametrize(
    ("written", "advice"),
    [('{"format": 2}', "upgrade"), ("{", "delete"), ("[]", "delete"), ('{"format": 1}', "delete")],
)
def test_other_formats_are_refused(tmp_path: Path, light: Light, written: str, advice: str) -> None:
    """A newer format, a damaged description and another encoder's are told apart from ours."""
    store = Store(tmp_path, light)
    (store.folder / "format.json").write_text(written, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        Store(tmp_path, light)
    assert advice in caught.value.attempt
    assert 4 == len(str(caught.value).splitlines())


def test_description_says_what_the_folder_holds(tmp_path: Path, light: Light) -> None:
    """Format, encoder, identity, dimension, number type and recipe stand in plain JSON."""
    found = json.loads((Store(tmp_path, light).folder / "format.json").read_bytes())
    assert ["dimension", "encoder", "format", "identity", "numbers", "recipe"] == sorted(found)


def test_each_identity_has_a_store_of_its_own(tmp_path: Path) -> None:
    """Vectors of another encoder, or of the same one at another size, are never mixed in."""
    stores = [
        Store(tmp_path, encoder)
        for encoder in (Light(), Light(identity="11" * 16), Light(size=16), Light(name="other"))
    ]
    fill(stores[0], range(3))
    assert 4 == len({store.folder for store in stores})
    assert [3, 0, 0, 0] == [len(store) for store in stores]


def test_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path, light: Light) -> None:
    """A file in the folder's place is told in four lines, with --project to try."""
    (tmp_path / "features").write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        Store(tmp_path / "features", light)
    assert "--project" in caught.value.attempt
    assert 4 == len(str(caught.value).splitlines())


@pytest.mark.parametrize("room", [0, 30, 24 * 5, 24 * 20 + 1])
def test_full_disk_leaves_the_store_usable(tmp_path: Path, light: Light, room: int) -> None:
    """When a write fails at any byte, earlier rows stand, and later writes succeed."""
    store = Store(tmp_path, light)
    fill(store, range(20))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 24 + room, limits[1]))
    try:
        with pytest.raises(StoreError) as caught:
            fill(store, range(20, 60))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "free some space" in caught.value.attempt
    assert (20, 20) == sizes_in_rows(store)
    check(store, range(20))
    check(Store(tmp_path, light), range(20))
    fill(store, range(20, 60))
    check(Store(tmp_path, light), range(60))


WRITER = """
import sys
from pathlib import Path
from handful.features.store import Store
from tests.features.light import Light
from tests.features.test_store import fill
store = Store(Path(sys.argv[1]), Light())
for start in range(int(sys.argv[2]), int(sys.argv[3]), 7):
    fill(store, range(start, start + 14))
"""


def writer(folder: Path, start: int, stop: int) -> subprocess.Popen[bytes]:
    """A process that appends runs of 14, each overlapping the one before by half."""
    command = [sys.executable, "-c", WRITER, str(folder), str(start), str(stop)]
    return subprocess.Popen(command)


def test_two_processes_write_alternately(tmp_path: Path, light: Light) -> None:
    """Two writers with overlapping work end with every row once, and all of them right."""
    with writer(tmp_path, 0, 350) as first, writer(tmp_path, 175, 525) as second:
        assert (0, 0) == (first.wait(60), second.wait(60))
    store = Store(tmp_path, light)
    check(store, range(525))
    assert len(set(store.rows([content(one) for one in range(532)]).tolist())) == len(store)


def test_killed_writer_leaves_whole_rows(tmp_path: Path, light: Light) -> None:
    """SIGKILL at any moment costs no row that counted, and the next writer goes on."""
    index = Store(tmp_path, light).folder / "index.bin"
    for attempt in range(4):
        before = index.stat().st_size if index.exists() else 0
        with writer(tmp_path, 14 * attempt, 100_000) as process:
            while not index.exists() or index.stat().st_size == before:
                assert process.poll() is None
                time.sleep(0.001)
            time.sleep(0.003 * attempt)
            process.send_signal(signal.SIGKILL)
        store = Store(tmp_path, light)
        assert len(store) > before // 24
        check(store, range(len(store)))
    fill(store, range(len(store), len(store) + 5))
    check(Store(tmp_path, light), range(len(store)))
