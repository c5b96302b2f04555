"""Every format, mode and turn that a user may bring comes out upright, in 8 bits, and not black."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from handful.modalities.image.decode import Picture, decode
from handful.modalities.image.levels import Levels
from tests.modalities.image.pictures import encoded, photographs, png16, scene

READABLE = [
    ("JPEG", "L"),
    ("JPEG", "RGB"),
    ("JPEG", "CMYK"),
    ("PNG", "1"),
    ("PNG", "L"),
    ("PNG", "LA"),
    ("PNG", "P"),
    ("PNG", "RGB"),
    ("PNG", "RGBA"),
    ("TIFF", "1"),
    ("TIFF", "L"),
    ("TIFF", "P"),
    ("TIFF", "RGB"),
    ("TIFF", "RGBA"),
    ("TIFF", "CMYK"),
    ("TIFF", "YCbCr"),
    ("WEBP", "RGB"),
    ("WEBP", "RGBA"),
    ("BMP", "1"),
    ("BMP", "L"),
    ("BMP", "P"),
    ("BMP", "RGB"),
    ("GIF", "L"),
    ("GIF", "P"),
]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean absolute difference of two pictures' RGB values, at the first one's size."""
    other = other.convert("RGB").resize(one.size, Image.Resampling.BOX)
    return float(np.abs(np.asarray(one.convert("RGB"), float) - np.asarray(other, float)).mean())


@pytest.mark.parametrize(("kind", "mode"), READABLE)
def test_formats_and_modes(kind: str, mode: str) -> None:
    """Each format in each mode that it can hold gives the colours that went in."""
    original = scene(300, 240).convert(mode)
    picture = decode(encoded(original, kind))
    assert (300, 240) == (picture.width, picture.height)
    assert kind == picture.format
    assert picture.image.mode in ("L", "RGB")
    assert difference(picture.image, original) < 6


def test_grey_stays_grey() -> None:
    """A grey file is kept in one channel, and `pixels` gives it in three alike."""
    picture = decode(encoded(scene().convert("L")))
    assert "L" == picture.image.mode
    assert (240, 320, 3) == picture.pixels.shape
    assert (picture.pixels[:, :, 0] == picture.pixels[:, :, 2]).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_rotation_in_exif_is_obeyed(kind: str, orientation: int) -> None:
    """All eight EXIF orientations come out as Pillow's own transposition has them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(scene(450, 300), kind, exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    picture = decode(data)
    assert expected.size == (picture.width, picture.height)
    assert difference(picture.image, expected) < 3


def test_broken_exif_is_passed_over() -> None:
    """A picture whose EXIF cannot be read is taken as it lies."""
    data = encoded(scene(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01")
    assert (320, 240) == (decode(data).width, decode(data).height)


@pytest.mark.parametrize(
    ("size", "reduced"),
    [
        ((4000, 3000), (500, 375)),
        ((900, 900), (225, 225)),
        ((448, 2000), (224, 1000)),
        ((447, 447), (447, 447)),
        ((100, 50), (100, 50)),
    ],
)
def test_large_jpegs_are_decoded_small(size: tuple[int, int], reduced: tuple[int, int]) -> None:
    """A JPEG is reduced by 2, 4 or 8 as far as its short side stays at 224 or more."""
    picture = decode(encoded(scene(*size), "JPEG"), target=224)
    assert size == (picture.width, picture.height)
    assert reduced == picture.image.size


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "I;16", "F"])
def test_other_large_pictures_are_averaged(mode: str) -> None:
    """What is not a JPEG is averaged in blocks after decoding, to the same end."""
    original = scene(1000, 700).convert("L" if mode in ("I;16", "F") else mode)
    if mode in ("I;16", "F"):
        original = original.convert("I").convert(mode) if mode == "I;16" else original.convert("F")
    picture = decode(encoded(original, "TIFF"), target=224)
    assert (334, 234) == picture.image.size
    assert (1000, 700) == (picture.width, picture.height)


def test_reduction_is_a_mean() -> None:
    """Thin stripes are averaged, not sampled: nothing aliases."""
    stripes = np.zeros((900, 900), np.uint8)
    stripes[:, ::2] = 200
    picture = decode(encoded(Image.fromarray(stripes)), target=224)
    assert {100} == set(np.unique(picture.pixels))


def test_target_is_obeyed() -> None:
    """A smaller target lets the decoder reduce further."""
    data = encoded(scene(512, 512), "JPEG")
    assert (512, 512) == decode(data, target=300).image.size
    assert (64, 64) == decode(data, target=64).image.size


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_laid_on_white(kind: str, mode: str) -> None:
    """Where a picture is wholly transparent it is white, whatever colour lies under it."""
    image = Image.new("RGBA", (64, 64), (10, 10, 10, 255))
    image.paste((0, 0, 0, 0), (0, 0, 32, 64))
    image.paste((0, 0, 0, 128), (0, 0, 16, 64))
    pixels = decode(encoded(image.convert(mode), kind, **_lossless(kind))).pixels
    assert (255, 255, 255) == tuple(pixels[32, 24])
    assert (10, 10, 10) == tuple(pixels[32, 48])
    assert (127, 127, 127) == tuple(pixels[32, 8])


def test_transparent_index_of_a_palette_is_white() -> None:
    """A palette's transparent entry counts as transparency, in GIF and PNG."""
    image = Image.new("P", (64, 64), 0)
    image.putpalette([200, 0, 0, 0, 200, 0])
    image.paste(1, (0, 0, 32, 64))
    for kind in ("GIF", "PNG"):
        pixels = decode(encoded(image, kind, transparency=1)).pixels
        assert (255, 255, 255) == tuple(pixels[32, 8])
        assert (200, 0, 0) == tuple(pixels[32, 48])


