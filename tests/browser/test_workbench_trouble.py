"""The workbench when things go wrong: killed, offline, full disks, lost pictures, two people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from handful.labels.ledger import Ledger
from tests.browser.desk import Desk, ready, saved, taught, type_class

pytestmark = pytest.mark.browser
FULL = {
    "what": "the ledger cannot be written.",
    "found": "ledger.sqlite (database or disk is full)",
    "expected": "room on the disk",
    "attempt": "make room; nothing that was saved is lost",
}


def answer(status: int) -> object:
    """A handler of requests that refuses each with the four lines."""

    def handle(route: Route) -> None:
        route.fulfill(
            status=status, body=json.dumps({"error": FULL}), content_type="application/json"
        )

    return handle


def test_reload_goes_on_where_it_was(desk: Desk) -> None:
    """After a reload the labels, the classes and the way back are there."""
    page = desk.open()
    type_class(page, "zero")
    type_class(page, "one")
    saved(page)
    page.reload()
    page.locator(".tile").first.wait_for()
    expect(page.locator(".class-key .class")).to_have_text(["zero", "one"])
    expect(page.locator(".far b")).to_have_text("2")
    page.keyboard.press("Backspace")
    expect(page.locator(".far b")).to_have_text("1")
    expect(page.locator(".chosen strong")).to_have_text("Undone")
    assert list(desk.ledger().labels.values()) == ["zero"]


def test_an_answer_that_events_overtook_changes_nothing(desk: Desk) -> None:
    """The model has learned a label before its answer arrives: the page does not step back."""
    page = desk.open()
    taught(page)
    chip = page.locator(".chip")
    before = chip.inner_text().split(" · ")[0]
    held: list[tuple[Route, Any]] = []
    page.route("**/api/gestures", lambda route: held.append((route, route.fetch().json())))
    page.keyboard.press("1")
    expect(chip).not_to_contain_text(f"{before} ")
    expect(chip).to_contain_text("up to date")
    for route, answer in held:
        answer["session"]["model"]["labels_behind"] = 1  # as if it had come before the fit
        route.fulfill(json=answer)
    saved(page)  # which it says in the moment in which it takes the answer in
    assert "up to date" in chip.inner_text()


def test_reload_before_the_answer_sends_again_once(desk: Desk) -> None:
    """Labels that never reached the server wait in the browser and are there once afterwards."""
    desk.forgiving = True
    page = desk.open()
    page.route("**/api/gestures", lambda route: route.abort())
    type_class(page, "zero")
    page.keyboard.press("1")
    page.keyboard.press("1")
    expect(page.locator(".saved.waiting")).to_contain_text("3")
    page.reload()
    expect(page.locator(".saved.waiting")).to_contain_text("3")
    page.unroute("**/api/gestures")
    saved(page)
    assert list(desk.ledger().labels.values()) == ["zero"] * 3


def test_reload_outruns_no_label(desk: Desk) -> None:
    """The browser's database has not answered yet when the page is left: nothing is lost."""
    page = desk.open()
    type_class(page, "zero")
    saved(page)
    page.evaluate("() => { IDBObjectStore.prototype.add = () => ({}); }")
    page.keyboard.press("1")
    page.keyboard.press("1")
    expect(page.locator(".saved.waiting")).to_contain_text("2")
    page.reload()
    saved(page)
    assert list(desk.ledger().labels.values()) == ["zero"] * 3
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.includes('outbox'))") == []


def test_kill_and_restart_loses_and_doubles_nothing(desk: Desk) -> None:
    """Killed amid labels, started again: the same page goes on, all labels are there once."""
    page = desk.open()
    desk.forgiving = True
    type_class(page, "zero")
    for _ in range(6):
        page.keyboard.press("1")
    desk.kill()
    for _ in range(4):
        page.keyboard.press("1")
    expect(page.locator(".notice.warn")).to_contain_text("does not answer")
    expect(page.locator(".saved.waiting")).to_contain_text("not saved yet")
    desk.start()
    saved(page)
    expect(page.locator(".notice.warn")).to_have_count(0)
    state = desk.ledger()
    assert len(state.labels) == 11
    expect(page.locator(".tile.done")).to_have_count(11)
    page.keyboard.press("1")
    saved(page)
    assert len(desk.ledger().labels) == 12


# Presses 1 and 2 in turn, as fast as a key repeats, until `rest` presses are left; `made` counts.
BURST = """() => {
    [window.made, window.rest] = [0, Infinity];
    void (async () => {
        while (window.rest-- > 0) {
            const key = String(1 + (window.made % 2));
            const press = { key, code: `Digit${key}`, bubbles: true };
            document.getElementById('work').dispatchEvent(new KeyboardEvent('keydown', press));
            window.made += 1;
            await new Promise((done) => setTimeout(done, 5));
        }
    })();
}"""
SAVED = """() => {
    const words = document.querySelector('.saved')?.textContent ?? '0';
    return window.made - Number(words.replace(/[^0-9]/g, ''));
}"""


