"""What cannot be decoded is refused in plain words, quickly, and without a trace elsewhere."""

from __future__ import annotations

import io
import re
import struct
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from handful.errors import DataError
from handful.modalities.failure import DecodeFailure
from handful.modalities.image import decode as decoding
from handful.modalities.image.decode import Picture, decode
from tests.modalities.image.pictures import encoded, scene

FORMATS = ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF"]


def why(data: bytes) -> str:
    """Why the bytes cannot be decoded."""
    with pytest.raises(DecodeFailure) as caught:
        decode(data)
    assert caught.value.lasting
    return caught.value.why


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims a size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 100)
    chunks = [
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, body, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_empty_file() -> None:
    """A file of no bytes is empty."""
    assert "empty: 0 bytes" == why(b"")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_files(kind: str, share: float) -> None:
    """A file that was cut short is told to be so, with its size."""
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    cut = data[: int(len(data) * share)]
    assert f"{len(cut):,}" in why(cut)
    assert "truncated" in why(cut)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "it is a HEIC picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", "it is an AVIF picture"),
        (b"%PDF-1.7\n%", "it is a PDF document"),
        (b"PK\x03\x04\x14\0\0\0", "it is a ZIP archive"),
        (b"<!DOCTYPE html><html>404", "it is a web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="">', "it is an SVG drawing"),
        (b"\0" * 128 + b"DICM\2\0\0\0", "it is a DICOM file"),
        (b"8BPS\0\1", "it is a Photoshop document"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer"),
        (b"hello, I am not a picture\n", "it is text"),
        (b"\0" * 5000, "all of its 5,000 bytes are zero"),
        (b"\xff\xd8\xff", "begins as JPEG does"),
        (bytes(range(200, 256)), "belong to no known format"),
    ],
)
def test_other_files_are_named(head: bytes, said: str) -> None:
    """What is no picture, or one of another kind, is called by its name."""
    assert said in why(head)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_bombs_are_refused_by_their_header(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """60,000 x 60,000 pixels are refused before any is decoded, in whatever format."""
    data = png_header(60_000, 60_000)
    if kind == "BMP":
        data = bytearray(encoded(Image.new("RGB", (8, 8)), "BMP"))
        data[18:26] = struct.pack("<ii", 60_000, 60_000)
    elif kind == "TIFF":
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, np.zeros((8, 8), np.uint8))
        data = bytearray(buffer.getvalue())
        for tag in (256, 257):  # width and length, 16 bits each
            at = _tag_at(data, tag)
            data[at + 8 : at + 12] = struct.pack("<I", 60_000)

    def must_not_run(*args: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", must_not_run)
    assert "too large: 3,600 million pixels; at most 100 million are decoded" == why(bytes(data))


def test_limit_lies_at_a_hundred_million_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row more than the limit is refused, the limit is not; reduced JPEGs count small."""
    assert "too large: 100 million pixels" in why(png_header(10_000, 10_001))
    assert "truncated" in why(png_header(10_000, 10_000))
    monkeypatch.setattr(decoding, "MAX_PIXELS", 300 * 300)
    assert (250, 250) == decode(encoded(Image.new("L", (2000, 2000)), "JPEG")).image.size


def test_out_of_memory_is_no_lasting_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory runs short the picture may be read another time."""

    def starve(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", starve)
    with pytest.raises(DecodeFailure, match="not enough memory") as caught:
        decode(encoded(scene()))
    assert not caught.value.lasting


def test_failure_is_a_four_line_error() -> None:
    """A failure that reaches a user names the file, the formats, and a way out."""
    lines = str(DecodeFailure("truncated: 3 of 9 bytes", path="a.png")).splitlines()
    assert 4 == len(lines)
    assert "a.png (truncated: 3 of 9 bytes)" in lines[1]
    assert isinstance(DecodeFailure(""), DataError)


@settings(deadline=None)
@given(st.sampled_from(FORMATS), st.data())
def test_altered_bytes_give_a_picture_or_a_failure(kind: str, data: st.DataObject) -> None:
    """Whatever is done to a file, it decodes or fails in plain words; nothing else gets out."""
    raw = bytearray(encoded(scene(24, 16), kind))
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(len(raw) // 2, len(raw))) :]
    try:
        assert isinstance(decode(bytes(raw)), Picture)
    except DecodeFailure as failure:
        assert failure.why
        assert "0x" not in failure.why
        failure.why.encode("utf-8")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_no_picture(raw: bytes) -> None:
    """Random bytes are never a picture, and the reason is a phrase without Python's own words."""
    with pytest.raises(DecodeFailure) as caught:
        decode(raw)
    assert re.match(r"\w+", caught.value.why)
    assert not re.search(r"0x|Error|Exception|b'|<", caught.value.why)


def test_warnings_stay_inside() -> None:
    """Pillow's warnings reach nobody, also with several threads, and filters are as before."""
    data = encoded(scene(), "TIFF")
    odd = bytearray(data)
    at = _tag_at(odd, 284)  # a tag with too many values makes Pillow warn
    odd[at + 4 : at + 8] = struct.pack("<I", 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        Image.open(io.BytesIO(bytes(odd))).load()
        assert caught, "this file no longer makes Pillow warn: the test needs another"
        caught.clear()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(decode, [bytes(odd)] * 40))
        assert [] == caught
        assert before == list(warnings.filters)


def test_threads_get_the_same_pixels() -> None:
    """Many pictures decoded by several threads at once come out as one by one."""
    files = [encoded(scene(seed=seed), kind) for seed in range(2) for kind in FORMATS]
    expected = [decode(data).image.tobytes() for data in files]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda data: decode(data).image.tobytes(), files * 4))
    assert expected * 4 == found


def test_large_pictures_are_decoded_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads never hold two large pictures at once."""
    inside, most = 0, 0
    lock = threading.Lock()
    shrink = decoding._to_eight_bit

    def counted(image: Image.Image, target: int) -> Image.Image:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.01)
        with lock:
            inside -= 1
        return shrink(image, target)

    monkeypatch.setattr(decoding, "_to_eight_bit", counted)
    data = encoded(scene(200, 200))
    for limit, expected in ((10_000, {1}), (1_000_000, {2, 3, 4})):
        monkeypatch.setattr(decoding, "LARGE_PIXELS", limit)
        most = 0
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(decode, [data] * 8))
        assert most in expected


def _tag_at(tiff: bytes | bytearray, tag: int) -> int:
    """Where a little-endian TIFF's directory holds a tag."""
    directory = struct.unpack_from("<I", tiff, 4)[0]
    count = struct.unpack_from("<H", tiff, directory)[0]
    places = [directory + 2 + 12 * i for i in range(count)]
    return next(at for at in places if struct.unpack_from("<H", tiff, at)[0] == tag)