def test_transparent_grey_of_a_png_is_white() -> None:
    """One grey value of a PNG may be declared transparent."""
    image = Image.new("L", (64, 64), 7)
    image.paste(90, (32, 0, 64, 64))
    picture = decode(encoded(image, transparency=7))
    assert "L" == picture.image.mode
    assert [255, 90] == [int(picture.pixels[0, x, 0]) for x in (0, 63)]


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_first_frame_of_many(kind: str) -> None:
    """Of several frames the first is decoded, and their number is told."""
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    options = {"save_all": True, "append_images": frames[1:], **_lossless(kind)}
    picture = decode(encoded(frames[0], kind, **options))
    assert 3 == picture.frames
    assert (255, 0, 0) == tuple(picture.pixels[10, 10])


def test_photograph_with_a_second_picture_inside() -> None:
    """A multi-picture JPEG (as telephones write them) counts as JPEG with two frames."""
    data = encoded(scene(seed=1), "MPO", save_all=True, append_images=[scene(seed=2)])
    picture = decode(data)
    assert ("JPEG", 2) == (picture.format, picture.frames)
    assert difference(picture.image, scene(seed=1)) < 6


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_deep_grey_uses_the_whole_range(kind: str, bits: int) -> None:
    """Data of 8, 10, 12 or 16 bits in a 16-bit file all come out alike: none is black."""
    grey = np.asarray(photographs()[1].convert("L"), np.uint16)  # 512 x 512
    deep = (grey.astype(float) / 255 * (2**bits - 1)).astype(np.uint16)
    picture = decode(encoded(Image.fromarray(deep), kind), target=512)
    assert "I;16" == picture.mode
    assert (0, 255) == (picture.pixels.min(), picture.pixels.max())
    assert np.corrcoef(grey.ravel(), picture.pixels[:, :, 0].ravel())[0, 1] > 0.999


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("writer", ["png", "tiff", "deflate", "big-endian"])
def test_deep_colour_uses_the_whole_range(writer: str, bits: int) -> None:
    """16-bit colour keeps its lower bytes: 12-bit colour has all its shades, not sixteen."""
    colour = np.asarray(photographs()[0], float)[:256, :256]
    deep = (colour / 255 * (2**bits - 1)).astype(np.uint16)
    picture = decode(_deep_file(deep, writer))
    assert "RGB" == picture.mode
    assert len(np.unique(picture.pixels)) > 200
    low, high = np.percentile(deep, (0.1, 99.9))
    expected = np.clip((deep - low) / (high - low), 0, 1) * 255
    assert np.abs(picture.pixels - expected).max() < 1.01


def test_deep_colour_with_transparency() -> None:
    """16-bit colour under half-transparent pixels is laid on white, too."""
    deep = np.zeros((64, 64, 4), np.uint16)
    deep[:, 32:, :3] = 4000
    deep[:, :, 3] = 65535
    deep[:32, :, 3] = 0
    pixels = decode(png16(deep)).pixels
    assert [255, 255, 0, 255] == [int(pixels[y, x, 0]) for y in (8, 56) for x in (8, 56)]


def test_deep_grey_with_transparency_is_not_black() -> None:
    """12-bit grey in a 16-bit file with transparency keeps its light and dark."""
    deep = np.full((64, 64, 2), 65535, np.uint16)
    deep[:, :, 0] = np.linspace(0, 4095, 64).astype(np.uint16)
    pixels = decode(png16(deep)).pixels
    assert (0, 255) == (pixels.min(), pixels.max())


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_floating_grey_in_any_unit(scale: float) -> None:
    """A 32-bit floating TIFF shows the same in every unit; NaN and infinity are black."""
    values = np.tile(np.linspace(-1, 1, 64, dtype=np.float32) * np.float32(scale), (64, 1))
    values[0, 5], values[1, 5], values[2, 5] = np.nan, np.inf, -np.inf
    pixels = decode(encoded(Image.fromarray(values), "TIFF")).pixels
    assert [0, 255] == [int(pixels[32, x, 0]) for x in (0, 63)]
    assert [0, 0, 0] == [int(pixels[y, 5, 0]) for y in (0, 1, 2)]
    assert (np.diff(pixels[32, :, 0].astype(int)) >= 0).all()


