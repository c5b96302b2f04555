"""The workbench's page as such: its map, its keys, its looks, and that it is for everybody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NUM_DIGITS
from tests.browser.desk import PHONE, Desk, ready, saved, taught, type_class

pytestmark = pytest.mark.browser
AXE = Path(__file__).parent / "vendor" / "axe.min.js"

# How many pixels of the points' canvas are not empty, read in the frame in which it is painted.
INK = """() => new Promise(done => requestAnimationFrame(() => {
    const from = document.querySelector('.map-holder canvas');
    const copy = new OffscreenCanvas(from.width, from.height).getContext('2d');
    copy.drawImage(from, 0, 0);
    const { data } = copy.getImageData(0, 0, from.width, from.height);
    let ink = 0;
    for (let i = 3; i < data.length; i += 4) ink += data[i] > 0;
    done(ink);
}))"""


def serious(page: Page) -> list[str]:
    """What axe holds to be serious or critical: the rule, and the first element concerned."""
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} ({v['nodes'][0]['failureSummary'][:200]})"
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def test_without_a_graphics_card_our_own_pixels_are_drawn(desk: Desk) -> None:
    """Where WebGL is software or missing the plain canvas paints, and zooming changes it."""
    page = desk.open()
    expect(page.locator(".map-holder")).to_have_attribute("data-painter", "canvas")
    ink = page.evaluate(INK)
    assert ink > 400
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(INK) != ink


def test_only_what_changes_is_drawn_again(desk: Desk) -> None:
    """A flag changes no colour and no figure: the map is not painted, the meter's parts stay."""
    page = desk.open()
    taught(page)
    page.evaluate(
        """() => {
            const paint = CanvasRenderingContext2D.prototype.putImageData;
            window.painted = 0;
            CanvasRenderingContext2D.prototype.putImageData = function (...all) {
                window.painted += 1;
                return paint.apply(this, all);
            };
            document.querySelector('.rail .per-class').dataset.seen = 'yes';
        }"""
    )
    page.keyboard.press("f")
    saved(page)
    expect(page.locator(".kinds", has_text="Flagged 1")).to_be_visible()
    ready(page)
    assert page.evaluate("window.painted") == 0
    expect(page.locator(".per-class[data-seen]")).to_have_count(1)
    page.keyboard.press("1")
    saved(page)
    page.wait_for_function("() => window.painted > 0")


def test_pointing_shows_the_picture_and_a_click_its_like(desk: Desk) -> None:
    """What lies under the pointer shows with its name; clicking it gathers what is alike."""
    page = desk.open()
    box = page.locator("canvas.over").bounding_box()
    assert box is not None
    tip = page.locator(".tip")
    for step in range(400):
        across, down = 0.1 + 0.04 * (step % 20), 0.1 + 0.04 * (step // 20)
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
        if tip.is_visible():
            break
    expect(tip.locator(".path")).to_have_text(re.compile(r"\.png$"))
    name = tip.locator(".path").inner_text()
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".chosen strong")).to_have_text(f"Most like {name}")


def test_keyboard_alone_draws_a_lasso(desk: Desk) -> None:
    """L sets a ring on the map; arrows move it, plus widens it, Enter takes what is inside."""
    page = desk.open()
    page.keyboard.press("l")
    for _ in range(4):
        page.keyboard.press("+")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".chosen strong")).to_contain_text("in the lasso")
    type_class(page, "digit")
    saved(page)
    labelled = len(desk.ledger().labels)
    assert 1 < labelled < NUM_DIGITS
    page.keyboard.press("Backspace")
    saved(page)
    assert desk.ledger().labels == {}


