"""The report in a real Chromium, from a file: what a reader does with it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.review.samples import HOSTILE, SAMPLES, birds, digits, two_classes

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_sample_opens_in_silence_and_fits(opened: Open, name: str) -> None:
    """All sections, no message, no request, and no sideways scrolling, also on a phone."""
    page = opened(name)
    assert page.locator("main section").count() == (15 if name == "deepened" else 14)
    assert overflow(page) <= 0
    phone = opened(name, **PHONE)
    assert phone.locator("h1").inner_text().startswith("Right on")
    assert overflow(phone) <= 0


def test_training_is_told_where_there_was_one(opened: Open) -> None:
    """What was decided, every run's losses as numbers too, and the rate that was taken."""
    page = opened("deepened")
    section = page.locator("#training")
    expect(section).to_contain_text("The deep model is shipped.")
    expect(section).to_contain_text("0.024 less than the frozen one’s")
    expect(section.locator(".rounds tbody tr")).to_have_count(2)
    expect(section.locator("svg.plot")).to_have_count(2)
    section.get_by_text("As numbers").click()
    expect(section.locator(".numbers tbody tr")).to_have_count(3 * 4 + 3 * 3 + 1)
    expect(section).to_contain_text("shortened to 310 steps")


def test_headline_says_the_result(opened: Open) -> None:
    """The first sentence is the accuracy on the test split, and the tab bears the data's name."""
    page = opened("digits")
    assert page.locator("h1").inner_text() == (
        "Right on 91.3\u00a0% of 149 pictures it had not learned from."
    )
    assert page.title() == "digits · handful report"


def test_cell_opens_its_pictures_and_escape_closes(opened: Open) -> None:
    """A cell's pictures are those with its label and answer; Escape goes back to the cell."""
    page = opened("digits")
    review = digits()
    wanted = (review.labels == 8) & (review.predictions == 8) & review.held_out
    page.get_by_role("button", name="of “8”, rightly called so").click()
    dialog = page.get_by_role("dialog")
    faces = dialog.locator(".face img")
    expect(faces).to_have_count(int(wanted.sum()))
    assert faces.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".matrix :focus")).to_have_count(1)


def test_viewer_walks_from_item_to_item(opened: Open) -> None:
    """An error opens large with its probabilities and neighbours; arrows turn the page."""
    page = opened("digits")
    page.locator("#errors .face").first.click()
    dialog = page.get_by_role("dialog")
    first = dialog.locator("h2").inner_text()
    expect(dialog.locator(".answers li")).to_have_count(5)
    expect(dialog.locator(".neighbour")).to_have_count(6)
    page.keyboard.press("ArrowRight")
    expect(dialog.locator("h2")).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(dialog.locator("h2")).to_have_text(first)


def test_slider_reads_off_the_curve(opened: Open) -> None:
    """The sentence follows the slider, by keys too, and fewer answers are surer."""
    page = opened("digits")
    sentence, slider = page.locator("#abstention output"), page.locator("#coverage")
    assert sentence.inner_text().startswith("Answer 90\u00a0% of the pictures, be wrong on ")
    slider.focus()
    for _ in range(40):
        page.keyboard.press("ArrowLeft")
    assert sentence.inner_text().startswith("Answer 50\u00a0% of the pictures")
    assert slider.get_attribute("aria-valuetext") in sentence.inner_text().replace(
        "Answer 50\u00a0% of the pictures, be wrong on ", "50\u00a0% answered, "
    ).replace(" of those", " of those wrong")


def test_empty_states_are_said(opened: Open) -> None:
    """Ten items, all right: each empty section says so in a sentence, and nothing is broken."""
    page = opened("tiny")
    said = " ".join(page.locator(".nothing").all_inner_texts())
    assert "No errors: all 10 pictures were called what they are labelled." in said
    assert "Too few pictures" in said
    for words in (
        "Nothing was mixed up",
        "No label looks wrong",
        "No duplicates",
        "No part of the data",
    ):
        assert words in said
    assert "The doctor found nothing" in said
    assert "No file was set aside" in said
    assert page.locator(".scopes").count() == 0


