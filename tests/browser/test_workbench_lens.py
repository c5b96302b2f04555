"""The large picture of the workbench: zoomed, moved, and windowed from its real depth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL.Image import fromarray
from playwright.sync_api import Browser, expect

import handful
from tests.browser.desk import PHONE, Desk, saved, type_class

pytestmark = pytest.mark.browser
WIDTH, HEIGHT, GROUND, FAINT = 1_800, 1_200, 32_768, 60  # a quarter of a grey level of 8 bits
# Grey of the canvas on the faint line and beside it.
GREYS = """() => {
    const shown = document.querySelector('.stage canvas');
    if (!shown) return [0, 0];
    const copy = new OffscreenCanvas(100, 1).getContext('2d');
    copy.drawImage(shown, -900, -600);
    const { data } = copy.getImageData(0, 0, 100, 1);
    return [data[0], data[4 * 99]];
}"""

SEEN = f"() => {{ const [line, ground] = ({GREYS})(); return line - ground > 10; }}"
# Whether the whole picture is there and has been moved to the left.
MOVED = """() => {
    const shown = document.querySelector('.stage canvas');
    return shown && parseFloat(shown.style.transform.slice('translate('.length)) < -40;
}"""


@pytest.fixture
def films(browser: Browser, tmp_path: Path) -> Iterator[Desk]:
    """A workbench on four 16-bit pictures, each with a faint line that 8 bits do not show."""
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(4):
        pixels = np.full((HEIGHT, WIDTH), GROUND, np.uint16)
        pixels[:200, : 200 + 100 * number], pixels[-200:] = 0, 65_535
        pixels[590:610, 890:910] = GROUND + FAINT
        fromarray(pixels).save(folder / f"film-{number}.png")
    handful.open(folder).embed()
    running = Desk(folder, browser)
    yield running
    running.close()
    assert running.faults == []


def test_a_crack_beyond_eight_bits_is_seen(films: Desk) -> None:
    """Z shows the whole film one to one, C what 8 bits hide; both stay for the next; R resets."""
    page = films.open()
    page.keyboard.press("g")
    zoom = page.locator(".lens-zoom")
    expect(zoom).to_have_text("Fit")
    page.keyboard.press("z")
    expect(zoom).to_have_text("100\u00a0%")
    expect(page.locator(".stage canvas")).to_have_attribute("width", str(WIDTH))
    line, ground = page.evaluate(GREYS)
    assert abs(line - ground) <= 1
    for _ in range(24):
        page.keyboard.press("c")
    page.wait_for_function(SEEN)
    expect(page.locator(".lens-range")).to_have_text("32,256 to 33,280")
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(MOVED)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#frame-1")).to_have_attribute("aria-selected", "true")
    page.wait_for_function(MOVED)
    expect(zoom).to_have_text("100\u00a0%")
    page.wait_for_function(SEEN)
    page.keyboard.press("r")
    expect(zoom).to_have_text("Fit")
    page.wait_for_function(f"() => !({SEEN})()")


def test_the_wheel_zooms_where_it_points(films: Desk) -> None:
    """What lies under the pointer stays there; dragging moves the picture as far as the hand."""
    page = films.open()
    page.keyboard.press("g")
    page.wait_for_selector(".stage img")
    box = page.locator(".stage").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6

    def under() -> list[float]:
        """Which share of the picture's width and height is at the pointer."""
        found = page.evaluate(
            """([x, y]) => {
            const shown = document.querySelector('.stage img, .stage canvas');
            const box = shown.getBoundingClientRect();
            const [w, h] = [shown.naturalWidth || shown.width, shown.naturalHeight || shown.height];
            const scale = Math.min(box.width / w, box.height / h);
            return [0, 1].map((side) => {
                const middle = side ? box.top + box.height / 2 : box.left + box.width / 2;
                return 0.5 + ([x, y][side] - middle) / (scale * [w, h][side]);
            });
        }""",
            [x, y],
        )
        return [float(share) for share in found]

    before = under()
    page.mouse.move(x, y)
    page.mouse.wheel(0, -900)
    page.wait_for_selector(".stage canvas")
    expect(page.locator(".stage")).to_have_class("stage movable")
    assert before == pytest.approx(under(), abs=0.01)
    page.mouse.down()
    page.mouse.move(x + 60, y - 30, steps=4)
    page.mouse.up()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    x, y = x + 60, y - 30
    assert before == pytest.approx(under(), abs=0.01)


def test_a_phone_zooms_by_buttons(films: Desk) -> None:
    """On a phone the buttons zoom and the sliders fit; nothing is wider than the screen."""
    page = films.open(**PHONE)
    page.get_by_role("button", name="Zoom in").tap()
    expect(page.locator(".stage canvas")).to_be_visible()
    page.get_by_label("Contrast").fill("2")
    expect(page.locator(".lens-range")).to_contain_text(" to ")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_labelled_is_found_and_changed(films: Desk) -> None:
    """Labelled lists who and when; a search narrows it; a key changes that one label, and Undo."""
    page = films.open()
    for name in ("fine", "cracked", "fine"):
        type_class(page, name)
    saved(page)
    page.get_by_role("button", name="Labelled", exact=True).click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator(".tile").first).to_contain_text("me, ")
    page.get_by_label("Class", exact=True).select_option("cracked")
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_label("Names").check()
    name = page.locator(".tile-name").inner_text()
    page.keyboard.press("1")
    saved(page)
    assert {"fine"} == set(films.ledger().labels.values())
    page.locator(".said-last button").click()
    saved(page)
    assert films.ledger().labels[name] == "cracked"
    page.get_by_label("Find by file name").fill("nothing is called so")
    expect(page.locator(".nothing").first).to_contain_text("No labelled picture is like that.")


def test_sizes_and_names_stay_as_chosen(films: Desk) -> None:
    """The grid's size and names are the same after a reload."""
    page = films.open()
    expect(page.locator(".tile-name").first).to_be_hidden()
    page.get_by_label("Size of the pictures").fill("300")
    page.get_by_label("Names").check()
    page.reload()
    expect(page.locator(".tile-name").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('.tile').offsetWidth >= 290")
