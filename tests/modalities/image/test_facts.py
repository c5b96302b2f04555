"""A fingerprint tells files, pixels and looks apart; reading a file fails in plain words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy.fft import dctn

from handful.modalities import content
from handful.modalities.content import read
from handful.modalities.failure import DecodeFailure
from handful.modalities.image.decode import decode
from handful.modalities.image.facts import Fingerprint, examine, fingerprint, perceptual_hash
from tests.modalities.image.pictures import encoded, item_at, photographs, scene, write


def of(image: Image.Image, kind: str = "PNG", **options: object) -> Fingerprint:
    """The fingerprint of a picture saved in a format."""
    data = encoded(image, kind, **options)
    return fingerprint(data, decode(data))


@settings(deadline=None)
@given(hnp.arrays(np.uint8, (32, 32), elements=st.integers(0, 255)))
def test_perceptual_hash_equals_scipy(small: np.ndarray) -> None:
    """The hash has the bits that SciPy's cosine transform gives, where rounding cannot tip them."""
    low = dctn(small.astype(float), norm=None)[:8, :8].ravel() / 4
    threshold = np.median(low[1:])
    found = np.unpackbits(np.frombuffer(perceptual_hash(small).to_bytes(8, "big"), np.uint8))
    clear = np.abs(low - threshold) > 0.05
    assert (low > threshold)[clear].astype(int).tolist() == found[clear].tolist()


@pytest.mark.parametrize("index", range(len(photographs())))
def test_perceptual_hash_of_photographs_equals_scipy(index: int) -> None:
    """On real photographs all 64 bits are SciPy's."""
    seen = of(photographs()[index])
    small = np.frombuffer(seen.thumb, np.uint8).reshape(32, 32).astype(float)
    low = dctn(small)[:8, :8].ravel()
    expected = int("".join("01"[int(bit)] for bit in low > np.median(low[1:])), 2)
    assert expected == seen.phash


def test_content_and_pixels() -> None:
    """The same bytes have one content; the same pixels in other bytes have one pixel hash."""
    image = scene()
    assert of(image) == of(image)
    other = of(image, compress_level=1)
    assert of(image).content != other.content
    assert of(image).pixels == other.pixels == of(image, "BMP").pixels
    assert of(image).pixels != of(scene(seed=1)).pixels


def test_pixels_know_the_size() -> None:
    """Pictures that are reduced to the same pixels, but were of different size, differ."""
    one = of(Image.new("L", (500, 500), 9), "JPEG")
    other = of(Image.new("L", (501, 501), 9), "JPEG")
    wide, high = of(Image.new("L", (20, 10), 9)), of(Image.new("L", (10, 20), 9))
    assert 4 == len({one.pixels, other.pixels, wide.pixels, high.pixels})


def test_what_is_recorded() -> None:
    """Size upright, mode and format of the file, and the number of frames are kept."""
    exif = Image.Exif()
    exif[0x0112] = 6
    seen = of(scene(64, 32).convert("L"), "JPEG", exif=exif)
    assert (32, 64, "L", "JPEG", 1) == (
        seen.width,
        seen.height,
        seen.mode,
        seen.format,
        seen.frames,
    )
    assert (32, 16, 1024, 48) == (len(seen.content), 16, len(seen.thumb), len(seen.colours))


def test_grey_is_told_whatever_the_mode() -> None:
    """A grey picture saved in three channels is grey, also after compression; a pale one is not."""
    grey = photographs()[1].convert("L")
    assert of(grey).is_grey
    assert of(grey.convert("RGB"), "JPEG", quality=60).is_grey
    assert of(grey.convert("RGB"), "WEBP", quality=50).is_grey
    assert not of(photographs()[0]).is_grey
    pale = Image.merge("RGB", (grey.point(lambda v: min(255, v + 12)), grey, grey))
    assert not of(pale).is_grey


def test_thumb_is_the_same_at_any_size() -> None:
    """A picture and its enlarged or reduced copy have the same thumb to a grey level or two."""
    image = photographs()[0].convert("L")
    small = np.frombuffer(of(image).thumb, np.uint8).astype(int)
    for side in (256, 333, 700, 1000):
        other = of(image.resize((side, side), Image.Resampling.LANCZOS))
        assert np.abs(np.frombuffer(other.thumb, np.uint8) - small).max() <= 2


def test_examine_reads_decodes_and_fingerprints(tmp_path: Path) -> None:
    """One call gives what decoding and fingerprinting give."""
    path = write(tmp_path / "a.png")
    seen, picture = examine(item_at(path))
    assert fingerprint(path.read_bytes(), decode(path.read_bytes())) == seen
    assert (320, 240) == picture.image.size
    assert (40, 30) == examine(item_at(write(tmp_path / "b.jpg")), target=30)[1].image.size


def test_examine_names_the_item(tmp_path: Path) -> None:
    """A failure to decode carries the item's path."""
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(DecodeFailure, match=r"a\.png \(not a picture: it is text\)"):
        examine(item_at(tmp_path / "a.png"))


@pytest.mark.parametrize(
    ("make", "why", "lasting"),
    [
        (lambda path: path.write_bytes(b""), "empty: 0 bytes", True),
        (lambda path: path.mkdir(), "not a file: it is a folder", False),
        (lambda path: os.mkfifo(path), "not a file: it is a pipe", False),
        (lambda path: path.symlink_to("/dev/null"), "not a file: it is a device", False),
        (lambda _: None, "there is no such file", False),
        (lambda path: path.symlink_to(path), "its symbolic links lead in a circle", False),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, make: object, why: str, lasting: bool) -> None:
    """Empty files, folders, pipes, devices, missing files and circles: each has its words."""
    path = tmp_path / "a.png"
    make(path)  # type: ignore[operator]
    with pytest.raises(DecodeFailure) as caught:
        read(item_at(path))
    assert (why, lasting) == (caught.value.why, caught.value.lasting)
    assert f"a.png ({why})" == caught.value.found


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.EACCES, "no permission to read it"),
        (errno.EIO, "the disk reports an error while reading it"),
        (errno.ESTALE, "it cannot be opened: Stale file handle"),
    ],
)
def test_errors_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, why: str
) -> None:
    """What the system refuses is told in plain words, and may pass (so also as root)."""

    def refuse(*args: object) -> int:
        raise OSError(number, os.strerror(number))

    path = write(tmp_path / "a.png")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DecodeFailure) as caught:
        read(item_at(path))
    assert (why, False) == (caught.value.why, caught.value.lasting)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission(tmp_path: Path) -> None:
    """A file that this user may not read is told to be so."""
    path = write(tmp_path / "a.png")
    path.chmod(0)
    with pytest.raises(DecodeFailure, match="no permission"):
        read(item_at(path))


def test_huge_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the limit is refused by its size, before it is read."""
    path = write(tmp_path / "a.png")
    monkeypatch.setattr(content, "MAX_BYTES", path.stat().st_size - 1)
    with pytest.raises(DecodeFailure, match="too large"):
        read(item_at(path))
    monkeypatch.setattr(content, "MAX_BYTES", path.stat().st_size)
    assert path.read_bytes() == read(item_at(path))