def test_killed_in_a_burst_of_keys_in_two_browsers(desk: Desk) -> None:
    """What a page called saved is on the disk; started again, all labels are there once."""
    pages = {by: desk.open(f"/?as={by}") for by in ("ann", "ben")}
    for name in ("zero", "one"):
        type_class(pages["ann"], name)
    saved(pages["ann"])
    desk.forgiving = True
    for page in pages.values():
        expect(page.locator(".class-key")).to_have_count(2)
        page.locator(".class-row").first.click()
        expect(page.locator(".chosen strong")).to_have_text("Labelled zero")
    for page in pages.values():
        page.evaluate(BURST)
    for page in pages.values():
        page.wait_for_function("() => window.made > 200")
    desk.kill()
    for by, page in pages.items():
        assert page.evaluate(SAVED) <= len(given_by(desk, by))
        page.evaluate("window.rest = 200")
    for page in pages.values():
        page.wait_for_function("() => window.rest < 0")
    desk.start()
    for by, page in pages.items():
        saved(page)
        gestures = given_by(desk, by)
        assert len(gestures) == len(set(gestures)) == page.evaluate("window.made")


def given_by(desk: Desk, by: str) -> list[str]:
    """The gesture of each label that somebody gave by a key of the burst."""
    with Ledger(desk.folder / ".handful" / "ledger.sqlite", read_only=True) as ledger:
        typed = 2 if by == "ann" else 0
        labels = [e.gesture for e in ledger.events() if e.kind == "label" and e.annotator == by]
        return labels[typed:]


def test_offline_labels_wait_and_are_sent(desk: Desk) -> None:
    """Without a connection labelling goes on, says so, and catches up by itself."""
    page = desk.open()
    type_class(page, "zero")
    saved(page)
    desk.forgiving = True
    page.context.set_offline(True)
    for _ in range(5):
        page.keyboard.press("1")
    expect(page.locator(".notice.warn")).to_contain_text("5 gestures wait")
    expect(page.locator(".tile.done")).to_have_count(6)
    page.wait_for_event("requestfailed", lambda request: request.url.endswith("/api/gestures"))
    assert len(desk.ledger().labels) == 1
    page.context.set_offline(False)
    saved(page)
    assert len(desk.ledger().labels) == 6


def test_full_disk_keeps_labels_and_says_so(desk: Desk) -> None:
    """A 503 shows its four lines; the label is not called saved, and is sent again."""
    page = desk.open()
    desk.forgiving = True
    page.route("**/api/gestures", answer(503))
    type_class(page, "zero")
    notice = page.locator(".notice.fault")
    expect(notice).to_contain_text(FULL["what"])
    expect(notice).to_contain_text(FULL["attempt"])
    expect(page.locator(".saved.waiting")).to_be_visible()
    assert desk.ledger().labels == {}
    page.unroute("**/api/gestures")
    saved(page)
    expect(notice).to_have_count(0)
    assert len(desk.ledger().labels) == 1


def test_refused_label_does_not_stay(desk: Desk) -> None:
    """A 422 shows its four lines and the picture is open again; the others are not held up."""
    page = desk.open()
    desk.forgiving = True
    page.route("**/api/gestures", answer(422))
    type_class(page, "zero")
    expect(page.locator(".notice.fault")).to_contain_text(FULL["what"])
    expect(page.locator(".tile.done")).to_have_count(0)
    page.unroute("**/api/gestures")
    page.get_by_role("button", name="Close this message").click()
    type_class(page, "one")
    saved(page)
    assert list(desk.ledger().labels.values()) == ["one"]


def test_lost_picture_is_said_and_passed(desk: Desk) -> None:
    """A file that was deleted shows why; the arrow goes on to the next."""
    page = desk.open()
    items = page.evaluate("fetch('/api/items').then(answer => answer.json())")["paths"]
    page.keyboard.press("g")
    shown = page.locator(".stage-words .path").inner_text()
    lost = items[(items.index(shown) + 200) % len(items)]
    file = desk.folder / lost
    content = file.read_bytes()
    desk.forgiving = True
    file.unlink()
    try:
        page.route("**/api/queue?*", with_first(items.index(lost)))
        page.get_by_role("button", name="Questions").click()
        expect(page.locator(".stage .gone")).to_contain_text("Picture is gone")
        expect(page.locator(".stage .gone")).to_contain_text(lost)
        page.keyboard.press("ArrowRight")
        expect(page.locator(".stage .gone")).to_have_count(0)
    finally:
        file.write_bytes(content)


