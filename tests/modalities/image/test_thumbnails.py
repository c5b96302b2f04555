"""Small pictures: their shape, their cache, and what cannot be made."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handful.errors import DataError, StoreError
from handful.modalities.image.thumbnails import Thumbnails, encode_thumbnail

KEYS = {f"{i:064x}": Path(f"{i}.png") for i in range(12)}


def opened(content: bytes) -> Image.Image:
    """The picture that `content` holds."""
    return Image.open(BytesIO(content))


def decode(path: Path) -> np.ndarray:
    """Pixels of a made-up picture; the fifth is broken."""
    if path.stem == "5":
        raise DataError("5.png is truncated.")
    if path.stem == "6":
        raise FileNotFoundError(2, "No such file or directory")
    return np.full((300, 200, 3), int(path.stem) * 20, dtype=np.uint8)


def test_shape_is_kept_and_nothing_is_blown_up() -> None:
    """The longer side becomes 128; a tiny picture stays tiny; grey stays grey to the eye."""
    assert opened(encode_thumbnail(np.zeros((3000, 1500, 3), np.uint8))).size == (64, 128)
    assert opened(encode_thumbnail(np.zeros((8, 8, 1), np.uint8))).size == (8, 8)
    grey = np.tile(np.arange(0, 200, dtype=np.uint8)[:, None, None], (1, 200, 1))
    pixels = np.asarray(opened(encode_thumbnail(grey)).convert("RGB")).astype(int)
    assert np.abs(pixels - pixels.mean(axis=2, keepdims=True)).max() <= 3


def test_made_once_and_read_back(tmp_path: Path) -> None:
    """What was made is found again by another instance, and not made again."""
    sources = dict(list(KEYS.items())[:3])
    done: list[int] = []
    assert Thumbnails(tmp_path).make(sources, decode, progress=done.append) == {}
    assert sum(done) == 3
    kept = Thumbnails(tmp_path)
    assert [opened(kept.get(key) or b"").size for key in sources] == [(85, 128)] * 3
    assert kept.make(sources, decode, progress=done.append) == {}
    assert sum(done) == 3


def test_what_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    """Broken and vanished files are named with their reasons, and the others are made."""
    thumbnails = Thumbnails(tmp_path)
    broken, vanished = f"{5:064x}", f"{6:064x}"
    assert thumbnails.make(KEYS, decode) == {
        broken: "5.png is truncated.",
        vanished: "No such file or directory",
    }
    assert thumbnails.get(broken) is None
    assert all(thumbnails.get(key) for key in KEYS if key not in (broken, vanished))


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """Where thumbnails cannot be kept the error says where, and nothing is passed over."""
    (tmp_path / "thumbs").write_text("a file, not a folder")
    with pytest.raises(
        StoreError, match=r"Thumbnails cannot be kept\.\n  found: .*Not a directory"
    ):
        Thumbnails(tmp_path / "thumbs").make(KEYS, decode)


def test_sizes_do_not_meet(tmp_path: Path) -> None:
    """Previews and thumbnails of one item lie side by side."""
    small, large = Thumbnails(tmp_path), Thumbnails(tmp_path, side=448)
    key = f"{1:064x}"
    small.put(key, b"small")
    assert large.get(key) is None
    large.put(key, b"large")
    assert (small.get(key), large.get(key)) == (b"small", b"large")
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".webp"]
