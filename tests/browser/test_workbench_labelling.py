"""Labelling in a real Chromium: by keys, in the grid, with the lasso, and taking it all back."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sklearn.datasets import load_digits

from tests.browser.conftest import NUM_DIGITS
from tests.browser.desk import PHONE, Desk, ready, saved, type_class

pytestmark = pytest.mark.browser


def lasso_all(page: Page) -> None:
    """Draw around everything, with Shift held."""
    box = page.locator("canvas.over").bounding_box()
    assert box is not None
    left, top = box["x"] + 2, box["y"] + 2
    right, bottom = box["x"] + box["width"] - 2, box["y"] + box["height"] - 2
    page.keyboard.down("Shift")
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    page.mouse.move(box["x"] + box["width"] + 200, top)


def test_labels_by_keys_are_on_the_disk_once_saved(desk: Desk) -> None:
    """Two classes are typed, then pressed; what the page calls saved stands in the ledger."""
    page = desk.open()
    expect(page.locator(".first-class")).to_be_visible()
    type_class(page, "round")
    type_class(page, "straight")
    expect(page.locator(".class-key .class")).to_have_text(["round", "straight"])
    for key in "1212":
        page.keyboard.press(key)
    saved(page)
    assert sorted(desk.ledger().labels.values()) == ["round"] * 3 + ["straight"] * 3
    expect(page.locator(".tile.done")).to_have_count(6)
    expect(page.locator(".far b")).to_have_text("6")
    expect(page.locator(".first-class")).to_have_count(0)


def test_asking_anew_does_not_pass_over_the_audit(desk: Desk) -> None:
    """With a model the blind questions come first, so that the meter measures from early on."""
    page = desk.open()
    for name in ("round", "straight") * 4:
        type_class(page, name)
    ready(page)
    page.get_by_role("button", name="Questions").click()
    page.locator(".row .confirm").first.wait_for()
    expect(page.locator(".row-head").first).to_contain_text("Without a hint")
    expect(page.locator(".tile.current .says")).to_have_text("no hint")


def test_every_answer_has_its_key(desk: Desk) -> None:
    """Space, X, F and Enter say unsure, not this, flag and accepted; each can be undone."""
    page = desk.open()
    for name in ("round", "straight") * 4:
        type_class(page, name)
    ready(page)
    page.get_by_role("button", name="Questions").click()
    page.locator(".row .confirm").first.wait_for()
    page.locator(".row", has=page.locator(".confirm")).first.locator(".tile").first.click()
    before = len(desk.ledger().labels)
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    page.keyboard.press("Space")
    page.keyboard.press("f")
    saved(page)
    state = desk.ledger()
    assert len(state.labels) == before + 2  # of two classes, "not this" is the other
    assert sum(verdict.label is None for verdict in state.verdicts.values()) == 1
    assert len(state.flags) == 1
    for _ in range(4):
        page.keyboard.press("Control+z")
    saved(page)
    state = desk.ledger()
    assert len(state.labels) == before
    assert state.flags == {}


def test_grid_labels_what_is_chosen_in_one_gesture(desk: Desk) -> None:
    """Ctrl and click chooses three pictures, a key labels them, one undo takes all three back."""
    page = desk.open()
    type_class(page, "zero")
    type_class(page, "one")
    saved(page)
    for place in (5, 7, 9):
        page.locator(".tile").nth(place).click(modifiers=["Control"])
    expect(page.locator(".chosen strong")).to_have_text("3 pictures chosen")
    page.keyboard.press("2")
    saved(page)
    assert sorted(desk.ledger().labels.values()) == ["one"] * 4 + ["zero"]
    page.keyboard.press("Backspace")
    saved(page)
    assert sorted(desk.ledger().labels.values()) == ["one", "zero"]
    page.keyboard.press("Control+Shift+Z")
    saved(page)
    assert len(desk.ledger().labels) == 5


def test_row_is_confirmed_with_one_key(desk: Desk) -> None:
    """Shift and Enter gives a row of predictions their class, as one gesture."""
    page = desk.open()
    for name in ("round", "straight") * 4:
        type_class(page, name)
    ready(page)
    page.get_by_role("button", name="Questions").click()
    page.locator(".row .confirm").first.wait_for()
    before = len(desk.ledger().labels)
    row = page.locator(".row", has=page.locator(".confirm")).first
    tiles = row.locator(".tile").count()
    row.locator(".tile").first.click()
    page.keyboard.press("Shift+Enter")
    saved(page)
    assert len(desk.ledger().labels) == before + tiles
    undo_to(before, page, desk)


def test_lasso_over_everything_is_one_gesture(desk: Desk) -> None:
    """400 items inside the lasso take one key, one undo, one redo."""
    page = desk.open()
    type_class(page, "digit")
    lasso_all(page)
    expect(page.locator(".chosen strong")).to_have_text(f"{NUM_DIGITS} pictures in the lasso")
    assert page.evaluate("document.activeElement.closest('.work') !== null")
    page.keyboard.press("1")
    saved(page)
    assert len(desk.ledger().labels) == NUM_DIGITS
    expect(page.locator(".far b")).to_have_text(str(NUM_DIGITS))
    page.keyboard.press("Backspace")
    saved(page)
    assert len(desk.ledger().labels) == 1
    expect(page.locator(".far b")).to_have_text("1")
    page.keyboard.press("Control+Shift+Z")
    saved(page)
    assert len(desk.ledger().labels) == NUM_DIGITS


def test_lasso_leaves_out_what_is_clicked(desk: Desk) -> None:
    """A picture that is clicked among those drawn around keeps what it had."""
    page = desk.open()
    lasso_all(page)
    page.locator(".tile").nth(3).click()
    expect(page.locator(".chosen strong")).to_have_text(f"{NUM_DIGITS - 1} pictures in the lasso")
    type_class(page, "digit")
    saved(page)
    assert len(desk.ledger().labels) == NUM_DIGITS - 1


def test_lasso_is_looked_at_singly(desk: Desk) -> None:
    """A few pictures of a lasso come again among the questions; one that is not opens it."""
    page = desk.open()
    for name in ("round", "straight"):
        type_class(page, name)
    lasso_all(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")  # the one that is straight keeps its label
    saved(page)
    rail = page.locator(".lassos")
    expect(rail).to_contain_text("5 pictures to be asked one at a time.")
    page.locator(".kinds button").first.click()
    again = page.locator(".row", has_text="Asked again").locator(".tile")
    again.first.wait_for()
    again.first.click()
    page.keyboard.press("2")
    saved(page)
    expect(rail).to_contain_text("1 of 1 asked one at a time is something else: look through it.")
    rail.get_by_role("button").click()
    expect(page.locator(".chosen strong")).to_contain_text("A lasso said round")
    expect(page.locator(".tile").nth(5)).to_be_visible()


def test_class_comes_late(desk: Desk) -> None:
    """A third class, named after a model was there, gets the next key, colour and bar at once."""
    page = desk.open()
    for name in ("round", "straight") * 3:
        type_class(page, name)
    ready(page)
    type_class(page, "crossed")
    expect(page.locator(".class-key .class")).to_have_text(["round", "straight", "crossed"])
    page.keyboard.press("3")
    ready(page)
    expect(page.locator(".per-class .class")).to_have_text(["round", "straight", "crossed"])
    assert sorted(desk.ledger().labels.values()).count("crossed") == 2


def test_typing_completes_and_keys_rest(desk: Desk) -> None:
    """Part of a name finds the class; digits typed there are letters; Escape leaves."""
    page = desk.open()
    type_class(page, "type 1")
    page.keyboard.press("/")
    page.keyboard.type("ty")
    expect(page.locator(".offers li").first).to_have_text("type 1")
    expect(page.locator(".type-field")).to_have_attribute("aria-activedescendant", "offer-0")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("1")
    page.keyboard.press("Escape")
    saved(page)
    assert list(desk.ledger().labels.values()) == ["type 1"]


def test_focus_goes_from_picture_to_picture(desk: Desk) -> None:
    """One large picture at a time: a key labels it, the next one stands there, arrows go back."""
    page = desk.open()
    type_class(page, "zero")
    page.keyboard.press("g")
    stage = page.locator(".stage img")
    first = stage.get_attribute("src")
    page.keyboard.press("1")
    expect(stage).not_to_have_attribute("src", first or "")
    assert stage.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.keyboard.press("ArrowLeft")
    expect(stage).to_have_attribute("src", first or "")
    expect(page.locator(".stage-words .verdict")).to_have_text("zero")
    page.keyboard.press("Backspace")
    expect(page.locator(".stage-words .verdict")).to_have_count(0)
    expect(page.locator(".recent li")).to_have_count(1)


def test_answers_go_on_past_one_screen_of_questions(desk: Desk) -> None:
    """After 24 answers the next questions stand there by themselves, and none comes twice."""
    page = desk.open()
    type_class(page, "even")
    for place in range(40):
        page.locator(".tile:not(.done)").first.wait_for()
        page.keyboard.press("1" if place % 2 else "Space")
    saved(page)
    assert len(desk.ledger().verdicts) == 41


def test_similar_pictures_and_parted_map(desk: Desk) -> None:
    """S gathers what is alike; P turns the map so that two classes part, and back."""
    page = desk.open()
    for name in ("round", "straight") * 3:
        type_class(page, name)
    ready(page)
    page.keyboard.press("s")
    expect(page.locator(".chosen strong")).to_contain_text("Most like")
    expect(page.locator(".tile")).to_have_count(25)
    page.keyboard.press("p")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".map-head h2")).to_have_text("Parted: round | straight")
    page.keyboard.press("p")
    expect(page.locator(".map-head h2")).to_have_text(f"All {NUM_DIGITS}")
    page.keyboard.press("Escape")
    expect(page.locator(".chosen")).to_have_count(0)


def test_classes_are_renamed_and_merged(desk: Desk) -> None:
    """A new name shows everywhere; a merge leaves one class; undo brings the other back."""
    page = desk.open()
    for name in ("zero", "oh"):
        type_class(page, name)
    saved(page)
    page.get_by_role("button", name="Rename, merge").click()
    page.get_by_label("New name of oh").fill("o")
    page.locator(".class-edits li").nth(1).get_by_role("button", name="Rename").click()
    expect(page.locator(".class-key .class").nth(1)).to_have_text("o")
    page.get_by_role("button", name="Rename, merge").click()
    page.get_by_label("Merge o into").select_option("zero")
    expect(page.locator(".class-key")).to_have_count(1)
    assert list(desk.ledger().labels.values()) == ["zero", "zero"]
    page.keyboard.press("Control+z")
    expect(page.locator(".class-key")).to_have_count(2)
    expect(page.locator(".tile.done")).to_have_count(2)  # of the labels, nothing was taken back
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator(".class-key")).to_have_count(1)
    for left in (2, 2, 1, 0):  # merge, rename, and the two labels
        page.keyboard.press("Control+z")
        saved(page)
        expect(page.locator(".tile.done")).to_have_count(left)
    assert desk.ledger().labels == {}
    expect(page.locator(".tile.done")).to_have_count(0)


def test_suggestions_follow_a_renamed_class(desk: Desk) -> None:
    """No suggestion brings the old name back: it gets the new one, or goes if ann renamed it."""
    page, other = desk.open(), desk.open("/?as=ben")
    for name in ("round", "straight") * 4:
        type_class(page, name)
    ready(page)
    for one in (page, other):
        one.get_by_role("button", name="Questions").click()
        one.locator(".row .confirm").first.wait_for()
    page.get_by_role("button", name="Rename, merge").click()
    page.get_by_label("New name of round").fill("curved")
    page.locator(".class-edits li").first.get_by_role("button", name="Rename").click()
    page.get_by_role("button", name="Rename, merge").click()
    page.get_by_label("New name of straight").fill("upright")
    page.locator(".class-edits li").nth(1).get_by_role("button", name="Rename").click()
    for one in (page, other):
        expect(one.locator(".class-key .class")).to_have_text(["curved", "upright"])
        one.locator(".tile", has=one.locator(".says:not(.blind)")).or_(
            one.locator(".tile").last
        ).first.click()
        one.keyboard.press("Enter")
        one.keyboard.press("Shift+Enter")
    for one in (page, other):
        ready(one)
    other.get_by_role("button", name="Questions").click()
    other.locator(".row-head", has_text="curved").wait_for()
    other.locator(".row", has_text="curved").locator(".tile").first.click()
    other.keyboard.press("Enter")
    for one in (page, other):
        saved(one)
    assert desk.ledger().classes == ("curved", "upright")
    assert len(desk.ledger().labels) > 9


def undo_to(count: int, page: Page, desk: Desk) -> None:
    """Undo once: so many labels are left on the disk."""
    page.keyboard.press("Backspace")
    saved(page)
    assert len(desk.ledger().labels) == count


def choose_one_of_each_row(page: Page) -> None:
    """Ctrl and click on the first picture of the first two rows that have a suggestion."""
    rows = page.locator(".row", has=page.locator(".confirm"))
    for row in (0, 1):
        rows.nth(row).locator(".tile").first.click(modifiers=["Control"])


def test_enter_and_x_mean_the_whole_selection(desk: Desk) -> None:
    """Suggestions of several classes are accepted, or refused, in one gesture, in a lasso too."""
    page = desk.open()
    digits = load_digits().target
    for _ in range(8):  # until both classes are suggested: which pictures are asked varies
        for _ in range(8):
            name = page.locator(".tile.current").get_attribute("title") or ""
            type_class(page, "zero to four" if digits[int(Path(name).stem)] < 5 else "five to nine")
        ready(page)
        page.get_by_role("button", name="Questions").click()
        expect(page.locator(".tile.done")).to_have_count(0)
        if page.locator(".row .confirm").count() > 1:
            break
    before = len(desk.ledger().labels)
    for key in ("Enter", "x"):
        choose_one_of_each_row(page)
        page.keyboard.press(key)
        saved(page)
        assert len(desk.ledger().labels) == before + 2
        undo_to(before, page, desk)
        expect(page.locator(".tile.done")).to_have_count(0)
    lasso_all(page)
    page.keyboard.press("Enter")
    saved(page)
    assert len(desk.ledger().labels) > NUM_DIGITS / 2
    undo_to(before, page, desk)


def test_own_suspects_are_not_called_audit(desk: Desk) -> None:
    """What is asked again without a hint stands under a heading that says what it is."""
    page = desk.open()
    type_class(page, "zero")
    saved(page)
    pick = {"item": 7, "reason": "asked again", "blind": True, "again": True, "probability": None}
    pick |= {"suggestion": None, "given": None, "against": [], "votes": {}}
    found = {"kind": "suspects", "picks": [pick]}
    page.route("**/api/queue?kind=suspects*", lambda route: route.fulfill(json=found))
    page.get_by_role("button", name="Suspects").click()
    expect(page.locator(".row-head")).to_contain_text("Asked again")
    expect(page.locator(".row-head")).not_to_contain_text("audit")
    page.keyboard.press("1")
    saved(page)
    assert [event.source for event in desk.ledger().answers("0007.png")] == ["reask"]


def test_flag_can_be_undone_and_done_again(desk: Desk) -> None:
    """Undo, redo and undo of a flag concern the flag each time, and never a label."""
    page = desk.open()
    type_class(page, "zero")
    page.keyboard.press("f")
    expect(page.locator(".tile.flagged")).to_have_count(1)
    for key, flags in (("Control+z", 0), ("Control+Shift+Z", 1), ("Control+z", 0)):
        page.keyboard.press(key)
        expect(page.locator(".tile.flagged")).to_have_count(flags)
        saved(page)
        assert len(desk.ledger().flags) == flags
        expect(page.locator(".tile.done")).to_have_count(1)


def test_phone_labels_by_touch(desk: Desk) -> None:
    """On a phone one large picture, buttons for the classes, and nothing to scroll sideways."""
    page = desk.open(**PHONE)
    page.locator(".type-field").fill("zero")
    page.locator(".type-field").press("Enter")
    page.locator(".class-key").tap()
    saved(page)
    assert len(desk.ledger().labels) == 2
    page.locator(".hint-undo").tap()
    saved(page)
    assert len(desk.ledger().labels) == 1
    for view in ("Map", "Meter", "Export", "Label"):
        page.get_by_role("button", name=view, exact=True).tap()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_key_in_a_hurry_falls_on_no_answered_picture(desk: Desk) -> None:
    """While the next questions are on their way, a class key does nothing to the last one."""
    page = desk.open()
    type_class(page, "zero")
    type_class(page, "one")
    page.route("**/api/queue?*", lambda _route: None)
    left = page.locator(".tile:not(.done)").count()
    for _ in range(left):
        page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("2")
    expect(page.locator(".empties .nothing")).to_contain_text("Choosing what to ask next")
    saved(page)
    assert Counter(desk.ledger().labels.values()) == {"zero": left + 1, "one": 1}
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("2")
    saved(page)
    assert Counter(desk.ledger().labels.values()) == {"zero": left, "one": 2}
