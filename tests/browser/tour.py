"""The session behind the pictures of docs/tour/04-labelling.md: played, and photographed.

    python -m tests.browser.tour      plays it and writes the pictures anew

The pictures that are labelled are pieces of six of scikit-image's photographs (public domain or
CC0). `test_tour.py` plays the same session and compares, so that the tour cannot go stale.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import handful
from scripts.report_image import pieces
from tests.browser.desk import PHONE, ROOT, Desk, ready, type_class

IMAGES = ROOT / "docs" / "tour" / "images"
ROUNDS, LABELS_A_ROUND = 3, 12  # so few that no questions are fetched ahead: chance has no say
QUALITY = 86
# Whether the pictures in sight are there: others are fetched only when they come in sight.
HAS_PICTURES = """() => new Promise((done) => {
    const eye = new IntersectionObserver((seen) => {
        eye.disconnect();
        done(seen.every(({ isIntersecting, target }) => target.complete || !isIntersecting));
    });
    for (const image of document.images) eye.observe(image);
})"""
CHANGING = (
    ".grid, .focus, .map-holder, .chosen"  # which pictures are asked varies with the processor
)


def write_photographs(folder: Path) -> dict[str, str]:
    """Write the pieces as a folder without labels; returns which photograph each is from."""
    cut, labels, names = pieces()
    folder.mkdir(parents=True)
    truth = {}
    for number in range(len(cut)):  # a step through all, so that no run of names tells the class
        at = (number * 143) % len(cut)
        name = f"piece-{number:03}.jpg"
        Image.fromarray(cut[at]).save(folder / name, quality=92)
        truth[name] = names[labels[at]]
    return truth


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of the window.

    Args:
        picture: what stands in it.
        changing: boxes (left, top, right, bottom) whose content depends on what is asked.
    """

    picture: Image.Image
    changing: tuple[tuple[int, int, int, int], ...]

    def beside(self, other: Shot) -> Shot:
        """Two pictures of a phone as one, at half the size."""
        left, right = self.picture, other.picture
        both = Image.new("RGB", (left.width + right.width + 40, left.height), "white")
        both.paste(left, (0, 0))
        both.paste(right, (left.width + 40, 0))
        half = both.resize((both.width // 2, both.height // 2), Image.Resampling.LANCZOS)
        moved = [(a + left.width + 40, b, c + left.width + 40, d) for a, b, c, d in other.changing]
        boxes = [
            (a // 2, b // 2, c // 2 + 1, d // 2 + 1) for a, b, c, d in (*self.changing, *moved)
        ]
        return Shot(half, tuple(boxes))


def photographed(page: Page) -> Shot:
    """What stands in the window, once the pictures in it are there."""
    page.mouse.move(640, 4)
    page.wait_for_function(HAS_PICTURES)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    scale = page.evaluate("devicePixelRatio")
    found = [part.bounding_box() for part in page.locator(CHANGING).all() if part.is_visible()]
    boxes = [
        (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])
        for box in found
        if box is not None
    ]
    return Shot(picture, tuple(tuple(round(edge * scale) for edge in box) for box in boxes))


def label_as(truth: dict[str, str], page: Page) -> None:
    """Label the picture under the cursor as an expert would: by its key, or by typing its name."""
    name = page.locator(".tile.current img").get_attribute("alt") or ""
    known = page.locator(".class-key .class").all_inner_texts()
    if truth[name] in known:
        page.keyboard.press(str(known.index(truth[name]) + 1))
    else:
        type_class(page, truth[name])


def play(folder: Path, truth: dict[str, str], browser: Browser) -> dict[str, Shot]:
    """Play the session; returns its pictures by name."""
    desk = Desk(folder, browser)
    shots = {}
    try:
        page = desk.open()
        shots["first"] = photographed(page)
        for _ in range(ROUNDS):
            for _ in range(LABELS_A_ROUND):
                page.locator(".tile.current:not(.done)").wait_for()
                label_as(truth, page)
            ready(page)
            page.get_by_role("button", name="Questions").click()
            page.locator(".tile.done").first.wait_for(state="detached")
            page.locator(".row .confirm").first.wait_for()
        shots["grid"] = photographed(page)
        box = page.locator("canvas.over").bounding_box()
        assert box is not None
        page.keyboard.down("Shift")
        page.mouse.move(box["x"] + 4, box["y"] + box["height"] * 0.5)
        page.mouse.down()
        for x, y in ((0.02, 0.03), (0.6, 0.03), (0.6, 0.3), (0.3, 0.5)):
            page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=5)
        page.mouse.up()
        page.keyboard.up("Shift")
        page.locator(".chosen", has_text="in the lasso").wait_for()
        shots["lasso"] = photographed(page)
        dark = desk.open(color_scheme="dark")
        dark.keyboard.press("g")
        dark.locator(".stage img").wait_for()
        shots["dark"] = photographed(dark)
        phone = desk.open(**PHONE)
        shots["phone"] = photographed(phone)
        phone.get_by_role("button", name="Meter", exact=True).tap()
        shots["meter"] = photographed(phone)
    finally:
        desk.close()
    assert desk.faults == []
    return shots


def pictures(folder: Path, browser: Browser) -> dict[str, Shot]:
    """The tour's pictures by file name."""
    place = folder / "photographs"
    truth = write_photographs(place)
    handful.open(place).embed()
    shots = play(place, truth, browser)
    phones = shots.pop("phone").beside(shots.pop("meter"))
    return {f"label-{name}.jpg": shot for name, shot in {**shots, "phone": phones}.items()}


def main() -> int:
    """Write the tour's pictures."""
    place = os.environ.get("HANDFUL_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=place, args=flags)
        IMAGES.mkdir(parents=True, exist_ok=True)
        for name, shot in pictures(Path(folder), browser).items():
            shot.picture.save(IMAGES / name, quality=QUALITY, optimize=True)
            sys.stdout.write(f"{name} ({(IMAGES / name).stat().st_size // 1000} kB)\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
