"""A real Chromium for the tests of pages, and the reports and workbenches that they open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

import handful
from handful.review.report import write_report
from tests.browser.desk import PATIENCE_MS, Desk
from tests.review.samples import SAMPLES

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; the tests fail where there is none, for a page untried is a page unproven."""
    names = ("chromium", "chromium-browser", "google-chrome")  # as in scripts/chromium.sh
    found = [place for name in names if (place := shutil.which(name))]
    place = os.environ.get("HANDFUL_CHROMIUM") or next(iter(found), None)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:  # without a place: the build that Playwright fetched
        chromium = playwright.chromium.launch(
            executable_path=place, args=list(FLAGS), timeout=PATIENCE_MS
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The place of a sample's report, written when first asked for."""
    folder = tmp_path_factory.mktemp("reports")

    def report(name: str) -> Path:
        path = folder / f"{name}.html"
        if not path.exists():
            make, picture = SAMPLES[name]
            write_report(make(), path, thumbnail=picture)
        return path

    return report


class Opened:
    """Opens reports, and keeps what went wrong meanwhile: messages, errors, requests, dialogs."""

    def __init__(self, browser: Browser, reports: Callable[[str], Path]) -> None:
        self._browser = browser
        self._reports = reports
        self.faults: list[str] = []
        self.pages: list[Page] = []

    def __call__(self, name: str, **settings: object) -> Page:
        """The sample's report in a new window of 1280 × 900, or as `settings` say."""
        settings = {"viewport": {"width": 1280, "height": 900}, **settings}
        page = self._browser.new_context(**settings).new_page()
        page.set_default_timeout(PATIENCE_MS)
        address = self._reports(name).as_uri()

        def dialog_opened(dialog: object) -> None:
            self.faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        def requested(request: object) -> None:
            if request.url != address and not request.url.startswith("data:"):
                self.faults.append(f"request: {request.url}")

        page.on("console", lambda message: self.faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", requested)
        page.on("dialog", dialog_opened)
        page.goto(address)
        page.wait_for_selector("main section:last-of-type")
        page.wait_for_selector("#reliability svg")
        self.pages.append(page)
        return page


@pytest.fixture
def opened(browser: Browser, reports: Callable[[str], Path]) -> Iterator[Opened]:
    """Opens a sample's report; afterwards nothing may have been complained of or fetched."""
    opener = Opened(browser, reports)
    yield opener
    for page in opener.pages:
        page.context.close()
    assert opener.faults == []


NUM_DIGITS = 400


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 handwritten digits as pictures, looked at by the encoder already."""
    from sklearn.datasets import load_digits

    folder = tmp_path_factory.mktemp("pool") / "digits"
    folder.mkdir()
    for number, pixels in enumerate(load_digits().images[:NUM_DIGITS]):
        grey = Image.fromarray((pixels * 255 / 16).astype(np.uint8))
        grey.resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{number:04}.png")
    handful.open(folder).embed()
    return folder


@pytest.fixture
def desk(browser: Browser, digits: Path) -> Iterator[Desk]:
    """A workbench on the digits without a label; nothing may have been complained of afterwards."""
    for left in (digits / ".handful").glob("ledger.sqlite*"):
        left.unlink()
    running = Desk(digits, browser)
    yield running
    running.close()
    assert running.faults == []