def test_keyboard_alone_reaches_everything(desk: Desk) -> None:
    """Tab visits every part of the page, always shows where it is, and comes to an end."""
    page = desk.open()
    taught(page)
    visited: set[str] = set()
    unseen: list[str] = []
    page.locator(".skip").focus()
    for _ in range(150):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => { const a = document.activeElement;
            if (a === document.body) return null;
            const s = getComputedStyle(a.matches('.tile') ? a.querySelector('.face') : a);
            const part = a.closest('.top, .map, .work, .class-bar, .rail, .hints');
            return [part?.className.split(' ')[0] ?? 'other', a.outerHTML.slice(0, 90),
                s.outlineStyle !== 'none' || a.matches('.skip')]; }"""
        )
        if place is None:
            break
        visited.add(place[0])
        if not place[2]:
            unseen.append(place[1])
    else:
        pytest.fail("Tab never came to the end of the page.")
    assert unseen == []
    assert {"top", "map", "work", "class-bar", "rail", "hints"} <= visited


def test_arrows_walk_the_grid_with_the_focus(desk: Desk) -> None:
    """The tile under the cursor has the focus and a name that says what is asked."""
    page = desk.open()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tile.current:focus img")).to_have_attribute("alt", re.compile(r"\.png$"))
    expect(page.locator(".tile[tabindex='0']")).to_have_count(1)


def test_help_names_every_key_that_is_in_sight(desk: Desk) -> None:
    """The question mark opens the table; each hint below is in it; Escape goes back."""
    page = desk.open()
    hints = page.locator(".hints button kbd").all_inner_texts()
    page.keyboard.press("?")
    table = page.get_by_role("dialog").inner_text()
    assert [key for key in hints if key not in table] == []
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert desk.ledger().verdicts == {}


def test_confusion_cell_opens_its_pictures(desk: Desk) -> None:
    """The rail's meter carries its interval; a cell of the matrix opens the pictures it counts."""
    page = desk.open()
    taught(page)
    cell = page.locator(".cells button").first
    count = int(cell.inner_text())
    cell.click()
    expect(page.locator(".chosen strong")).to_be_visible()
    expect(page.locator(".tile")).to_have_count(min(count, 24))
    expect(page.locator(".chip")).to_have_text(re.compile("^model v"))


def test_labels_and_model_are_taken_away(desk: Desk) -> None:
    """The export view hands over the labels as they stand."""
    page = desk.open()
    taught(page)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.count("round") == 5
    expect(page.get_by_role("link", name="Model v")).to_be_visible()


def test_what_cannot_be_taken_away_says_why(desk: Desk) -> None:
    """An export that the server refuses shows its four lines, and the next one comes."""
    page = desk.open()
    taught(page)
    page.get_by_role("button", name="Export").click()
    fault = {"what": "too early.", "found": "12 of 400", "expected": "400", "attempt": "wait"}
    refusal = {"status": 503, "json": {"error": fault}}
    page.route("**/api/export/report", lambda route: route.fulfill(**refusal))
    desk.forgiving = True
    page.get_by_role("link", name="Report").click()
    expect(page.locator(".notice.fault")).to_contain_text("12 of 400")
    page.unroute("**/api/export/report")
    with page.expect_download() as download:
        page.get_by_role("link", name="Report").click()
    assert download.value.suggested_filename == "report.html"


def test_nothing_lies_over_anything_else_above_the_pictures(desk: Desk) -> None:
    """Beside a large map the last thing said makes room for what can be looked at."""
    page = desk.open()
    taught(page)
    page.keyboard.press("f")
    page.keyboard.press("Space")
    page.keyboard.press("m")
    expect(page.locator(".said-last")).to_contain_text("1 picture: unsure.")
    overlap = """() => {
        const said = document.querySelector('.said-last').getBoundingClientRect();
        return [...document.querySelectorAll('.kinds button')].some(button => {
            const box = button.getBoundingClientRect();
            return box.right > said.left && box.top < said.bottom && box.bottom > said.top;
        });
    }"""
    assert not page.evaluate(overlap)


def test_foreign_script_cannot_run(desk: Desk) -> None:
    """The server's policy stops script and pictures that got into the page."""
    page = desk.open()
    desk.forgiving = True
    ran = page.evaluate(
        """async () => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = 1';
            document.body.append(script);
            const fetched = await fetch('http://127.0.0.1:9/').then(() => true, () => false);
            return [window.ran ?? null, fetched];
        }"""
    )
    assert ran == [None, False]
    desk.faults = [fault for fault in desk.faults if ":9/" not in fault]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(desk: Desk, scheme: str) -> None:
    """No serious or critical fault of accessibility: cold, taught, one picture, dialogs, export."""
    # The policy refuses foreign script, axe too: this context alone is told to pass it over.
    page = desk.open(color_scheme=scheme, bypass_csp=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults = serious(page)
    taught(page)
    page.get_by_role("button", name="Questions").click()
    page.locator(".row .confirm").first.wait_for()
    page.keyboard.press("1")
    ready(page)
    faults += serious(page)
    for key in ("g", "?"):
        page.keyboard.press(key)
        faults += serious(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Rename, merge").click()
    faults += serious(page)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    faults += serious(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    faults += serious(page)
    assert faults == []


def test_axe_finds_no_fault_on_a_phone(desk: Desk) -> None:
    """The same for the four views of a phone."""
    page = desk.open(bypass_csp=True, **PHONE)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults = []
    for view in ("Map", "Meter", "Export", "Label"):
        page.get_by_role("button", name=view, exact=True).tap()
        faults += serious(page)
    assert faults == []


def test_dark_follows_the_system_and_the_button(desk: Desk) -> None:
    """The page is dark where the system is, and the button turns it over."""
    page = desk.open(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(15, 18, 22)")
    page.get_by_role("button", name="Light").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(252, 252, 251)")
