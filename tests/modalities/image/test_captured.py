"""When a picture was taken."""

from pathlib import Path

import pytest
from PIL import Image

from handful.datasets.index import Index
from handful.modalities.image.decode import decode
from handful.modalities.image.facts import examine
from tests.modalities.image.pictures import encoded, item_at, scene


def exif_with(taken: object = None, sub_second: object = None, changed: str = "") -> Image.Exif:
    """EXIF with a time of capture, its part of a second, and a time of the last change."""
    exif = Image.Exif()
    inner = exif.get_ifd(0x8769)
    if taken is not None:
        inner[0x9003] = taken
    if sub_second is not None:
        inner[0x9291] = sub_second
    if changed:
        exif[0x0132] = changed
    exif[0x8769] = 0  # or Pillow leaves the inner part out of a TIFF
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_time_is_read_from_every_format(kind: str) -> None:
    """DateTimeOriginal with its part of a second, from each format that holds EXIF."""
    exif = exif_with("2024:01:31 12:04:55", "25", changed="2025:01:01 00:00:00")
    assert decode(encoded(scene(40, 30), kind, exif=exif)).taken == "2024:01:31 12:04:55.25"


@pytest.mark.parametrize(
    ("taken", "sub_second", "expected"),
    [
        ("2024:01:31 12:04:55", None, "2024:01:31 12:04:55"),
        ("2024:01:31 12:04:55", "x", "2024:01:31 12:04:55"),
        ("2024:01:31 12:04:55", " 07 ", "2024:01:31 12:04:55.07"),
        ("0000:00:00 00:00:00", "07", ""),
        ("    :  :     :  :  ", None, ""),
        ("yesterday", None, ""),
        (None, "07", ""),
    ],
)
def test_what_is_no_time_is_none(taken: str | None, sub_second: str | None, expected: str) -> None:
    """Cameras without a clock, odd texts and the time of the last change are not taken for it."""
    exif = exif_with(taken, sub_second, changed="2025:01:01 00:00:00")
    assert decode(encoded(scene(40, 30), "JPEG", exif=exif)).taken == expected


def test_a_picture_without_or_with_broken_exif_has_no_time() -> None:
    """Neither is an error."""
    broken = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01"
    assert decode(encoded(scene(40, 30), "JPEG")).taken == ""
    assert decode(encoded(scene(40, 30), "JPEG", exif=broken)).taken == ""


def test_the_index_keeps_the_time(tmp_path: Path) -> None:
    """A file that was looked at once need not be read for its time again."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene(40, 30), "JPEG", exif=exif_with("2024:01:31 12:04:55")))
    item = item_at(path)
    with Index(tmp_path / "p") as index:
        index.put(item, examine(item)[0])
    with Index(tmp_path / "p") as index:
        (seen,) = index.known([item]).values()
    assert getattr(seen, "taken", None) == "2024:01:31 12:04:55"
