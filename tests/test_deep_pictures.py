"""A set whose class is brightness, in 16 bits: from folder to answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import handful


def brightness_set(root: Path, dtype: type) -> Path:
    """Twelve dim and twelve bright pictures of noise: nothing but brightness tells them apart."""
    for i in range(24):
        random = np.random.default_rng(i)
        values = (0.2 if i < 12 else 0.6) + 0.3 * random.random((64, 64))
        pixels = values * 255 if dtype is np.uint8 else values * 4000
        place = root / ("dim" if i < 12 else "bright") / f"{i:02}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(pixels).astype(dtype)).save(place)
    return root


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_brightness_is_learned_and_predicted_in_any_depth(dtype: type, tmp_path: Path) -> None:
    """Where brightness is the class, all are right in 16 bits as in 8, also from the saved file."""
    data = brightness_set(tmp_path / "data", dtype)
    project = handful.open(data)
    model = project.fit()
    assert 1.0 == project.estimate().accuracy.value
    loaded = handful.load(model.save(tmp_path / "m.handful"))
    assert (dtype is np.uint16) == bool(loaded.manifest.recipe.levels)
    places = sorted(data.glob("*/*.png"))
    said = [one.label for one in loaded.predict(places)]
    assert [place.parent.name for place in places] == said
