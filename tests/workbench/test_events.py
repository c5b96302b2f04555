"""Server-sent events: what the page is told without asking."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from handful.workbench.app import create_app
from tests.samples import write_loose_digits
from tests.workbench.conftest import TOKEN, Page, listening


def parsed(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """(name, value) of each event."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_the_page_is_told_of_labels_models_and_progress(tmp_path: Path) -> None:
    """First the session; then labels, positions and the model as they change, for each by name."""
    truth = write_loose_digits(tmp_path / "digits", per_class=30)
    place = socket.create_server(("127.0.0.1", 0))
    page = Page(tmp_path / "digits", truth, port=place.getsockname()[1])
    address = f"http://127.0.0.1:{page.bench.port}/api/events?as=b%C3%B6b"
    headers = {"X-Handful-Token": TOKEN}
    with (
        listening(create_app(page.bench), place),
        httpx2.stream("GET", address, headers=headers, timeout=60) as stream,
    ):
        events = parsed(stream.iter_lines())
        name, value = next(events)
        assert ("session", "böb", 0) == (name, value["annotator"], value["embedded"])
        page.bench.start()
        seen = set()
        page.answer(15)
        for name, value in events:
            seen.add(name)
            if name == "session" and value["meter"] is not None and value["progress"] is None:
                break
        assert {"session", "labels", "positions", "progress"} <= seen
        assert 15 == value["labelled"]
        page.bench.stop()
