"""The frozen part runs in ONNX Runtime, once, and what it gave is kept."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image

from handful.datasets.index import Index
from handful.deep.cut import (
    CUTS,
    CutEncoder,
    activations,
    disk_bytes,
    early_columns,
    keep_vectors,
    map_shape,
)
from handful.encoders.encoder import Encoder
from handful.encoders.image import ImageEncoder
from handful.errors import SettingError, StoreError
from handful.features.store import Store
from handful.items.item import Item
from handful.modalities.image.views import seen


@pytest.fixture
def items(tmp_path: Path) -> tuple[Item, ...]:
    """Five crops of a photograph."""
    photograph = Image.fromarray(skimage.data.chelsea())
    found = []
    for place in range(5):
        path = tmp_path / f"{place}.png"
        photograph.crop((20 * place, 10, 20 * place + 90, 100)).save(path)
        found.append(Item(path.name, path))
    return tuple(found)


@pytest.mark.parametrize("cut", CUTS)
def test_cut_encoder_keeps_the_contract(encoder: ImageEncoder, pixels, cut) -> None:
    """It is an encoder: one row of `dimension` numbers a picture, whatever shares its batch."""
    part = CutEncoder(encoder, cut)
    assert isinstance(part, Encoder)
    rows = part.encode(pixels)
    assert rows.shape == (len(pixels), part.dimension)
    assert part.blocks[0].stop == np.prod(map_shape(cut, 64))
    assert np.array_equal(part.encode(pixels[2:3])[0], rows[2])


def test_plain_view_brings_the_encoders_own_vector(encoder: ImageEncoder, pixels) -> None:
    """The vector beside the map is the encoder's to the bit, so one pass serves both."""
    part = CutEncoder(encoder, "stage5")
    assert np.array_equal(part.encode(pixels)[:, -encoder.dimension :], encoder.encode(pixels))


def test_other_views_bring_the_vector_up_to_the_cut(encoder: ImageEncoder, pixels) -> None:
    """A turned picture's statistics are those of its own vector, up to the cut."""
    part = CutEncoder(encoder, "stage4", "flip")
    rows = part.encode(np.stack([seen(one, "flip") for one in pixels]))
    vectors = encoder.encode(np.stack([one[::-1] for one in pixels]))
    early = rows[:, part.blocks[0].stop :]
    assert np.allclose(early, vectors[:, early_columns("stage4")], atol=1e-4)


def test_activations_are_computed_once(encoder, items, tmp_path, monkeypatch) -> None:
    """A second asking reads the disk; rows come back in the order of the items."""
    with Index(tmp_path) as index:
        first = activations(items, encoder, tmp_path, index, cut="stage5", views=("plain", "turn"))
        monkeypatch.setattr(CutEncoder, "encode", lambda *_: pytest.fail("computed again"))
        again = activations(
            items[::-1], encoder, tmp_path, index, cut="stage5", views=("plain", "turn")
        )
    views = np.array([0, 1, 0, 1, 1])
    maps, early = first.read(np.arange(5), views)
    others, early_again = again.read(np.arange(5)[::-1].copy(), views)
    assert np.array_equal(maps, others)
    assert np.array_equal(early, early_again)
    assert maps.shape == (5, *map_shape("stage5", 64))
    assert first.num_views == 2


def test_disk_bytes_are_what_the_store_takes(encoder, items, tmp_path) -> None:
    """The plan's figure for a picture is the size of the files divided by the pictures."""
    views = ("plain", "mirror")
    with Index(tmp_path) as index:
        activations(items, encoder, tmp_path / "f", index, cut="stage5", views=views)
    taken = sum(path.stat().st_size for path in (tmp_path / "f").rglob("vectors.f16"))
    assert taken == disk_bytes(encoder, "stage5", views) * len(items)


def test_vectors_of_the_plain_view_are_kept_as_features(encoder, items, tmp_path) -> None:
    """They lie in the encoder's own store, as if it had computed them."""
    with Index(tmp_path) as index:
        activations(items, encoder, tmp_path / "f", index, cut="stage5", views=("plain",))
        hashes = [one.content for one in index.known(items).values()]
    own = Store(tmp_path / "f", encoder)
    keep_vectors(Store(tmp_path / "f", CutEncoder(encoder, "stage5")), own, hashes)
    pictures = [np.asarray(Image.open(item.source).resize((64, 64), 2)) for item in items]
    expected = encoder.encode(np.stack(pictures)).astype(np.float16)
    assert np.array_equal(own.read(own.rows(hashes)), expected.astype(np.float32))


def test_unknown_cuts_and_views_are_refused(encoder: ImageEncoder) -> None:
    """Each error names what there is."""
    for cut, view in (("stage9", "plain"), ("stage5", "sideways")):
        with pytest.raises(SettingError, match="cannot be cut"):
            CutEncoder(encoder, cut, view)


def test_a_full_disk_is_an_error_in_four_lines(encoder, items, tmp_path, monkeypatch) -> None:
    """What the disk says when it is full comes out as a StoreError, and nothing is half written."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("handful.features.store._write_at", full)
    with Index(tmp_path) as index, pytest.raises(StoreError, match="cannot be kept"):
        activations(items, encoder, tmp_path / "f", index, cut="stage5", views=("plain",))
