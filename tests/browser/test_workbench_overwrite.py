"""Labels that are there are changed only when a person says so, in a real Chromium."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NUM_DIGITS
from tests.browser.desk import PHONE, Desk, saved, taught, type_class
from tests.browser.test_workbench_labelling import lasso_all

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("HANDFUL_SHOTS")  # a folder: what the page shows is kept there to look at


def shot(page: Page, name: str) -> None:
    """Keep a picture of the page, where somebody wants to look at it."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def errors(page: Page) -> str:
    """Open the labels that the model contradicts; the class that its first row would change to."""
    page.get_by_role("button", name="Errors", exact=True).click()
    button = page.locator(".confirm", has_text="Change")
    button.first.wait_for()
    page.locator(".row", has=button).first.locator(".tile").first.click()
    return page.locator(".row", has=button).first.locator(".row-head .class").inner_text()


def test_enter_keeps_a_label_that_the_model_contradicts(desk: Desk) -> None:
    """In Errors, Enter and X keep the label, and a class key changes one; the row's key asks."""
    page = desk.open()
    taught(page, rounds=8)
    before = dict(desk.ledger().labels)
    says = errors(page)
    given = page.locator(".tile.current .given b").inner_text()
    assert {given, says} == {"round", "straight"}
    shot(page, "errors")
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    saved(page)
    assert before == dict(desk.ledger().labels)

    page.keyboard.press("Shift+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    shot(page, "errors-dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Enter")  # the first choice is to keep
    expect(dialog).to_have_count(0)
    assert before == dict(desk.ledger().labels)

    page.keyboard.press("Shift+Enter")
    agree = dialog.get_by_role("button", name="Change")
    number = int(agree.inner_text().split()[1])
    assert f"Change {number} label{'s' * (number != 1)} to {says}" == agree.inner_text()
    agree.click()
    saved(page)
    after = dict(desk.ledger().labels)
    assert number == sum(after[path] != name for path, name in before.items())


def test_a_lasso_leaves_what_was_labelled_singly(desk: Desk) -> None:
    """A key over a lasso says how many have which label, and changes them only when told to."""
    page = desk.open()
    for name in ("round", "straight", "round"):
        type_class(page, name)
    page.keyboard.press("Space")
    saved(page)
    before = dict(desk.ledger().labels)
    assert {"round": 2, "straight": 1} == Counter(before.values())
    lasso_all(page)
    expect(page.locator(".chosen .note")).to_contain_text("round 2, straight 1, unsure 1")
    shot(page, "lasso")
    page.keyboard.press("2")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("round 2, unsure 1")
    shot(page, "lasso-dialog")
    page.keyboard.press("Enter")
    saved(page)
    state = desk.ledger()
    assert before == {path: state.labels[path] for path in before}
    assert NUM_DIGITS - 1 == len(state.labels)
    page.keyboard.press("Backspace")
    saved(page)
    assert before == dict(desk.ledger().labels)

    lasso_all(page)
    page.keyboard.press("2")
    dialog.get_by_role("button", name="too").click()
    saved(page)
    assert {"straight": NUM_DIGITS} == Counter(desk.ledger().labels.values())
    page.keyboard.press("Backspace")
    saved(page)
    assert before == dict(desk.ledger().labels)


def test_the_question_fits_a_phone(desk: Desk) -> None:
    """On a narrow screen the choices stand below each other and none is cut off."""
    page = desk.open(**PHONE)
    taught(page, rounds=8)
    page.keyboard.press("g")
    errors(page)
    page.keyboard.press("Shift+Enter")
    page.get_by_role("dialog").wait_for()
    shot(page, "phone-dialog")
    for button in page.get_by_role("dialog").get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
