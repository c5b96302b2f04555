"""The input's size follows the pictures'."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handful.datasets.index import Index
from handful.encoders.registry import SIZES
from handful.features.input_size import input_size, size_for
from handful.items.item import Item


def files(folder: Path, sizes: list[tuple[int, int]]) -> list[Item]:
    """Pictures of noise, of these widths and heights."""
    random = np.random.default_rng(0)
    items = []
    for place, (width, height) in enumerate(sizes):
        path = folder / f"{place}.png"
        Image.fromarray(random.integers(0, 256, (height, width), dtype=np.uint8)).save(path)
        items.append(Item(path.name, path))
    return items


def test_size_grows_with_the_pictures_and_is_always_one_that_encoders_take() -> None:
    """From one pixel to thousands, sizes never fall and lie in the encoders' range."""
    sizes = [size_for(side) for side in (*range(1, 400), 6000)]
    assert sizes == sorted(sizes)
    assert set(SIZES) >= set(sizes)
    assert (SIZES[0], SIZES[-1]) == (sizes[0], sizes[-1])


def test_median_short_side_decides(tmp_path: Path) -> None:
    """Two large pictures among five small ones, and one that is no picture, change nothing."""
    items = files(tmp_path, [(8, 20), (30, 8), (8, 8), (9, 8), (8, 8), (300, 300), (900, 400)])
    (tmp_path / "bad.png").write_bytes(b"bad")
    items.append(Item("bad.png", tmp_path / "bad.png"))
    with Index(tmp_path / "project") as index:
        assert size_for(8) == input_size(items, index)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_readable_gives_the_largest(tmp_path: Path, count: int) -> None:
    """Without one readable picture the size is the usual one."""
    items = [Item("none.png", tmp_path / "none.png")][:count]
    with Index(tmp_path / "project") as index:
        assert SIZES[-1] == input_size(items, index)


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    """A second run reads no file and gives the same size."""
    items = files(tmp_path, [(20, 20)] * 100)
    with Index(tmp_path / "project") as index:
        first = input_size(items, index)
    for item in items:  # unreadable now, and not seen to be
        times = item.source.stat()
        item.source.write_bytes(bytes(times.st_size))
        os.utime(item.source, ns=(times.st_atime_ns, times.st_mtime_ns))
    with Index(tmp_path / "project") as index:
        assert first == input_size(items, index) == size_for(20)


def test_a_large_set_is_sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand items 64 are read, spread from the first to the last."""
    items = files(tmp_path, [(20, 20)] * 10)
    many = [Item(f"{place:04}", items[place % 10].source) for place in range(1000)]
    read: list[str] = []
    put: Callable[..., None] = Index.put
    monkeypatch.setattr(
        Index, "put", lambda self, item, seen: (read.append(item.path), put(self, item, seen))
    )
    with Index(tmp_path / "project") as index:
        input_size(many, index)
    assert 64 == len(set(read)) == len(read)
    assert ("0000", "0984") == (read[0], read[-1])
