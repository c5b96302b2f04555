"""A workbench on real pictures, with its background work running."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

import handful
from handful.workbench.app import create_app
from handful.workbench.bench import Bench
from tests.samples import write_loose_digits

TOKEN, PORT = "a-token-that-nobody-knows", 8123


class Page:
    """What the page can do: requests with the token, and waiting for the background."""

    def __init__(self, folder: Path, truth: dict[str, str], *, port: int = PORT) -> None:
        self.folder = folder
        self.project = handful.open(folder)
        self.bench = Bench(self.project, annotator="ann", token=TOKEN, port=port)
        self.paths = [item.path for item in self.project.items]
        self.truth = [truth[path] for path in self.paths]
        self.client = TestClient(
            create_app(self.bench),
            base_url=f"http://127.0.0.1:{port}",
            headers={"X-Handful-Token": TOKEN},
            raise_server_exceptions=False,
        )

    def get(self, path: str, **options: Any) -> Any:
        """The JSON of an answer that must be right."""
        answer = self.client.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object, **options: Any) -> Any:
        """The same for what changes something."""
        answer = self.client.post(path, json=body, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def label(self, items: list[int], label: str | None = None, **fields: Any) -> Any:
        """One gesture."""
        return self.post("/api/gestures", {"gestures": [gesture(items, label, **fields)]})

    def answer(self, n: int) -> None:
        """Answer `n` questions truly, one gesture each."""
        while n > 0:
            picks = self.get("/api/queue", params={"n": min(n, 12)})["picks"]
            made = [gesture([pick["item"]], self.truth[pick["item"]]) for pick in picks]
            self.post("/api/gestures", {"gestures": made})
            n -= len(picks)

    def wait(self, what: Callable[[dict[str, Any]], bool], *, seconds: float = 60) -> Any:
        """The session, once something is true of it."""
        end = time.monotonic() + seconds
        while not what(session := self.get("/api/session")):
            assert time.monotonic() < end, session
            time.sleep(0.05)
        return session


def gesture(items: list[int], label: str | None = None, **fields: Any) -> dict[str, Any]:
    """A gesture as the page sends it."""
    return {"id": str(uuid.uuid4()), "items": items, "label": label, **fields}


@contextmanager
def listening(app: FastAPI, place: socket.socket) -> Iterator[None]:
    """The application behind a real socket, in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(30)
        place.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A workbench on 90 loose digits; embedding and fitting run."""
    truth = write_loose_digits(tmp_path / "digits", per_class=30)
    one = Page(tmp_path / "digits", truth)
    one.bench.start()
    with one.client:
        yield one
    one.bench.stop()
    one.bench.embedding.join(60)
    one.bench.fitting.join(60)
