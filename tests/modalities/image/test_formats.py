"""Formats beyond the common six: read, or said what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handful.datasets.folders.documents import DOCUMENTS
from handful.datasets.index import Index
from handful.modalities.failure import DecodeFailure
from handful.modalities.image import formats
from handful.modalities.image.damage import looks_like_a_picture
from handful.modalities.image.decode import decode
from handful.system import installing
from tests.modalities.image.pictures import encoded, item_at, scene, write

HEIC = Path(__file__).parents[2] / "data" / "small.heic"


@pytest.mark.parametrize("kind", ["PPM", "SGI", "PCX", "QOI", "AVIF"])
def test_more_formats_are_read(kind: str) -> None:
    """What Pillow writes is read again, and its first bytes are known."""
    original = scene(64, 48)
    content = encoded(original, kind, **({"quality": 95} if kind == "AVIF" else {}))
    picture = decode(content)
    assert (kind, 64, 48) == (picture.format, picture.width, picture.height)
    error = np.abs(picture.pixels.astype(int) - np.asarray(original)).mean()
    assert error < (6 if kind == "AVIF" else 0.01)
    assert looks_like_a_picture(content[:32])


def test_every_kind_of_portable_map() -> None:
    """Bits, grey and colour, as text and as bytes; 16-bit grey is deep, not black."""
    grey = bytes(range(0, 240, 10))
    files = {
        "P1": b"P1\n2 2\n1 0 0 1\n",
        "P2": b"P2\n# a comment\n2 2\n255\n0 80 160 255\n",
        "P3": b"P3\n1 1\n255\n255 0 0\n",
        "P4": b"P4\n8 2\n\xf0\x0f",
        "P5": b"P5\n6 4\n255\n" + grey,
        "P6": b"P6\n4 2\n255\n" + grey,
        "P5, 12 bit": b"P5\n2 2\n4095\n" + np.array([0, 1000, 2000, 4095], ">u2").tobytes(),
    }
    for name, content in files.items():
        assert looks_like_a_picture(content[:32]), name
        assert "PPM" == decode(content).format, name
    deep = decode(files["P5, 12 bit"])
    assert deep.levels is not None
    assert [0, 62, 125, 255] == deep.pixels[:, :, 0].ravel().tolist()


def test_heic_is_read_with_the_extra() -> None:
    """A HEIC picture comes out as what was put in."""
    picture = decode(HEIC.read_bytes())
    assert ("HEIF", 96, 64) == (picture.format, picture.width, picture.height)
    y, x = np.mgrid[:64, :96]
    expected = np.stack([x * 2, y * 3, (x > 48) * 200], -1)
    assert np.abs(picture.pixels - expected).mean() < 12


@pytest.mark.usefixtures("without_heic")
def test_without_the_extra_the_error_names_it() -> None:
    """Without the extra a HEIC picture says how it is read."""
    with pytest.raises(DecodeFailure) as caught:
        decode(HEIC.read_bytes())
    assert f"it is a HEIC picture; {installing.extra('heic')} reads it" in str(caught.value)


def test_once_the_extra_is_there_the_picture_is_looked_at_again(tmp_path: Path) -> None:
    """What was kept of a picture that nobody could read does not outlive the installation."""
    item = item_at(write(tmp_path / "a.png"))
    with pytest.MonkeyPatch.context() as patch, Index(tmp_path) as index:
        index.known([item])
        index.put(item, DecodeFailure("not read yet"))
        assert {"a.png"} == set(index.known([item]))
        patch.setattr("handful.modalities.image.modality.formats", lambda: ("ONE", "MORE"))
        with Index(tmp_path) as later:
            assert {} == later.known([item])


@pytest.mark.parametrize("kind", ["EPS", "TGA", "ICO", "JPEG2000", "MSP"])
def test_what_is_left_out_is_not_opened(kind: str) -> None:
    """Parsers that are not on the list never see a byte."""
    image = Image.new("1" if kind == "MSP" else "RGB", (32, 32))
    with pytest.raises(DecodeFailure):
        decode(encoded(image, kind))


def test_no_ending_is_both_read_and_unread() -> None:
    """An ending is of one format alone, and documents are no pictures."""
    endings = [one for some in formats.ENDINGS.values() for one in some]
    assert len(endings) == len(set(endings))
    assert not set(endings) & formats.UNREAD
    assert not (set(endings) | formats.UNREAD) & DOCUMENTS