def with_first(item: int) -> object:
    """A handler that puts an item before those that the server picked."""

    def handle(route: Route) -> None:
        body = route.fetch().json()
        body["picks"] = [{**body["picks"][0], "item": item}, *body["picks"]]
        route.fulfill(json=body)

    return handle


def test_two_annotators_share_one_ledger(desk: Desk) -> None:
    """Each has questions of their own; what they dispute is listed and settled by one key."""
    ann, ben = desk.open("/?as=ann"), desk.open("/?as=ben")
    expect(ann.locator(".who")).to_have_text("ann")
    type_class(ann, "zero")
    saved(ann)
    expect(ben.locator(".class-key .class")).to_have_text(["zero"])
    type_class(ben, "one")
    saved(ben)
    assert set(desk.ledger().by_annotator()) == {"ann", "ben"}
    for page, key in ((ann, "1"), (ben, "2")):
        for kind in ("zero", "one"):
            page.locator(".class-row", has_text=kind).click()
            expect(page.locator(".chosen strong")).to_have_text(f"Labelled {kind}")
            page.locator(".tile").first.click()
            page.keyboard.press(key)
            saved(page)
    disputed = sum(verdict.disputed for verdict in desk.ledger().verdicts.values())
    assert disputed > 0
    ann.get_by_role("button", name="Disputed").click()
    expect(ann.locator(".votes").first).to_contain_text("ben: one")
    ann.keyboard.press("1")
    saved(ann)
    assert sum(v.disputed for v in desk.ledger().verdicts.values()) == disputed - 1


def test_two_tabs_save_everything_once(desk: Desk) -> None:
    """Two tabs of one browser share the box of what waits, and each label is written once."""
    first = desk.open()
    second = desk.open(tab_of=first)
    type_class(first, "zero")
    saved(first)
    expect(second.locator(".class-key .class")).to_have_text(["zero"])
    for _ in range(4):
        first.keyboard.press("1")
        second.keyboard.press("1")
    saved(first)
    saved(second)
    said = [event for event in events(desk) if event == "label"]
    assert len(said) == 9


def test_undo_in_one_tab_of_what_another_did_last(desk: Desk) -> None:
    """The annotator's latest gesture goes, and the tab shows that one and no other as undone."""
    first = desk.open()
    second = desk.open(tab_of=first)
    type_class(first, "zero")
    saved(first)
    expect(second.locator(".class-key")).to_have_count(1)
    second.keyboard.press("ArrowRight")
    second.keyboard.press("1")
    saved(second)
    (kept, gone) = list(desk.ledger().labels)
    if second.locator(".tile.done").first.get_attribute("title") == kept:
        kept, gone = gone, kept
    first.keyboard.press("Backspace")
    expect(first.locator(".chosen strong")).to_have_text("Undone")
    assert list(desk.ledger().labels) == [kept]
    expect(first.locator(".tile")).to_have_attribute("title", gone)


def events(desk: Desk) -> Iterator[str]:
    """The kind of everything that was said, in order."""
    state = desk.ledger()
    for item in state.verdicts:
        for event in state.history(item):
            yield event.kind


def test_failed_fit_does_not_stop_labelling(desk: Desk) -> None:
    """The page says that the last fit failed, and takes labels all the same."""
    page = desk.open()
    failed = {
        "version": 3,
        "state": "failed",
        "milliseconds": 5.0,
        "labels_behind": 2,
        "error": {**FULL, "what": "the solver met a number that is none."},
    }

    def spoil(route: Route) -> None:
        answer = route.fetch().json()
        answer["session"]["model"] = failed
        answer["session"]["looked_at"] *= 2  # later than any event that may come meanwhile
        route.fulfill(json=answer)

    page.route("**/api/gestures", spoil)
    page.route("**/api/events*", lambda route: route.abort())
    desk.forgiving = True
    type_class(page, "zero")
    expect(page.locator(".notice.warn", has_text="The last fit failed")).to_be_visible()
    page.keyboard.press("1")
    saved(page)
    assert len(desk.ledger().labels) == 2


def test_names_are_only_text(desk: Desk) -> None:
    """A class whose name is markup stands in the page as text, everywhere that it is shown."""
    page = desk.open()
    name = "<img src=x onerror=alert(1)>"
    type_class(page, name)
    type_class(page, "plain: 100 % 'sound'")
    ready(page)
    expect(page.locator(".class-key .class").first).to_have_text(name)
    expect(page.locator("img[src='x']")).to_have_count(0)
    page.locator(".class-row").nth(1).click()
    expect(page.locator(".chosen strong")).to_have_text("Labelled plain: 100 % 'sound'")
    expect(page.locator(".tile")).to_have_count(1)
