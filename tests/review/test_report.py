"""The page as a file: what is in it, how large it gets, and how it is written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from handful.errors import StoreError
from handful.estimate.figure import Blocked
from handful.review import report
from handful.review.payload import MAX_ERRORS, Payload
from handful.review.report import render, write_report
from tests.review.samples import HOSTILE, SAMPLES, build, digits, of_digits, plain, tiny


class Outline(HTMLParser):
    """The elements of a page, and the text of its data blocks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.blocks: dict[str, str] = {}
        self._block = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element, and which data block begins."""
        self.tags.append(tag)
        self._block = dict(attrs).get("id") or "" if tag == "script" else ""

    def handle_data(self, data: str) -> None:
        """Note a data block's text."""
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data


def outline(name: str) -> Outline:
    """The outline of a sample's page."""
    make, picture = SAMPLES[name]
    return Outline(render(make(), thumbnail=picture).decode())


def test_hostile_names_make_no_element() -> None:
    """A page of hostile names has the same elements as one of harmless names."""
    assert outline("hostile").tags == outline("tiny").tags


def test_data_survive_the_way_into_the_page() -> None:
    """Class names and paths are read back as they were, lone surrogates and markup included."""
    review, _ = SAMPLES["hostile"][0](), None
    data = json.loads(outline("hostile").blocks["report-data"])
    assert data["classes"] == list(HOSTILE)
    assert data["items"]["paths"] == [item.path for item in review.items]


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_path_of_this_machine_is_inside(name: str) -> None:
    """An item's absolute place never enters the page."""
    make, picture = SAMPLES[name]
    assert b"/nowhere" not in render(make(), thumbnail=picture)


def test_figures_on_the_page_are_those_of_the_review() -> None:
    """The matrix sums to n, its diagonal is the accuracy, the errors are the wrong ones."""
    review = digits()
    test, learning = Payload(review).data["scopes"]
    for scope, figures in ((test, review.test), (learning, review.estimate)):
        cells = scope["confusion"]["cells"]
        assert sum(n for _, _, n in cells) == figures.n
        right = sum(n for i, j, n in cells if i == j)
        assert right / figures.n == pytest.approx(figures.accuracy.value)
        assert scope["num_errors"] == figures.n - right
        assert scope["abstention"][-1]["error"] == pytest.approx(1 - figures.accuracy.value)
        assert sum(b["n"] for b in scope["reliability"]) == figures.n


def test_errors_and_suspects_get_their_pictures_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is room for few pictures, they are of the worst errors, in order."""
    review = digits()
    payload = Payload(review)
    monkeypatch.setattr(report, "MAX_THUMBNAILS", 20)
    page = Outline(render(review, thumbnail=of_digits).decode())
    pictures = json.loads(page.blocks["report-pictures"])["thumbnails"]
    assert {int(i) for i in pictures} == set(payload.places(payload.wanted[:20]))
    assert payload.wanted[0] == review.scopes()[0].index[
        np.argmin(
            np.where(
                review.right, np.inf, review.probabilities[np.arange(600), review.labels]
            )[review.scopes()[0].index]
        )
    ]  # fmt: skip


def test_page_stays_within_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures stop where the page would pass its size, whatever they weigh."""
    review = digits()
    monkeypatch.setattr(report, "MAX_BYTES", 1_200_000)
    heavy = render(review, thumbnail=lambda _: b"\xff\xd8" + bytes(20_000), preview=of_digits)
    assert 1_000_000 < len(heavy) <= 1_200_000
    weight = json.loads(Outline(heavy.decode()).blocks["report-pictures"])["weight"]
    assert weight == pytest.approx(len(heavy), rel=0.01)


def test_an_item_without_picture_is_only_without_picture() -> None:
    """Where no thumbnail can be had the page is written all the same."""
    page = Outline(render(tiny(), thumbnail=lambda _: None).decode())
    pictures = json.loads(page.blocks["report-pictures"])
    assert (pictures["thumbnails"], pictures["previews"]) == ({}, {})


def test_more_items_than_the_map_takes_keep_the_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the map's limit items are left out by lot, errors and suspects last."""
    monkeypatch.setattr("handful.review.payload.MAX_ITEMS", 200)
    review = digits()
    payload = Payload(review)
    assert len(payload.shown) == payload.data["items"]["n"] == 200
    assert set(np.flatnonzero(~review.right)) - {12} <= set(payload.shown.tolist())
    assert payload.data["total"] == 600
    assert all(0 <= i < 200 for s in payload.data["suspects"]["list"] for i in s["against"])
    assert len(payload.data["scopes"][0]["errors"]) <= MAX_ERRORS


def test_figures_that_are_no_numbers_are_null() -> None:
    """An infinite log-loss does not break the page's JSON."""
    review = tiny()
    infinite = replace(review.estimate.log_loss, high=float("inf"))
    estimate = replace(review.estimate, log_loss=infinite)
    page = Outline(render(replace(review, estimate=estimate), thumbnail=plain).decode())
    data = json.loads(page.blocks["report-data"])
    assert data["scopes"][0]["estimate"]["log_loss"]["high"] is None


def test_one_item_is_enough() -> None:
    """A review of a single item has a page."""
    one = build(
        "one", ["a.png"], ["x", "y"], np.array([0]), np.array([[0.9, 0.1]]), np.ones((1, 3))
    )
    assert "Right on all 1" in render(one, thumbnail=plain).decode()


def test_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A report that cannot be written leaves the old one, no litter, and a four-line error."""
    place = tmp_path / "report.html"
    write_report(tiny(), place, thumbnail=plain)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert place.read_bytes() == render(tiny(), thumbnail=plain)
    assert re.search(rb"<!doctype html>", place.read_bytes())
    occupied = tmp_path / "folder"
    (occupied / "inside").mkdir(parents=True)
    with pytest.raises(StoreError) as error:
        write_report(tiny(), occupied, thumbnail=plain)
    assert str(error.value).splitlines() == [
        "The report cannot be written.",
        f"  found:    {occupied} (Is a directory)",
        "  expected: a folder that can be written, with room for about 12 MB",
        "  try:      --report PAGE with a place that can be written",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "report.html"]


def test_same_review_gives_same_bytes() -> None:
    """Nothing in the page depends on when or where it is written."""
    assert render(digits(), thumbnail=of_digits) == render(digits(), thumbnail=of_digits)


def test_the_page_leads_with_new_series_and_says_why() -> None:
    """Where neighbours help each other: headline, note, warnings and baseline are in its data."""
    review = digits()
    figure = replace(review.estimate.accuracy, value=0.7, low=0.6, high=0.8)
    blocked = Blocked(
        "file names", 20, 22, replace(review.estimate, accuracy=figure), 0.9, 0.05, leads=True
    )
    plain = Payload(review).data
    assert plain["note"] is None
    assert plain["blocked"] is None
    data = Payload(replace(review, blocked=blocked, test_at_random=True, warnings=("Mind.",))).data
    first, second = data["scopes"]
    assert first["headline"] == data["headline"]
    assert "70.0\u00a0% of 451 pictures from series" in data["headline"]
    assert second["headline"] == plain["scopes"][1]["headline"]
    assert "expect about 70\u00a0% on new series" in data["note"]
    assert data["warnings"] == ["Mind."]
    assert data["baseline"] == "Always answering 6: 13.4\u00a0%."
    assert data["blocked"]["length"] == 20
