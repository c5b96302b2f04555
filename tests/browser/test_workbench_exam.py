"""The final exam in the page: begun, left, gone on with, undone, and what it comes to."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.browser.desk import PHONE, Desk, saved, taught
from tests.browser.test_workbench_page import AXE, serious

pytestmark = pytest.mark.browser


def examined(desk: Desk) -> Page:
    """Enough labels of two classes for a model, and its exam begun."""
    page = desk.open()
    taught(page, rounds=6)
    page.get_by_role("button", name="Begin the exam").click()
    page.locator(".chosen", has_text="Final exam").wait_for()
    return page


def answered(page: Page) -> tuple[int, int]:
    """How many questions of the exam are answered, of how many."""
    found = re.search(r"(\d+) of (\d+) answered", page.locator(".chosen").inner_text())
    assert found is not None
    return int(found[1]), int(found[2])


def sit(page: Page, n: int) -> None:
    """Answer `n` questions with the first class."""
    for _ in range(n):
        page.locator(".tile.current:not(.done)").wait_for()
        page.keyboard.press("1")
    saved(page)


def test_an_exam_is_left_gone_on_with_and_over(desk: Desk) -> None:
    """No hints and no other questions in it; it outlasts a restart; then the figure stands."""
    page = examined(desk)
    expect(page.locator(".tile .says:not(.blind)")).to_have_count(0)
    expect(page.locator(".row-head")).to_have_count(0)
    _, questions = answered(page)
    assert 60 <= questions <= 80
    sit(page, 5)
    expect(page.locator(".chosen")).to_contain_text(f"5 of {questions} answered")
    page.keyboard.press("Escape")
    expect(page.locator(".chosen")).to_have_count(0)
    expect(page.locator(".exam")).to_contain_text(f"5 of {questions} answers")
    page.close()
    desk.kill()
    desk.start()
    page = desk.open()
    page.locator(".exam").get_by_role("button", name="Go on").click()
    page.locator(".chosen", has_text="Final exam").wait_for()
    assert answered(page) == (5, questions)
    sit(page, questions - 5)
    page.locator(".nothing", has_text="The exam is over").wait_for()
    expect(page.locator(".exam h3")).to_have_text("Test accuracy")
    expect(page.locator(".exam")).to_contain_text(f"{questions} answers")
    state = desk.ledger()
    assert questions == len(state.exam_answers(state.exams[0]))
    page.keyboard.press("Backspace")
    saved(page)
    expect(page.locator(".exam h3")).to_have_text("Final exam")
    page.locator(".tile.current:not(.done)").wait_for()
    page.keyboard.press("2")
    saved(page)
    expect(page.locator(".exam h3")).to_have_text("Test accuracy")
    page.get_by_role("button", name="Export", exact=True).click()
    card = page.locator(".export-card", has_text="Model of the exam")
    expect(card).to_contain_text("Test accuracy")
    with page.expect_download() as taken:
        card.get_by_role("link").click()
    assert "examined.handful" == taken.value.suggested_filename


def test_an_exam_asks_nothing_twice(desk: Desk) -> None:
    """Answers that are still on their way after two batches of questions: each is asked once."""
    page = examined(desk)
    _, questions = answered(page)
    held: list[Route] = []
    page.route("**/api/gestures", lambda route: held.append(route), times=1)
    came: list[Response] = []
    page.on("response", lambda response: came.append(response))
    for _ in range(50):
        page.locator(".tile.current:not(.done)").wait_for()
        page.keyboard.press("1")
    held[0].continue_()
    sit(page, questions - 50)
    page.locator(".nothing", has_text="The exam is over").wait_for(timeout=30_000)
    batches = [one.json()["picks"] for one in came if "kind=exam" in one.url]
    items = [pick["item"] for batch in batches for pick in batch]
    assert len(items) == len(set(items)) == questions - 24


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_exam_is_for_everybody(desk: Desk, theme: str) -> None:
    """Axe finds nothing serious in the exam, light or dark; on a phone it can be gone on with."""
    page = examined(desk)
    page.emulate_media(color_scheme=theme)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert serious(page) == []
    phone = desk.open(**PHONE, color_scheme=theme)
    phone.get_by_role("button", name="Meter", exact=True).tap()
    phone.locator(".exam").get_by_role("button", name="Go on").tap()
    expect(phone.locator(".chosen")).to_contain_text("Final exam")
    wide = phone.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
