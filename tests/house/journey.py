"""A whole journey with handful, to be watched: `python -m tests.house.journey PLACE`.

PLACE holds `digits/`, a folder with a folder of pictures per class, and `loose/`, pictures without
labels. Everything else is written here, into PLACE alone.
"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE_S = 60.0


def main(place: Path) -> None:
    """Every command that works on pictures, then the workbench, then Python, then a kernel."""
    command("doctor", place / "digits", wanted=(0, 1))
    model = place / "out" / "digits.handful"
    model.parent.mkdir()
    command("train", place / "digits", "-o", model)
    for words in (("predict", model, place / "loose"), ("verify", model), ("inspect", model)):
        command(*words)
    command("report", model, "--print")
    command("encoders")
    table(place)
    command("doctor", place / "table.parquet", wanted=(0, 1))
    label(place)
    in_python(place)
    kernel()


def command(*words: object, wanted: tuple[int, ...] = (0,)) -> None:
    """One command, in this process."""
    from handful.cli import main as handful

    try:
        handful([str(word) for word in words])
    except SystemExit as end:
        assert end.code in wanted, (words, end.code)


def table(place: Path) -> None:
    """The same pictures as a Parquet table: DuckDB writes it, and handful reads it with DuckDB."""
    import duckdb

    rows = [(str(p.relative_to(place)), p.parent.name) for p in place.glob("digits/*/*.png")]
    values = ", ".join(f"('{path}', '{name}')" for path, name in rows)
    with duckdb.connect() as engine:
        engine.execute(
            f"COPY (SELECT * FROM (VALUES {values}) AS t(path, label)) "
            f"TO '{place / 'table.parquet'}' (FORMAT parquet)"
        )


def label(place: Path) -> None:
    """The workbench in a process of its own: open it, answer ten questions, export, end it."""
    words = [sys.executable, "-m", "handful", "label", str(place / "loose"), "--no-browser"]
    with subprocess.Popen([*words, "--json"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = urlsplit(json.loads(server.stdout.readline())["address"])
        page = Page(address.port or 0, address.query.removeprefix("token="))
        try:
            use(page)
        except BaseException:
            server.kill()  # else the block would wait for it without end
            raise
        server.send_signal(signal.SIGINT)
        server.wait(PATIENCE_S)


def use(page: Page) -> None:
    """Ten answers, and the labels in every format."""
    picks = page.picks()
    gestures = [
        {"id": str(uuid.uuid4()), "items": [pick["item"]], "label": f"kind {turn % 2}"}
        for turn, pick in enumerate(picks)
    ]
    page.send("/api/gestures", {"gestures": gestures})
    for kind in ("csv", "jsonl", "label-studio"):
        page.get(f"/api/export/labels?format={kind}", plain=True)


class Page:
    """What the page in the browser does: requests with the token, to this machine."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"X-Handful-Token": token, "Content-Type": "application/json"}

    def picks(self) -> list[Any]:
        """Ten questions, as soon as the server answers and has some."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            try:
                if picks := self.get("/api/queue?n=10")["picks"]:
                    return list(picks)
            except ConnectionRefusedError:
                pass  # the address is printed a little before the server listens
            time.sleep(0.1)
        raise TimeoutError("the workbench asks nothing")

    def get(self, path: str, *, plain: bool = False) -> Any:
        """What the workbench answers."""
        return self._ask("GET", path, None, plain)

    def send(self, path: str, body: object) -> Any:
        """The same for what changes something."""
        return self._ask("POST", path, json.dumps(body), False)

    def _ask(self, method: str, path: str, body: str | None, plain: bool) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        line.request(method, path, body, self.headers)
        answer = line.getresponse()
        said = answer.read()
        assert answer.status == 200, (path, said)
        line.close()
        return said if plain else json.loads(said)


def in_python(place: Path) -> None:
    """A project and a model in the user's own process."""
    import handful

    project = handful.open(place / "loose")
    project.label({project.items[0].path: "kind 0"})
    project.save_labels(place / "out" / "labels.csv")
    project.review(place / "out" / "loose.html")
    model = handful.load(place / "out" / "digits.handful")
    assert model.predict(place / "loose" / project.items[0].path).label


def kernel() -> None:
    """A kernel is compiled, by a compiler in a process of its own, and run."""
    import torch

    from handful.kernels.gallery import layer_norm

    assert layer_norm(torch.ones(2, 4), torch.ones(4), torch.zeros(4)).shape == (2, 4)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
