"""A workbench that runs as users run it, `handful label`, and pages that are opened on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from handful.labels.ledger import Ledger
from handful.labels.state import State
from tests.patience import PATIENCE_S

PATIENCE_MS = 1_000 * PATIENCE_S
ROOT = Path(__file__).parents[2]
WIDE = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2}
# Whether the map has been painted with all that the server knows.
IS_PAINTED = """async () => {
    const shown = document.querySelector('.map-holder').dataset;
    const session = await fetch('/api/session').then(answer => answer.json());
    const colours = await fetch(`/api/colours?since=${shown.colours}`);
    await new Promise(requestAnimationFrame);
    return Number(shown.labels) === session.label_version && colours.status === 204;
}"""


class Desk:
    """`handful label` on a folder, in a process of its own."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.folder = folder
        self.address = ""
        self.faults: list[str] = []
        self.forgiving = False  # while the server is away, browsers complain rightly
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it has looked at all pictures: what it asks hangs on those."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "handful", "label", str(self.folder), "--no-browser"],
            env=os.environ | {"PYTHONPATH": str(ROOT), "USER": "me", "LOGNAME": "me"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = next((text for text in self._process.stdout if "http://" in text), "")
        self.address = line.split()[-1]
        end = time.monotonic() + PATIENCE_S
        while not self._has_looked():
            assert self._process.poll() is None, "the workbench did not start"
            assert time.monotonic() < end, "the workbench did not come to rest"
            time.sleep(0.05)

    def _has_looked(self) -> bool:
        request = urllib.request.Request(self.url("/api/session"))
        request.add_header("X-Handful-Token", self.address.partition("token=")[2])
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                session = json.load(answer)
        except urllib.error.URLError:
            return False  # it does not listen yet
        # The map is laid out twice: at once, and finely.
        return session["embedded"] == session["items"] and session["positions_version"] == 2

    def url(self, path: str) -> str:
        """An address at this workbench."""
        return f"http://{urlsplit(self.address).netloc}{path}"

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)
            assert self._process.stdout is not None
            self._process.stdout.close()
        self._process = None

    def close(self) -> None:
        """Close the pages and end the process."""
        for context in self._contexts:
            for page in context.pages:
                page.unroute_all(behavior="ignoreErrors")
            context.close()
        self._end(signal.SIGTERM)

    def open(self, path: str = "/", *, tab_of: Page | None = None, **settings: object) -> Page:
        """The page, once it shows all that there is; a further tab of another page's browser."""
        if tab_of is None:
            context = self._browser.new_context(**{**WIDE, **settings})
            context.set_default_timeout(PATIENCE_MS)
            self._contexts.append(context)
        else:
            context = tab_of.context
        page = context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._requested)
        page.goto(self.address)
        if path != "/":
            page.goto(self.url(path))
        page.wait_for_selector(".tile, .stage .picture")
        painted(page)
        if page.locator("canvas.over").is_visible():
            page.wait_for_selector(".map-holder[data-painted]")
        return page

    def _said(self, message: object) -> None:
        if message.type in ("error", "warning") and not self.forgiving:
            self.faults.append(f"{message.type}: {message.text}")

    def _requested(self, request: object) -> None:
        ours = urlsplit(self.address).netloc
        if urlsplit(request.url).netloc != ours and not request.url.startswith(("blob:", "data:")):
            self.faults.append(f"request: {request.url}")

    def ledger(self) -> State:
        """What is on the disk."""
        with Ledger(self.folder / ".handful" / "ledger.sqlite", read_only=True) as ledger:
            return ledger.state


def saved(page: Page) -> None:
    """Wait until the page says that everything is on the disk."""
    page.locator(".saved:not(.waiting)").wait_for()


def painted(page: Page) -> None:
    """Wait until the page shows the labels and colours that the server has."""
    page.wait_for_function(IS_PAINTED, polling=100)


def type_class(page: Page, name: str) -> None:
    """Label with a class that is typed."""
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")


def ready(page: Page) -> None:
    """Wait for a model that has learned every label, and until the page shows what it says."""
    page.locator(".saved.waiting").wait_for(state="hidden")
    page.locator(".chip.ready", has_text="up to date").wait_for()
    painted(page)


def taught(page: Page, *, rounds: int = 5) -> None:
    """Label until there are a model and a meter: two classes in turn."""
    for name in ("round", "straight") * rounds:
        type_class(page, name)
    ready(page)
