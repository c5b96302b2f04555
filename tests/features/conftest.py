"""The light encoder, and real small photographs as files."""

from collections.abc import Callable
from pathlib import Path

import pytest
import skimage.data
from PIL import Image

from handful.items.item import Item
from tests.features.light import Light


@pytest.fixture
def light() -> Light:
    """The light encoder."""
    return Light()


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[[int], tuple[Item, ...]]:
    """Makes so many different crops of one photograph, as PNG files, and gives their items."""
    photograph = Image.fromarray(skimage.data.chelsea())

    def make(count: int) -> tuple[Item, ...]:
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        items = []
        for place in range(count):
            path = folder / f"{place:03}.png"
            left, top = 11 * (place % 30), 13 * (place // 30)
            photograph.crop((left, top, left + 40, top + 40)).save(path)
            items.append(Item(path.name, path))
        return tuple(items)

    return make
