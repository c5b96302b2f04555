"""The tour's pictures show the workbench as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.tour import IMAGES, pictures

pytestmark = pytest.mark.browser
COARSE = (48, 30)
DIFFERENT = 5.0  # mean of 255 grey levels; figures on the meter make 2.5, another view 20


def coarse(picture: Image.Image, blank: Sequence[tuple[int, int, int, int]]) -> np.ndarray:
    """A picture as a few grey levels, without the boxes that depend on what is asked."""
    grey = picture.convert("L")
    for box in blank:
        grey.paste(128, box)
    return np.asarray(grey.resize(COARSE, Image.Resampling.BOX), float)


def test_tour_shows_the_workbench_as_it_is(browser: Browser, tmp_path: Path) -> None:
    """The session played now looks like its pictures; else `python -m tests.browser.tour`."""
    shown = pictures(tmp_path, browser)
    assert sorted(shown) == sorted(path.name for path in IMAGES.glob("label-*.jpg"))
    stale = {}
    for name, shot in shown.items():
        kept = Image.open(IMAGES / name)
        boxes = shot.changing
        difference = float(np.abs(coarse(kept, boxes) - coarse(shot.picture, boxes)).mean())
        if kept.size != shot.picture.size or difference > DIFFERENT:
            stale[name] = round(difference, 1)
    assert stale == {}, "renew them: python -m tests.browser.tour"
