"""Pictures at their full size and depth, as the page shows them to be judged."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.Image import fromarray

from handful.modalities.failure import DecodeFailure
from handful.modalities.image import full_size as module
from handful.modalities.image.full_size import VALUES, FullSize, full_size
from handful.modalities.image.levels import Levels
from tests.workbench.conftest import Page

RANDOM = np.random.default_rng(0)


def written(image: Image.Image, kind: str, **how: object) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def values(whole: FullSize) -> np.ndarray:
    """What the page computes from codes, in the unit of the file."""
    depth = whole.depth
    assert depth is not None
    codes = np.frombuffer(whole.data, "<u2").reshape(depth.height, depth.width, depth.channels)
    return depth.lowest + depth.step * codes


def test_sixteen_bits_are_sent_as_they_are() -> None:
    """Every value of a 12-bit picture in a 16-bit file arrives, and black and white enclose it."""
    pixels = RANDOM.integers(100, 4_000, (40, 60), dtype=np.uint16)
    for kind in ("PNG", "TIFF"):
        whole = full_size(written(fromarray(pixels), kind))
        assert VALUES == whole.kind
        assert np.array_equal(values(whole)[:, :, 0], pixels)
        assert whole.depth is not None
        assert (1, 100, 4_000) == (
            whole.depth.shrunk,
            pytest.approx(whole.depth.black, abs=20),
            pytest.approx(whole.depth.white, abs=20),
        )


def test_the_set_says_what_is_black() -> None:
    """A deep picture is shown at first between black and white of its set, as its preview is."""
    data = written(fromarray(RANDOM.integers(100, 200, (20, 20), dtype=np.uint16)), "PNG")
    levels = [Levels("float", 0.0, 1.0), Levels("integer", 50.0, 4_000.0)]
    depth = full_size(data, levels=levels).depth
    assert depth is not None
    assert (50, 4_000) == (depth.black, depth.white)


def test_float_values_keep_their_unit() -> None:
    """Values in any unit arrive to within their noise; what is not finite becomes the lowest."""
    pixels = RANDOM.normal(-3.0, 0.5, (50, 50)).astype(np.float32)
    pixels[0, 0] = np.nan
    pixels[0, 1] = -3.4e38  # as maps mark that nothing was measured
    found = values(full_size(written(fromarray(pixels), "TIFF")))[:, :, 0]
    assert np.abs(found[1:] - pixels[1:]).max() < 1e-3
    assert (found[0, :2] < -4).all()


def test_colour_keeps_all_its_bits() -> None:
    """Sixteen bits of red, green and blue arrive: the lower byte is there too."""
    tall = RANDOM.integers(0, 65_536, (8, 8, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in tall)

    def chunk(name: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", sum_)

    head = struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    png += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert np.array_equal(values(full_size(png)), tall)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_deep_pictures_stand_upright(orientation: int) -> None:
    """EXIF's orientation is obeyed as Pillow obeys it."""
    pixels = np.arange(6, dtype=np.uint16).reshape(2, 3) * 1_000
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = written(fromarray(pixels), "PNG", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert np.array_equal(values(full_size(data))[:, :, 0], expected)


def test_what_browsers_show_goes_out_unchanged() -> None:
    """A JPEG or PNG with 8 bits is sent byte for byte; what browsers do not know, lossless."""
    pixels = RANDOM.integers(0, 256, (70, 90, 3), dtype=np.uint8)
    for kind in ("JPEG", "PNG"):
        data = written(fromarray(pixels), kind)
        assert FullSize(data, f"image/{kind.lower()}") == full_size(data)
    copy = full_size(written(fromarray(pixels), "TIFF"))
    assert "image/png" == copy.kind
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(copy.data))), pixels)


def test_transparency_lies_on_white_as_everywhere() -> None:
    """A picture with transparency is sent as it was learned from."""
    clear = Image.new("RGBA", (5, 5), (200, 0, 0, 0))
    shown = np.asarray(Image.open(io.BytesIO(full_size(written(clear, "PNG")).data)))
    assert (shown == 255).all()


def test_very_large_deep_pictures_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit a whole factor is averaged away, and the answer says which."""
    monkeypatch.setattr(module, "MOST_VALUES", 500)
    pixels = np.full((40, 40), 3_000, np.uint16)
    pixels[:, ::2] = 1_000
    whole = full_size(written(fromarray(pixels), "PNG"))
    assert whole.depth is not None
    assert (20, 20, 2) == (whole.depth.width, whole.depth.height, whole.depth.shrunk)
    assert np.abs(values(whole)[:, 2:-2] - 2_000).max() < 300


def test_damaged_files_say_so() -> None:
    """Bytes that are no picture, and half a picture, are refused with the reason."""
    deep = written(fromarray(RANDOM.integers(0, 9_999, (90, 90), dtype=np.uint16)), "PNG")
    for data in (b"no picture", deep[: len(deep) // 2]):
        with pytest.raises(DecodeFailure):
            full_size(data)


def test_the_route_sends_them(page: Page) -> None:
    """The page gets its own bytes, asks again for nothing, and is told of what is gone."""
    answer = page.client.get("/pictures/3/full")
    assert answer.content == (page.folder / page.paths[3]).read_bytes()
    assert "image/png" == answer.headers["Content-Type"]
    again = page.client.get("/pictures/3/full", headers={"If-None-Match": answer.headers["ETag"]})
    assert (304, b"") == (again.status_code, again.content)
    deep = RANDOM.integers(0, 5_000, (30, 20), dtype=np.uint16)
    (page.folder / page.paths[4]).write_bytes(written(fromarray(deep), "PNG"))
    answer = page.client.get("/pictures/4/full")
    assert deep.tobytes() == answer.content
    assert ("20", "30", "1") == tuple(
        answer.headers[name] for name in ("X-Width", "X-Height", "X-Channels")
    )
    (page.folder / page.paths[5]).unlink()
    assert 404 == page.client.get("/pictures/5/full").status_code
    assert 404 == page.client.get("/pictures/999/full").status_code