def test_scope_changes_every_figure(opened: Open) -> None:
    """Choosing the learning items changes headline, table, matrix and errors at once."""
    page = opened("digits")
    page.get_by_role("radio", name="Left out in turn").check()
    assert "of 451 pictures" in page.locator("h1").inner_text()
    assert "From 451 pictures" in page.locator("#figures").inner_text()
    populations = page.locator(".population").all_inner_texts()[:8]
    assert populations == ["451 pictures, each left out in turn"] * 8
    counts = page.locator(".matrix .count").all_inner_texts()
    assert sum(int(c.replace(",", "")) for c in counts) == 451


def test_map_shows_the_picture_under_the_pointer(opened: Open) -> None:
    """Pointing at an item shows its picture and name; a click opens it; keys do the same."""
    page = opened("digits")
    canvas = page.locator("canvas.scatter")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    tip = page.locator(".tip")
    for step in range(400):
        x, y = (
            box["width"] * (0.2 + 0.03 * (step % 20)),
            box["height"] * (0.2 + 0.03 * (step // 20)),
        )
        page.mouse.move(box["x"] + x, box["y"] + y)
        if tip.is_visible():
            break
    expect(tip.locator("img")).to_have_count(1)
    expect(tip).to_contain_text("digits/")
    name = tip.locator(".path").inner_text()
    page.mouse.down()
    page.mouse.up()
    expect(page.get_by_role("dialog").locator("h2")).to_have_text(name)
    page.keyboard.press("Escape")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(1)


def test_map_zooms_and_filters(opened: Open) -> None:
    """Zooming, one class alone, and errors alone each change what is drawn."""
    page = opened("digits")
    canvas = page.locator("canvas.scatter")
    canvas.scroll_into_view_if_needed()

    def ink() -> int:
        return page.evaluate(
            """async () => {
            await new Promise(requestAnimationFrame); // what was asked for before is painted now
            const c = document.querySelector('canvas.scatter');
            const copy = new OffscreenCanvas(c.width, c.height).getContext('2d');
            copy.drawImage(c, 0, 0);
            const d = copy.getImageData(0, 0, c.width, c.height).data;
            let sum = 0; for (let i = 3; i < d.length; i += 4) sum += d[i]; return sum; }"""
        )

    whole = ink()
    page.get_by_label("errors only").check()
    assert ink() < whole * 0.7
    page.get_by_label("errors only").uncheck()
    page.locator(".legend button").first.click()
    expect(page.locator(".legend button").first).to_have_attribute("aria-pressed", "true")
    assert ink() < whole * 0.7
    page.locator(".legend button").first.click()
    assert ink() == whole
    page.get_by_role("button", name="Zoom in").click()
    assert ink() != whole
    page.locator("#map").get_by_role("button", name="All").click()
    assert ink() == whole


def test_many_classes_can_be_searched(opened: Open) -> None:
    """With 200 classes the matrix has a cursor, each class can be looked up, and cells open."""
    page = opened("many")
    heatmap = page.locator("canvas.heatmap")
    heatmap.focus()
    readout = page.locator(".readout")
    before = readout.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(readout).to_contain_text("rightly called so")
    expect(readout).not_to_have_text(before)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator(".card").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Look at one class").select_option("species 058")
    expect(page.locator(".one-class")).to_contain_text("labelled “species 058”")
    expect(page.locator("#classes tbody tr:visible")).to_have_count(24)
    page.get_by_role("button", name="Show all 200 classes").click()
    expect(page.locator("#classes tbody tr:visible")).to_have_count(200)


def test_hostile_names_are_only_text(opened: Open) -> None:
    """Names that are markup or script stand in the page as text: no element, dialog or request."""
    page = opened("hostile")
    assert page.locator("img[src='x']").count() == 0
    assert page.locator("svg[onload]").count() == 0
    assert page.locator("body > img").count() == 0
    assert HOSTILE[0] in page.locator("main").inner_text()
    page.locator("#errors .face").first.click()
    expect(page.get_by_role("dialog").locator(".class").first).to_be_visible()
    assert "\u202e" not in page.locator("body").inner_text()
    assert page.evaluate("document.scripts.length") == 3


def test_policy_stops_script_and_network(browser: object, reports: Callable[[str], Path]) -> None:
    """Even script that got in could not run or fetch: the page's own policy refuses it."""
    page = browser.new_page()
    failures: list[str | None] = []
    arrived: list[str] = []
    page.goto(reports("tiny").as_uri())
    page.on("requestfailed", lambda request: failures.append(request.failure))
    page.on("response", lambda response: arrived.append(response.url))
    ran = page.evaluate(
        """async () => {
            const refused = new Promise((done) => {
                const parts = new Set(); // of the policy
                document.addEventListener('securitypolicyviolation', (event) => {
                    parts.add(event.effectiveDirective.split('-')[0]);
                    if (parts.size === 3) done(); // picture, script and connection
                });
            });
            const holder = document.createElement('div');
            holder.innerHTML = '<img src="http://127.0.0.1:9/x.png" onerror="window.ran = 1">';
            document.body.append(holder);
            const script = document.createElement('script');
            script.textContent = 'window.ran = 2';
            document.body.append(script);
            const fetched = await fetch('http://127.0.0.1:9/').then(() => true, () => false);
            await refused;
            return [window.ran ?? null, fetched];
        }"""
    )
    page.close()
    assert ran == [None, False]
    assert arrived == []
    assert set(failures) <= {"csp"}


def test_dark_follows_the_system_and_the_button(opened: Open) -> None:
    """The page is dark where the system is, and the button turns it over, canvas included."""
    page = opened("digits", color_scheme="dark")
    body, dark, light = page.locator("body"), "rgb(15, 18, 22)", "rgb(252, 252, 251)"
    expect(body).to_have_css("background-color", dark)
    page.get_by_role("button", name="Light").click()
    expect(body).to_have_css("background-color", light)
    page.emulate_media(color_scheme="light")
    expect(body).to_have_css("background-color", light)
    page.get_by_role("button", name="Dark").click()
    expect(body).to_have_css("background-color", dark)


def test_keyboard_alone_reaches_everything(opened: Open) -> None:
    """Tab visits a stop in every section that has something to do, and always shows where it is."""
    page = opened("digits")
    visited: set[str] = set()
    unseen: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => { const a = document.activeElement; const s = getComputedStyle(a);
            if (a === document.body) return null;
            const where = a.closest('section')?.id ?? a.closest('nav, header')?.tagName ?? 'other';
            const own = a.matches('.scopes input') ? getComputedStyle(a.nextElementSibling) : s;
            return [where, a.tagName, own.outlineStyle !== 'none' || a.matches('.skip')]; }"""
        )
        if place is None:
            break
        visited.add(place[0])
        if not place[2]:
            unseen.append(str(place))
    else:
        pytest.fail("Tab never came to the end of the page.")
    assert unseen == []
    expected = {"HEADER", "NAV", "figures", "classes", "confusion", "sensitivity", "reliability"}
    expected |= {"abstention"}
    expected |= {"errors", "suspects", "duplicates", "map", "doctor"}
    assert expected <= visited


def test_arrows_move_within_the_matrix(opened: Open) -> None:
    """The matrix is one stop of the Tab key; arrows go from cell to cell, over empty ones."""
    page = opened("digits")
    assert page.locator(".matrix button[tabindex='0']").count() == 1
    page.locator(".matrix button[tabindex='0']").focus()
    row = page.locator(".matrix tbody tr").nth(1)
    before = page.evaluate("document.activeElement.closest('tr').rowIndex")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == before
    filled = row.locator("button").count()
    assert 1 < filled < 10
    row.locator("button").first.focus()
    for _ in range(filled - 1):
        page.keyboard.press("ArrowRight")
    assert row.locator("button").last.evaluate("button => button === document.activeElement")
    assert page.locator(".matrix button[tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(1)


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("birds", "light"),
        ("digits", "light"),
        ("digits", "dark"),
        ("hostile", "dark"),
        ("many", "light"),
        ("tiny", "dark"),
    ],
)
def test_axe_finds_no_fault(
    browser: object, reports: Callable[[str], Path], name: str, scheme: str
) -> None:
    """No serious or critical fault of accessibility, in the page and in its dialog."""
    # The policy refuses foreign script, axe too: this context alone is told to pass it over.
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(reports(name).as_uri())
    page.wait_for_selector("#reliability svg")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults = serious(page)
    if page.locator("#errors .face").count():
        page.locator("#errors .face").first.click()
        faults += serious(page)
    context.close()
    assert faults == []


def serious(page: Page) -> list[str]:
    """What axe holds to be serious or critical: the rule, and the first element concerned."""
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} ({v['nodes'][0]['failureSummary'][:200]})"
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def test_prints_without_what_only_a_screen_can_do(opened: Open) -> None:
    """On paper the buttons, contents and sliders' frame are gone and the ground is white."""
    page = opened("digits", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert not page.locator(".theme").is_visible()
    assert page.locator("#errors .card").first.is_visible()


def test_file_names_are_copied_as_they_are(opened: Open) -> None:
    """The button puts the names of all listed errors on the clipboard, one a line."""
    page = opened("digits", permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("window.setTimeout = () => 0")  # "Copied" stays
    page.locator("#errors").get_by_role("button", name="Copy").click()
    page.locator("#errors").get_by_role("button", name="Copied").wait_for()
    page.evaluate(
        """() => { const t = document.createElement('textarea'); t.id = 'paste';
        document.body.append(t); t.focus(); }"""
    )
    page.keyboard.press("Control+V")
    expect(page.locator("#paste")).not_to_have_value("")
    pasted = page.locator("#paste").input_value().splitlines()
    assert len(pasted) > 3
    assert all(name.startswith("digits/") for name in pasted)


def test_without_script_the_result_is_still_said(
    browser: object, reports: Callable[[str], Path]
) -> None:
    """Where JavaScript is off the headline stands alone."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(reports("hostile").as_uri())
    text = page.locator("body").inner_text()
    context.close()
    assert "Right on 95.0\u00a0% of 120 pictures" in text


def test_an_exam_stands_under_the_model_that_sat_it(opened: Open) -> None:
    """Its figure is said of the model examined; a report without exams has no line on them."""
    page = opened("pairs")
    line = page.locator("#conditions .facts > div", has_text="Final exam").inner_text()
    assert "model 986a5c2e had a test accuracy of 91" in line
    assert "of another model" in line
    assert opened("tiny").locator("#conditions dt", has_text="Final exam").count() == 0


def test_threshold_is_the_readers(opened: Open) -> None:
    """At 50 % the sensitivity is the class's recall; a lower threshold finds all, by the data."""
    page = opened("pairs")
    review = two_classes()
    rarer = review.classes.index(review.estimate.positive)
    section = page.locator("#sensitivity")
    called = review.probabilities[:, rarer] >= 0.5
    own = review.labels == rarer
    cells = section.locator(".two .count")
    assert [int(n) for n in cells.all_inner_texts()] == [
        (called & own).sum(), (~called & own).sum(), (called & ~own).sum(), (~called & ~own).sum()
    ]  # fmt: skip
    expect(section.locator("svg.plot circle")).to_have_count(2)
    before = section.locator("svg.plot circle").first.get_attribute("cx")
    section.get_by_role("button", name="99").first.click()
    least = float(section.locator(".operating .strong").first.inner_text().split()[0])
    assert least >= 99
    section.get_by_label("Threshold", exact=True).focus()
    page.keyboard.press("End")
    assert cells.nth(1).inner_text() == cells.nth(3).inner_text() == "0"
    assert section.locator("svg.plot circle").first.get_attribute("cx") != before
    expect(section.locator(".operating")).to_contain_text("nothing to count")
    assert section.locator("#threshold").get_attribute("aria-valuetext").startswith("Called “")


def saved(page: Page, section: str, words: str) -> list[list[str]]:
    """The rows of a list that a button saves, its byte order mark seen and taken off."""
    with page.expect_download() as download:
        page.locator(section).get_by_role("button", name=words).click()
    text = Path(download.value.path()).read_bytes().decode("utf-8")
    assert text[0] == "\ufeff"
    assert download.value.suggested_filename.endswith(".csv")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_lists_are_saved_as_spreadsheets_take_them(opened: Open) -> None:
    """Errors, answers, suspects, thresholds and what is left to a person: as in the review."""
    page = opened("digits")
    review = digits()
    head, *rows = saved(page, "#errors", "Errors as CSV")
    wrong = np.flatnonzero(~review.right & review.held_out)
    assert {row[0] for row in rows} == {review.items[i].path for i in wrong}
    assert {row[head.index("population")] for row in rows} == {"149 held-out test pictures"}
    given = [float(row[head.index("probability_of_label")]) for row in rows]
    assert given == sorted(given)
    _, *rows = saved(page, "#map", "answers as CSV")
    assert [row[0] for row in rows] == [item.path for item in review.items]
    head, *rows = saved(page, "#suspects", "Suspect labels as CSV")
    assert len(rows) == int(page.locator("nav a[href='#suspects'] .figure").inner_text())
    head, *rows = saved(page, "#sensitivity", "Thresholds as CSV")
    assert [row[head.index("threshold")] for row in rows].count("0.5") == 1
    head, *rows = saved(page, "#abstention", "Left to a person")
    left = int(re.search(r"(\d+) of 149 are left", page.locator("#abstention").inner_text())[1])
    assert len(rows) == left


def test_no_cell_is_a_formula(opened: Open) -> None:
    """Names that a spreadsheet would compute are saved as text; commas stay in their cell."""
    page = opened("birds")
    head, *rows = saved(page, "#map", "answers as CSV")
    assert {len(row) for row in rows} == {len(head)}
    cells = [cell for row in rows for cell in row]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert any('"' in cell and "," in cell for cell in cells)
    assert not [c for c in cells if re.match(r"\s*[=+@-]", c)]


def test_pictures_are_looked_into_and_compared(opened: Open) -> None:
    """Wheel and keys zoom about the pointer, a neighbour stands beside, both move together."""
    page = opened("digits")
    page.locator("#errors .face").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("nearest to it:")
    images = dialog.locator(".pictures img")
    expect(images).to_have_count(1)
    zoom = dialog.locator(".zoom output")
    expect(zoom).to_have_text("100\u00a0%")
    images.first.hover(position={"x": 40, "y": 40})
    page.mouse.wheel(0, -600)
    assert int(zoom.inner_text().split()[0]) > 200
    inside, frame = images.first.bounding_box(), dialog.locator(".zoomable").first.bounding_box()
    assert inside["x"] <= frame["x"]
    assert inside["x"] + inside["width"] >= frame["x"] + frame["width"]
    page.keyboard.press("0")
    expect(zoom).to_have_text("100\u00a0%")
    dialog.locator(".large-strip .neighbour").first.click()
    expect(images).to_have_count(2)
    page.keyboard.press("+")
    looks = images.evaluate_all("all => all.map(one => one.style.transform)")
    assert looks[0] == looks[1] != "scale(1) translate(0%, 0%)"
    dialog.get_by_role("button", name="Open it").click()
    dialog.get_by_role("button", name="Back").click()
    expect(dialog.locator(".note", has_text="errors: 1 of")).to_have_count(1)


def test_slices_are_by_the_tables_columns(opened: Open) -> None:
    """The camera that fails is named with its column; what was not looked at is named too."""
    section = opened("birds").locator("#slices")
    expect(section.locator("tbody tr").first).to_contain_text("camera north")
    expect(section).to_contain_text("Looked at by")
    expect(section).to_contain_text("ring (400 different values)")


def test_one_class_alone_says_that_nothing_is_told_apart(opened: Open) -> None:
    """A test split of one class has no curve, and says why; the rest of the page stands."""
    page = opened("lonely")
    expect(page.locator("#sensitivity .nothing")).to_contain_text("of one class")
    assert page.locator(".population").first.inner_text() == "1 held-out test picture"
    page.get_by_role("radio", name="Left out in turn").check()
    expect(page.locator("#sensitivity .two")).to_have_count(1)


def test_weight_and_pictures_left_out_are_said(opened: Open) -> None:
    """The footer says what the page weighs and how many pictures are in it."""
    words = opened("digits").locator("footer").inner_text()
    assert re.search(r"weighs \d\.\d MB\. Pictures of 600 of 600 pictures are in it", words)


def test_new_series_lead_and_warnings_stand_beside_the_figure(opened: Open) -> None:
    """The first sentence is of new series, with the reason; the table's first row says the same."""
    page = opened("birds")
    expected = f"{birds().blocked.estimate.accuracy.value * 100:.1f}\u00a0%"
    assert page.locator("h1 .big").inner_text() == expected
    assert "from series it had not learned from" in page.locator("h1").inner_text()
    expect(page.locator(".hero")).to_contain_text("resemble each other")
    expect(page.locator(".hero")).to_contain_text("neighbours from the same series")
    expect(page.locator(".warnings li")).to_have_count(1)
    row = page.locator("#figures tbody tr").first
    expect(row).to_contain_text("Runs of 20 pictures neighbouring in file names, 20 runs")
    expect(row.locator(".strong")).to_have_text(expected)
