"""Neither page can reach another address, even if a script in it tried."""

import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser

# Each way in which a page can ask somewhere else; TO is the address.
WAYS = {
    "fetch": "fetch(TO, {mode: 'no-cors'}).catch(() => 0)",
    "beacon": "navigator.sendBeacon(TO, 'x')",
    "request": "const r = new XMLHttpRequest(); r.open('GET', TO); r.send()",
    "socket": "new WebSocket(TO.replace('http', 'ws'))",
    "events": "new EventSource(TO)",
    "picture": "new Image().src = TO",
    "script": "document.head.append(Object.assign(document.createElement('script'), {src: TO}))",
    "style": "document.head.append(Object.assign(document.createElement('link'), "
    "{rel: 'stylesheet', href: TO}))",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), {src: TO}))",
    "font": "new FontFace('f', `url(${TO})`).load().catch(() => 0)",
    "form": "const f = Object.assign(document.createElement('form'), {action: TO, method: 'post'});"
    " document.body.append(f); f.submit()",
}


class Listener:
    """Another program on this machine, which hears whoever speaks to it."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"

    def heard(self, patience_s: float) -> bool:
        """Whether anybody came and said anything; who comes and is silent is waited for beside."""
        end = time.monotonic() + patience_s
        callers: list[socket.socket] = []
        try:
            while (left := end - time.monotonic()) > 0:
                ready, _, _ = select.select([self.socket, *callers], [], [], left)
                for one in ready:
                    if one is self.socket:
                        callers.append(self.socket.accept()[0])
                    elif one.recv(1):
                        return True
                    else:
                        callers.remove(one)
                        one.close()
            return False
        finally:
            for one in callers:
                one.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener, closed in the end."""
    one = Listener()
    yield one
    one.socket.close()


def reached(
    browser: Browser, page_address: str, listener: Listener, *, patience_s: float = 0.5
) -> list[str]:
    """The ways that arrived at the listener, each tried in a page of its own."""
    arrived = []
    with browser.new_context() as context:
        for name, script in WAYS.items():
            page = context.new_page()
            page.goto(page_address)
            page.evaluate(f"(TO) => {{ {script} }}", listener.address)
            if listener.heard(patience_s):
                arrived.append(name)
            page.close()
    return arrived


def test_a_page_without_a_policy_reaches_out(
    browser: Browser, listener: Listener, tmp_path: Path
) -> None:
    """The ways are real: from a page of no policy, each of them arrives."""
    (tmp_path / "bare.html").write_text("<body></body>")
    bare = (tmp_path / "bare.html").as_uri()
    assert list(WAYS) == reached(browser, bare, listener, patience_s=20)


def test_the_report_asks_nobody(
    browser: Browser, listener: Listener, reports: Callable[[str], Path]
) -> None:
    """From the report none of them arrives."""
    assert [] == reached(browser, reports("tiny").as_uri(), listener)


def test_the_workbench_asks_nobody(browser: Browser, listener: Listener, desk: Desk) -> None:
    """From the workbench none of them arrives."""
    assert [] == reached(browser, desk.address, listener)
