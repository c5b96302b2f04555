"""Each content is computed once, whatever fails, repeats, or is broken off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from handful.datasets.index import Index
from handful.encoders.registry import load
from handful.errors import EncoderError
from handful.features.extract import Extraction, extract
from handful.features.store import Store
from handful.items.item import Item
from handful.modalities.image.decode import decode
from handful.system.machine import num_cores
from tests.features.light import Light

Make = Callable[[int], tuple[Item, ...]]


def run(
    items: tuple[Item, ...], encoder: Light, project: Path, **options: object
) -> tuple[Extraction, Store]:
    """As a project does it."""
    with Index(project) as index:
        store = Store(project / "features", encoder)
        return extract(items, encoder, store, index, **options), store  # type: ignore[arg-type]


def expected(items: tuple[Item, ...], encoder: Light) -> np.ndarray:
    """One after another, without any of the machinery."""
    tensors = [encoder.prepare(decode(item.source.read_bytes())) for item in items]
    return encoder.encode(np.stack(tensors)).astype(np.float16).astype(np.float32)


def test_every_item_gets_its_own_vector(pictures: Make, light: Light, tmp_path: Path) -> None:
    """Items, rows and fingerprints stand in the order given, and each vector is its item's."""
    items = pictures(150)[::-1]
    found, store = run(items, light, tmp_path)
    assert (items, (), 150) == (found.items, found.quarantined, found.computed)
    np.testing.assert_array_equal(store.read(found.rows), expected(items, light))
    assert [40] * 150 == [one.width for one in found.facts]


def test_default_encoder_gives_the_same_through_the_store(pictures: Make, tmp_path: Path) -> None:
    """EfficientNet-Lite0's vectors from disk equal those of one plain call, rounded."""
    items, encoder = pictures(12), load(size=32)
    with Index(tmp_path) as index:
        store = Store(tmp_path / "features", encoder)
        found = extract(items, encoder, store, index)
    tensors = [encoder.prepare(decode(item.source.read_bytes())) for item in items]
    right = encoder.encode(np.stack(tensors))
    np.testing.assert_allclose(store.read(found.rows), right, rtol=1e-3, atol=1e-6)


def test_second_run_reads_no_picture(pictures: Make, light: Light, tmp_path: Path) -> None:
    """Where all is known, nothing is decoded or encoded and the result is the same."""
    items = pictures(20)
    first, _ = run(items, light, tmp_path)
    light.encoded = 0
    for item in items:  # unreadable now, and not seen to be: size, time and inode stay
        times = item.source.stat()
        item.source.write_bytes(bytes(times.st_size))
        os.utime(item.source, ns=(times.st_atime_ns, times.st_mtime_ns))
    second, _ = run(items, light, tmp_path)
    assert (0, 0) == (light.encoded, second.computed)
    assert (first.items, first.facts) == (second.items, second.facts)
    np.testing.assert_array_equal(first.rows, second.rows)


def test_only_new_and_changed_files_are_computed(
    pictures: Make, light: Light, tmp_path: Path
) -> None:
    """Two new files and one changed among twenty cost three computations."""
    items = pictures(22)
    run(items[:20], light, tmp_path)
    light.encoded = 0
    items[3].source.write_bytes(items[4].source.read_bytes()[:-1] + b"\x82 ")
    found, store = run(items, light, tmp_path)
    assert (3, 3) == (light.encoded, found.computed)
    np.testing.assert_array_equal(store.read(found.rows), expected(items, light))


def test_lost_index_costs_no_inference(pictures: Make, light: Light, tmp_path: Path) -> None:
    """Contents whose vectors are kept are recognised, though every file must be looked at."""
    items = pictures(10)
    run(items, light, tmp_path)
    for path in tmp_path.glob("index.sqlite*"):
        path.unlink()
    light.encoded = 0
    found, _ = run(items, light, tmp_path)
    assert (0, 0, 10) == (light.encoded, found.computed, len(found.items))


def test_lost_vectors_are_computed_again(pictures: Make, light: Light, tmp_path: Path) -> None:
    """A store that was deleted is filled again, though the index knows every file."""
    items = pictures(10)
    _, store = run(items, light, tmp_path)
    for path in store.folder.iterdir():
        path.unlink()
    found, store = run(items, light, tmp_path)
    assert 10 == found.computed
    np.testing.assert_array_equal(store.read(found.rows), expected(items, light))


def test_one_content_is_computed_once(pictures: Make, light: Light, tmp_path: Path) -> None:
    """Copies of a file share one row."""
    items = pictures(3)
    copies = []
    for place in range(30):
        path = tmp_path / "data" / f"copy{place}.png"
        path.write_bytes(items[1].source.read_bytes())
        copies.append(Item(path.name, path))
    found, _ = run((*items, *copies), light, tmp_path)
    assert (3, 3) == (light.encoded, found.computed)
    assert {int(found.rows[1])} == set(found.rows[3:].tolist())


