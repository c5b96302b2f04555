"""Bad luck: kills, full disks, locked ledgers, pictures that go or change, two tabs."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from handful.labels.ledger import Ledger
from handful.workbench.problems import PictureGoneError
from tests.samples import write_loose_digits
from tests.workbench.conftest import Page, gesture

ROOT = Path(__file__).parents[2]


class Server:
    """`handful label` in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.clients: list[httpx2.Client] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "handful", "label", folder, "--no-browser", "--json", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        self.said: dict[str, Any] = json.loads(self.process.stdout.readline() or "{}")

    def client(self) -> httpx2.Client:
        """A client with the token, once the server answers."""
        address, _, token = self.said["address"].partition("/open?token=")
        client = httpx2.Client(base_url=address, headers={"X-Handful-Token": token}, timeout=30)
        self.clients.append(client)
        for _ in range(200):
            try:
                client.get("/api/items").raise_for_status()
                break
            except httpx2.ConnectError:
                time.sleep(0.05)
        return client

    def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Stop it, and wait."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.communicate(timeout=30)
        return self.process.returncode

    def close(self) -> None:
        """End it, and what spoke to it."""
        for client in self.clients:
            client.close()
        self.end()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """90 loose pictures."""
    write_loose_digits(tmp_path / "digits", per_class=30)
    return tmp_path / "digits"


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Servers that are ended whatever happens."""
    started: list[Server] = []
    yield started
    for server in started:
        server.close()


def test_killed_in_a_burst_of_labels_from_two_pages(folder: Path, servers: list[Server]) -> None:
    """SIGKILL among 1,000 gestures of two clients: what was answered is there, once."""
    servers.append(Server(folder))
    saved: dict[str, set[str]] = {"ann": set(), "bob": set()}
    made = {
        by: [gesture([at % 90], f"class {at % 7}", source="key") for at in range(500)]
        for by in saved
    }
    client = servers[0].client()

    def burst(by: str) -> None:
        for one in made[by]:
            try:
                answer = client.post(
                    "/api/gestures", json={"gestures": [one]}, headers={"X-Annotator": by}
                )
            except httpx2.TransportError:
                return
            if answer.status_code == 200:
                saved[by].update(answer.json()["saved"])

    threads = [threading.Thread(target=burst, args=(by,)) for by in saved]
    for thread in threads:
        thread.start()
    while sum(map(len, saved.values())) < 200:
        time.sleep(0.01)
    servers[0].end(signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert 200 <= sum(map(len, saved.values())) < 1_000
    with Ledger(folder / ".handful" / "ledger.sqlite") as ledger:
        kept = {event.gesture for event in ledger.events()}
    for by in saved:
        assert {one.replace("-", "") for one in saved[by]} <= kept
    servers.append(Server(folder))
    assert servers[1].said["address"] == servers[0].said["address"]
    client = servers[1].client()
    for by in saved:
        unsent = [one for one in made[by] if one["id"] not in saved[by]]
        answer = client.post(
            "/api/gestures", json={"gestures": unsent}, headers={"X-Annotator": by}
        )
        assert 200 == answer.status_code, answer.text
    with Ledger(folder / ".handful" / "ledger.sqlite") as ledger:
        labels = [event for event in ledger.events() if event.kind == "label"]
    assert 1_000 == len(labels) == len({event.gesture for event in labels})
    assert {one["id"].replace("-", "") for by in made for one in made[by]} == {
        event.gesture for event in labels
    }


def test_ctrl_c_ends_it_in_peace(folder: Path, servers: list[Server]) -> None:
    """An interrupt with an open stream of events ends the server within seconds, untraced."""
    servers.append(Server(folder))
    client = servers[0].client()
    with client.stream("GET", "/api/events") as stream:
        next(stream.iter_lines())
        start = time.monotonic()
        servers[0].process.send_signal(signal.SIGINT)
        _, errors = servers[0].process.communicate(timeout=30)
    assert time.monotonic() - start < 10
    assert "Traceback" not in errors
    assert servers[0].process.returncode in {0, 130}


def test_a_ledger_of_a_newer_version_is_not_touched(folder: Path, servers: list[Server]) -> None:
    """The command ends with status 2 and four lines that say to upgrade."""
    with Ledger(folder / ".handful" / "ledger.sqlite") as ledger:
        ledger.label({"a": "b"}, by="ann")
    database = sqlite3.connect(folder / ".handful" / "ledger.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    servers.append(Server(folder))
    _, errors = servers[0].process.communicate(timeout=60)
    assert 2 == servers[0].process.returncode
    assert "newer handful" in errors
    assert "upgrade" in errors


def test_a_port_that_is_taken_is_named(folder: Path, servers: list[Server]) -> None:
    """Asking for a port that another program has is an error of four lines."""
    servers.append(Server(folder))
    servers[0].client()
    port = servers[0].said["address"].split(":")[2].split("/")[0]
    servers.append(Server(folder, "--port", port))
    _, errors = servers[1].process.communicate(timeout=60)
    assert 2 == servers[1].process.returncode
    assert port in errors


def test_a_ledger_locked_by_another_program_is_a_passing_trouble(page: Page) -> None:
    """503 with the other program's name; nothing is lost, and the same gesture then succeeds."""
    page.label([0], "a")
    page.bench.session.ledger._open().execute("PRAGMA busy_timeout = 100")
    path = page.project.folder / "ledger.sqlite"
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        sent = {"gestures": [gesture([1], "b")]}
        answer = page.client.post("/api/gestures", json=sent)
        assert 503 == answer.status_code
        error = answer.json()["error"]
        assert "locked" in error["what"]
        if sys.platform == "linux":
            assert f"process {other.pid}" in error["found"]
        assert 1 == page.get("/api/session")["labelled"]
        other.communicate("\n")
    assert 2 == page.post("/api/gestures", sent)["session"]["labelled"]


