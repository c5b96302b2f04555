"""TIFFs that Pillow does not know: their values, against tifffile and Pillow."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from handful.modalities.failure import DecodeFailure
from handful.modalities.image.decode import decode
from handful.modalities.image.levels import Levels
from handful.modalities.image.odd_tiff import is_taken_as_grey
from handful.modalities.image.tiff import facts, unpacked
from tests.modalities.image.pictures import encoded, scene


def tiff(values: np.ndarray, **how: Any) -> bytes:
    """A file by tifffile."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **{"photometric": "minisblack", **how})
    return buffer.getvalue()


def bands(dtype: str, number: int) -> np.ndarray:
    """Random values, 50 x 70, in so many bands."""
    return (np.random.default_rng(number).random((50, 70, number)) * 100).astype(dtype)


def read(data: bytes) -> np.ndarray:
    """All values, by our own reader."""
    said = facts(data)
    assert said is not None
    return unpacked(data, said)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "f2", "u4", "f4", "i8", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_values_are_those_that_were_written(dtype: str, order: str) -> None:
    """Every type of value, in either byte order, packed or not, in strips and tiles."""
    values = bands(dtype, 5)
    for how in ({"rowsperstrip": 7}, {"tile": (16, 32)}, {"compression": "zlib"}):
        assert np.array_equal(
            values, read(tiff(values, planarconfig="contig", byteorder=order, **how))
        ), how


@pytest.mark.parametrize("number", [2, 3, 10])
@pytest.mark.parametrize("how", ["contig", "separate"])
def test_bands_together_and_in_planes_of_their_own(number: int, how: str) -> None:
    """Whether a pixel's bands lie together or each band by itself."""
    values = bands("f8", number)
    written = values if how == "contig" else values.transpose(2, 0, 1)
    assert np.array_equal(values, read(tiff(written, planarconfig=how, rowsperstrip=8)))


@pytest.mark.parametrize(
    ("mode", "predictor"), [("L", 2), ("RGB", 2), ("I;16", 2), ("F", 3)], ids=str
)
@pytest.mark.parametrize("packing", ["tiff_lzw", "tiff_adobe_deflate"])
def test_predictors_are_undone(mode: str, predictor: int, packing: str) -> None:
    """What Pillow packs with differences is read as Pillow reads it, by another way."""
    grey = scene(61, 40).convert("L")
    image = {
        "L": grey,
        "RGB": scene(61, 40),
        "I;16": Image.fromarray(np.asarray(grey, np.uint16) * 251),
        "F": Image.fromarray(np.asarray(grey, np.float32) / 7 - 3),
    }[mode]
    data = encoded(image, "TIFF", compression=packing, tiffinfo={317: predictor})
    said = facts(data)
    assert said is not None
    assert predictor == said.one(317)
    assert np.array_equal(np.asarray(image).reshape(40, 61, -1), unpacked(data, said))


def test_64_bit_floats_are_a_grey_picture() -> None:
    """They are shown in the set's range like any deep picture, with no data black."""
    values = np.tile(np.linspace(0, 1, 64), (64, 1))
    values[:9] = -9999
    data = tiff(values, extratags=[(42113, "s", 0, "-9999", True)])
    picture = decode(data, levels=(Levels("float", 0.0, 2.0),))
    assert ("1 x float64", "L") == (picture.mode, picture.image.mode)
    assert picture.levels is not None
    assert (0, 1) == pytest.approx((picture.levels.low, picture.levels.high), abs=0.02)
    assert [0, 0, 128] == [int(picture.pixels[y, x, 0]) for y, x in ((0, 9), (20, 0), (20, 63))]


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("number", [5, 10])
def test_of_many_bands_the_first_three_are_colours(dtype: str, number: int) -> None:
    """Red, green and blue are the first three bands, in the file's order."""
    values = bands(dtype, number)
    data = tiff(values, planarconfig="contig")
    picture = decode(data, levels=(Levels("integer", 0.0, 255.0),))
    assert np.array_equal(values[:, :, :3], picture.pixels)
    assert f"{number} x uint{8 * int(dtype[1])}" == picture.mode


@pytest.mark.parametrize(("dtype", "number"), [("u1", 2), ("u2", 2), ("f8", 5)])
def test_of_others_the_first_band_is_grey(dtype: str, number: int) -> None:
    """Two bands are a picture and something beside it; floats of many bands are no colours."""
    values = bands(dtype, number)
    levels = (Levels("float", 0.0, 255.0), Levels("integer", 0.0, 255.0))
    picture = decode(tiff(values, planarconfig="contig"), levels=levels)
    assert np.abs(values[:, :, 0].astype(float) - picture.pixels[:, :, 0]).max() <= 0.51


def test_deep_colour_in_separate_planes() -> None:
    """What Pillow would misread in silence is read."""
    values = bands("u2", 3)
    data = tiff(values.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    picture = decode(data, levels=(Levels("integer", 0.0, 255.0),))
    assert np.array_equal(values, picture.pixels)


def test_turned_tiffs_are_upright() -> None:
    """The orientation counts here, too."""
    values = bands("f8", 1)[:, :, 0]
    picture = decode(tiff(values, extratags=[(274, "H", 1, 6, True)]))
    assert (50, 70) == (picture.width, picture.height) == picture.image.size


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (tiff(bands("f8", 1)[:, :, 0].astype(complex)), "a TIFF of 128-bit complex floats"),
        (
            tiff(bands("f8", 4), photometric="separated", planarconfig="contig"),
            "a TIFF of 4 bands of 64-bit floats",
        ),
    ],
)
def test_what_is_not_read_is_said(data: bytes, said: str) -> None:
    """An intact file is not called damaged: its values and bands are named."""
    with pytest.raises(DecodeFailure) as caught:
        decode(data)
    assert f"not read here: it is {said}; export it as 8 or 16 bits" == caught.value.why


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_file_fails_in_plain_words(share: float) -> None:
    """A file that ends early is damaged or truncated, never a picture of rubbish."""
    data = tiff(bands("f8", 5), planarconfig="contig")
    with pytest.raises(DecodeFailure, match=r"truncated|damaged"):
        decode(data[: int(len(data) * share)])


def test_lab_is_read() -> None:
    """A picture in LAB looks as it did in RGB."""
    original = scene(64, 48)
    rgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.applyTransform(original, ImageCms.buildTransform(rgb, lab, "RGB", "LAB"))
    assert image is not None
    picture = decode(encoded(image, "TIFF"))
    assert "LAB" == picture.mode
    assert np.abs(picture.pixels.astype(int) - np.asarray(original)).mean() < 3


def test_one_bit_and_cmyk_are_read() -> None:
    """Other usual modes are what they were."""
    bits = scene(64, 48).convert("1")
    assert np.array_equal(np.asarray(bits) * 255, decode(encoded(bits, "TIFF")).pixels[:, :, 0])
    assert "CMYK" == decode(encoded(scene(64, 48).convert("CMYK"), "TIFF")).mode


@pytest.mark.parametrize(
    ("dtype", "number", "grey"),
    [("f8", 1, True), ("u2", 2, True), ("f8", 5, True), ("u1", 5, False), ("u2", 10, False)],
)
def test_whether_it_is_grey_is_told_by_its_mode(dtype: str, number: int, grey: bool) -> None:
    """What the mode says is what the picture is."""
    values = bands(dtype, number)
    how = {"planarconfig": "contig"} if number > 1 else {}
    picture = decode(tiff(values if number > 1 else values[:, :, 0], **how))
    assert grey == is_taken_as_grey(picture.mode) == (picture.image.mode == "L")