def test_hot_pixel_does_not_darken_the_rest() -> None:
    """One pixel far above all others leaves the others' contrast as it was."""
    deep = np.tile(np.linspace(100, 4000, 256).astype(np.uint16), (256, 1))
    deep[3, 3] = 65535
    assert decode(encoded(Image.fromarray(deep))).pixels[128, 250, 0] > 240


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_deep_picture_of_one_value_is_middle_grey(value: int) -> None:
    """A flat 16-bit picture has no black or white to stretch to."""
    flat = Image.fromarray(np.full((32, 32), value, np.uint16))
    assert {128} == set(np.unique(decode(encoded(flat)).pixels))


def test_specks_on_a_flat_ground_stay_visible() -> None:
    """Where a thousandth of the pixels holds all there is to see, it is seen."""
    deep = np.full((64, 64), 500, np.uint16)
    deep[10, 10] = 900
    pixels = decode(encoded(Image.fromarray(deep))).pixels
    assert (0, 255) == (pixels[0, 0, 0], pixels[10, 10, 0])


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_in_the_range_of_a_set_brightness_stays(kind: str) -> None:
    """With the set's black and white a dark picture stays dark, by the formula of a line."""
    deep = np.tile(np.linspace(100, 500, 64).astype(np.uint16), (64, 1))
    picture = decode(encoded(Image.fromarray(deep), kind), levels=(Levels("integer", 0.0, 4000.0),))
    assert np.abs(picture.pixels[:, :, 0] - deep / 4000 * 255).max() <= 0.51
    assert Levels("integer", 100.0, 500.0) == picture.levels


def test_colour_in_the_range_of_a_set() -> None:
    """16-bit colour is stretched by the set's range, too."""
    deep = np.random.default_rng(0).integers(100, 900, (40, 40, 3)).astype(np.uint16)
    picture = decode(png16(deep), levels=(Levels("integer", 0.0, 2000.0),))
    assert np.abs(picture.pixels - deep / 2000 * 255).max() <= 0.51


def test_a_range_of_another_kind_is_not_used() -> None:
    """Whole numbers are not stretched by a range of floating values."""
    deep = Image.fromarray(np.tile(np.arange(64, dtype=np.uint16), (64, 1)))
    found = decode(encoded(deep), levels=(Levels("float", 0.0, 1.0),)).pixels
    assert np.array_equal(decode(encoded(deep)).pixels, found)


@pytest.mark.parametrize(
    ("no_data", "declared"),
    [(-9999.0, True), (-9999.0, False), (np.nan, False), (-3.4028235e38, False), (5000.0, True)],
)
def test_what_is_no_data_is_black_and_outside_the_range(no_data: float, declared: bool) -> None:
    """NaN, a declared value and a sentinel far below all else do not count as measured."""
    values = np.tile(np.linspace(200, 300, 64, dtype=np.float32), (64, 1))
    values[:20] = no_data
    buffer = io.BytesIO()
    tag = [(42113, "s", 0, f"{no_data:g}", True)] if declared else []
    tifffile.imwrite(buffer, values, extratags=tag)
    picture = decode(buffer.getvalue(), levels=(Levels("float", 200.0, 300.0),))
    assert picture.levels is not None
    assert (200, 300) == pytest.approx((picture.levels.low, picture.levels.high), abs=1)
    assert {0} == set(picture.pixels[:20].ravel())
    assert 255 == picture.pixels[40, 63, 0]


def test_a_low_value_among_others_is_measured() -> None:
    """-9999 is no sentinel where other values lie as far from each other as from it."""
    values = np.tile(np.linspace(-9999, 9999, 64, dtype=np.float32), (64, 1))
    levels = decode(encoded(Image.fromarray(values), "TIFF")).levels
    assert levels is not None
    assert levels.low < -9900


def test_declared_no_data_in_colour() -> None:
    """A declared value is black in 16-bit colour and outside the picture's own range."""
    deep = np.full((32, 32, 3), 65535, np.uint16)
    deep[8:] = np.linspace(100, 900, 24 * 32 * 3).reshape(24, 32, 3)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, deep, photometric="rgb", extratags=[(42113, "s", 0, "65535", True)])
    picture = decode(buffer.getvalue(), levels=(Levels("integer", 0.0, 1000.0),))
    assert picture.levels is not None
    assert picture.levels.high <= 900
    assert {0} == set(picture.pixels[:8].ravel())


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (3000, 2)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"])
def test_the_tiniest_pictures(kind: str, size: tuple[int, int]) -> None:
    """One pixel, or one row of them, is a picture."""
    picture = decode(encoded(Image.new("RGB", size, "white"), kind))
    assert isinstance(picture, Picture)
    assert size == picture.image.size == (picture.width, picture.height)


def _lossless(kind: str) -> dict[str, object]:
    return {"lossless": True} if kind == "WEBP" else {}


def _deep_file(deep: np.ndarray, writer: str) -> bytes:
    if writer == "png":
        return png16(deep)
    buffer = io.BytesIO()
    options = {"deflate": {"compression": "zlib"}, "big-endian": {"byteorder": ">"}}
    tifffile.imwrite(buffer, deep, photometric="rgb", **options.get(writer, {}))
    return buffer.getvalue()
