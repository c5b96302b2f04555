"""The tour's pictures show the workbench as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.tour import IMAGES, pictures

pytestmark = pytest.mark.browser
COARSE = (48, 30)  # which pictures are asked may differ a little; where things stand may not
DIFFERENT = 8.0  # mean of 255 grey levels; two runs differ by 0.3, another view by 20 and more


def coarse(picture: Image.Image) -> np.ndarray:
    """A picture as a few grey levels."""
    return np.asarray(picture.convert("L").resize(COARSE, Image.Resampling.BOX), float)


def test_tour_shows_the_workbench_as_it_is(browser: Browser, tmp_path: Path) -> None:
    """The session played now looks like its pictures; else `python -m tests.browser.tour`."""
    shown = pictures(tmp_path, browser)
    assert sorted(shown) == sorted(path.name for path in IMAGES.glob("label-*.jpg"))
    stale = {}
    for name, picture in shown.items():
        kept = Image.open(IMAGES / name)
        difference = float(np.abs(coarse(kept) - coarse(picture)).mean())
        if kept.size != picture.size or difference > DIFFERENT:
            stale[name] = round(difference, 1)
    assert stale == {}, "renew them: python -m tests.browser.tour"