def test_a_full_disk_is_a_passing_trouble(page: Page) -> None:
    """503 while there is no room, pictures still come, and the same gestures then succeed."""
    page.label([0], "a")
    connection = page.bench.session.ledger._open()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [gesture(list(range(90)), f"class {'x' * 90}", overwrite=True) for _ in range(20)]
    sent = {"gestures": many}
    answer = page.client.post("/api/gestures", json=sent)
    assert 503 == answer.status_code
    assert "disk is full" in answer.json()["error"]["what"]
    assert 200 == page.client.get("/pictures/1").status_code
    connection.execute("PRAGMA max_page_count = 1000000")
    assert 90 == page.post("/api/gestures", sent)["session"]["labelled"]
    events = page.bench.session.ledger.events()
    assert 20 * 90 + 1 == sum(event.kind == "label" for event in events)


def test_a_deleted_picture_is_named_and_its_label_kept(page: Page) -> None:
    """404 with the reason, set aside in the session, no more asked; put back, it is shown again."""
    file = page.folder / page.paths[5]
    content = file.read_bytes()
    assert 200 == page.client.get("/pictures/5").status_code
    file.unlink()
    answer = page.client.get("/pictures/5")
    assert 404 == answer.status_code
    assert page.paths[5] in answer.json()["error"]["found"]
    assert [page.paths[5]] == [one["path"] for one in page.get("/api/session")["quarantined"]]
    page.label([5], "seen before")
    assert page.get("/api/labels")["labels"][5] >= 0
    page.post("/api/undo", {})
    asked = {pick["item"] for pick in page.get("/api/queue?n=90&except=")["picks"]}
    assert 5 not in asked
    file.write_bytes(content)
    assert 200 == page.client.get("/pictures/5").status_code
    assert [] == page.get("/api/session")["quarantined"]


def test_a_replaced_picture_is_shown_embedded_and_looked_at_again(page: Page) -> None:
    """Another picture under a labelled name has another ETag, and its label is a suspect."""
    page.wait(lambda session: session["progress"] is None and session["embedded"] == 90)
    page.label([5], "old")
    before = page.client.get("/pictures/5").headers["ETag"]
    old = page.bench.session.known
    assert old is not None
    Image.radial_gradient("L").save(page.folder / page.paths[5])
    assert before != page.client.get("/pictures/5").headers["ETag"]
    end = time.monotonic() + 60
    while (now := page.bench.session.known) is None or now.contents[5] == old.contents[5]:
        assert time.monotonic() < end
        time.sleep(0.05)
    page.wait(lambda session: session["model"]["version"] > 0)
    suspects = page.get("/api/queue?kind=suspects")["picks"]
    assert (5, "old") == (suspects[0]["item"], suspects[0]["given"])
    assert "replaced" in suspects[0]["reason"]


def test_a_moved_picture_that_becomes_a_folder(page: Page) -> None:
    """Anything may lie where the picture was: the answer is 404 and four lines."""
    (page.folder / page.paths[7]).unlink()
    (page.folder / page.paths[7]).mkdir()
    with pytest.raises(PictureGoneError):
        page.bench.pictures.get(7, 128)
    assert 404 == page.client.get("/pictures/7").status_code


def test_two_tabs_of_one_annotator(page: Page) -> None:
    """Both tabs write in turn, each sees the other's labels, and undo is one history."""
    page.label([0], "a")
    version = page.get("/api/labels")["version"]
    page.label([1], "b")
    assert [1] == page.get("/api/labels", params={"since": version})["items"]
    assert [1] == page.post("/api/undo", {})["items"]
    assert [0] == page.post("/api/undo", {})["items"]
    assert [] == page.post("/api/undo", {})["items"]


def test_another_programs_labels_are_seen(page: Page) -> None:
    """What Python writes to the same ledger meanwhile is learned and shown."""
    page.answer(15)
    with Ledger(page.project.folder / "ledger.sqlite") as other:
        item = page.get("/api/labels")["labels"].index(-1)
        other.label({page.paths[item]: "digit-7"}, by="script")
    session = page.wait(lambda session: session["labelled"] == 16)
    assert session["label_version"] > 15
