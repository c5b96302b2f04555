"""Pictures made from nothing but a number."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from handful.modalities.image.golden import draw, golden_files, make

FILES = golden_files()
# Of format 1, for ever: every bundle of it carries these very bytes.
DIGEST = "0f6e9b9737b71b7b110a2d36f6322f661c078385c31539ec72e1537dd419bec6"


def opened(name: str) -> Image.Image:
    """The picture, by an independent reader that also checks every checksum."""
    image = Image.open(io.BytesIO(FILES[name]))
    image.load()
    return image


def test_the_files_never_change() -> None:
    """Every machine and every version makes the same bytes."""
    whole = b"".join(name.encode() + content for name, content in sorted(FILES.items()))
    assert hashlib.sha256(whole).hexdigest() == DIGEST


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [
        ("golden/alpha.png", "RGBA", (24, 32)),
        ("golden/colour.bmp", "RGB", (21, 26)),
        ("golden/colour.png", "RGB", (64, 48)),
        ("golden/grey.png", "L", (48, 48)),
        ("golden/grey16.png", "I;16", (32, 24)),
        ("golden/large.jpg", "RGB", (480, 456)),
        ("golden/palette.png", "P", (32, 32)),
        ("golden/turned.jpg", "RGB", (88, 60)),
    ],
)
def test_each_is_a_sound_file_of_its_kind(name: str, mode: str, size: tuple[int, int]) -> None:
    """Pillow reads each as the kind that it stands for."""
    image = opened(name)
    assert (image.mode, image.size) == (mode, size)
    assert image.getexif().get(0x0112, 1) == (6 if name == "golden/turned.jpg" else 1)
    assert len(np.unique(np.asarray(image))) > 10


@pytest.mark.parametrize("name", ["colour.png", "colour.bmp"])
def test_lossless_files_hold_the_drawing(name: str) -> None:
    """What Pillow decodes is what was drawn, pixel by pixel."""
    image = opened(f"golden/{name}")
    assert (np.asarray(image) == draw(name, *image.size)).all()


def test_the_jpeg_shows_the_drawing() -> None:
    """The mean of each block of the JPEG is the drawing's pixel, within the loss of its colours."""
    image = opened("golden/large.jpg").convert("YCbCr")
    luma = np.asarray(image)[..., 0][:448, :480].reshape(56, 8, 60, 8).mean(axis=(1, 3))
    drawn = draw("large.jpg", 60, 58)[:56] @ [77, 150, 29] // 256
    assert abs(luma - drawn).mean() < 3


def test_a_name_is_a_seed() -> None:
    """Another name, another picture; the same name, the same picture."""
    assert (draw("a", 9, 9) == draw("a", 9, 9)).all()
    assert (draw("a", 9, 9) != draw("b", 9, 9)).any()
    assert make("grey.png") is make("grey.png")