def test_bad_items_are_set_aside_with_their_reasons(
    pictures: Make, light: Light, tmp_path: Path
) -> None:
    """Empty, truncated, foreign and missing files are named; the rest goes on, twice."""
    items = pictures(8)
    items[1].source.write_bytes(b"")
    items[2].source.write_bytes(items[3].source.read_bytes()[:300])
    items[5].source.write_bytes(b"no picture at all")
    items[6].source.unlink()
    for computed in (4, 0):
        found, _ = run(items, light, tmp_path)
        assert ["000.png", "003.png", "004.png", "007.png"] == [one.path for one in found.items]
        assert [items[place].path for place in (1, 2, 5, 6)] == [
            one.path for one in found.quarantined
        ]
        assert all(one.why for one in found.quarantined)
        assert computed == found.computed


def test_no_readable_item_is_no_error(pictures: Make, light: Light, tmp_path: Path) -> None:
    """All set aside, or none given, gives empty results."""
    items = pictures(2)
    for item in items:
        item.source.write_bytes(b"")
    found, store = run(items, light, tmp_path)
    assert ((), 2, (0, 12)) == (found.items, len(found.quarantined), store.read(found.rows).shape)
    assert () == run((), light, tmp_path)[0].items


def test_progress_counts_every_item_up_to_all(pictures: Make, light: Light, tmp_path: Path) -> None:
    """The count begins after what is known, never falls, ends at all; nothing to do is silent."""
    items = pictures(70)
    items[5].source.write_bytes(b"")
    run(items[:3], light, tmp_path)
    seen: list[tuple[int, int, float]] = []
    run(items, light, tmp_path, progress=lambda *said: seen.append(said))
    counts = [done for done, _, _ in seen]
    assert counts == sorted(counts)
    assert (70, {70}) == (counts[-1], {total for _, total, _ in seen})
    assert counts[0] > 3
    assert all(rate > 0 for _, _, rate in seen)
    seen.clear()
    run(items, light, tmp_path, progress=lambda *said: seen.append(said))
    assert [] == seen


def test_interrupt_keeps_what_was_computed(pictures: Make, light: Light, tmp_path: Path) -> None:
    """Ctrl-C comes through at once; the next run computes only the rest, with equal numbers."""
    items = pictures(200)

    def stop(done: int, total: int, rate: float) -> None:
        if done >= 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(items, light, tmp_path, progress=stop)
    found, store = run(items, light, tmp_path)
    assert 0 < found.computed <= 100
    np.testing.assert_array_equal(store.read(found.rows), expected(items, light))


def test_interrupt_begins_nothing_more(pictures: Make, tmp_path: Path) -> None:
    """What waits for a worker when Ctrl-C comes is not computed first."""
    light = Light(size=224)  # two at a time

    def slow(batch: np.ndarray) -> np.ndarray:
        time.sleep(0.1)  # so long that a busy machine interrupts before the next begins
        return Light.encode(light, batch)

    def stop(done: int, total: int, rate: float) -> None:
        raise KeyboardInterrupt

    light.encode = slow  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        run(pictures(100), light, tmp_path, progress=stop)
    assert light.encoded <= 2 + 2 * 2 * num_cores()


def test_error_of_the_encoder_comes_through(pictures: Make, light: Light, tmp_path: Path) -> None:
    """What the encoder raises in a worker is raised here, and no worker is left behind."""

    def refuse(batch: np.ndarray) -> np.ndarray:
        raise EncoderError("The weights are wrong.")

    light.encode = refuse  # type: ignore[method-assign]
    with pytest.raises(EncoderError, match="weights are wrong"):
        run(pictures(100), light, tmp_path)


PROCESS = """
import sys, time
from pathlib import Path
from handful.items.item import Item
from tests.features.light import Light
from tests.features.test_extract import run
data = Path(sys.argv[1])
items = tuple(Item(path.name, path) for path in sorted(data.iterdir()))
class Slow(Light):
    def encode(self, batch):
        time.sleep(0.004 * len(batch))
        return super().encode(batch)
def say(*said):
    print("going", flush=True)
run(items, Slow(), Path(sys.argv[2]), progress=say)
"""


def test_killed_run_goes_on_and_gives_the_same(
    pictures: Make, light: Light, tmp_path: Path
) -> None:
    """SIGKILL during embedding, three times, changes no number of the run that ends."""
    items = pictures(600)
    command = [sys.executable, "-c", PROCESS, str(items[0].source.parent), str(tmp_path)]
    for wait_s in (0.0, 0.3, 0.4):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(wait_s)
            process.send_signal(signal.SIGKILL)
    found, store = run(items, light, tmp_path)
    assert items == found.items
    np.testing.assert_array_equal(store.read(found.rows), expected(items, light))
