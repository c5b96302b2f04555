"""The workbench's map of 100,000 items in Chromium without a GPU: when it stands, how it pans.

python -m benchmarks.workbench_map [--items 100000]

The page is the real one; the server's answers are made up here and handed over without a network,
so that only the page is measured. Each painter is measured in turn: WebGL, which is software on a
machine without a GPU, and the plain canvas.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, Route, sync_playwright

from benchmarks.report import print_conditions, spread
from handful.workbench.schemas import SessionOut

HERE = Path(__file__).resolve().parent.parent / "handful"
STATIC, HOUSE = HERE / "workbench" / "static", HERE / "review" / "page"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"]
POINTER_MOVES = 120
CLASSES = 8

# Intervals between frames while a pointer drags the map about; the first frames start the drag.
PAN = """async moves => {
    const map = document.querySelector('canvas.over');
    const box = map.getBoundingClientRect();
    const at = step => ({ pointerId: 1, bubbles: true, button: 0, buttons: 1,
        clientX: box.left + box.width / 2 + 90 * Math.sin(step / 9),
        clientY: box.top + box.height / 2 + 60 * Math.cos(step / 7) });
    map.setPointerCapture = () => {};
    map.dispatchEvent(new PointerEvent('pointerdown', at(0)));
    const times = [];
    for (let step = 1; step <= moves; step++) {
        map.dispatchEvent(new PointerEvent('pointermove', at(step)));
        times.push(await new Promise(requestAnimationFrame));
    }
    map.dispatchEvent(new PointerEvent('pointerup', at(moves)));
    return times.slice(6).map((time, k) => time - times[k + 5]);
}"""


def answers(n: int) -> dict[str, tuple[str, bytes]]:
    """What a server with `n` items would say: type and content by path."""
    rng = np.random.default_rng(0)
    kind = rng.integers(CLASSES, size=n)
    middles = rng.uniform(-0.8, 0.8, size=(CLASSES, 2))
    places = np.clip(middles[kind] + rng.normal(0, 0.16, size=(n, 2)), -1, 1)
    labels = np.where(rng.random(n) < 0.02, kind, -1)
    classes = [
        {"name": f"species {k}", "count": int((labels == k).sum()), "colour": k, "key": str(k + 1)}
        for k in range(CLASSES)
    ]
    session = {
        "name": "a hundred thousand", "annotator": "me", "items": n, "embedded": n,
        "quarantined": [], "classes": classes, "labelled": int((labels >= 0).sum()), "unsure": 0,
        "flagged": 0, "disputed": 0, "can_undo": False, "can_redo": False, "label_version": 1,
        "positions_version": 1, "looked_at": 1, "lassos": [], "exam": {"fresh": 0},
        "crowd": {"shared": 0, "lacking": None}, "meter": None, "progress": None, "failed": None,
        "model": {"version": 1, "state": "ready", "milliseconds": 12, "labels_behind": 0,
                  "error": None},
    }  # fmt: skip
    session = SessionOut.model_validate(session).model_dump()  # what the server would say
    paths = [f"photographs/{i:06}.jpg" for i in range(n)]
    names = [one["name"] for one in classes]
    known = {"items": None, "labels": labels.tolist(), "unsure": [], "flagged": []}
    as_json = {
        "session": session,
        "items": {"paths": paths, "groups": [None] * n},
        "labels": {"version": 1, "classes": names, **known},
        "queue": {"kind": "ask", "picks": []},
    }
    made = {
        f"/api/{name}": ("application/json", json.dumps(body).encode())
        for name, body in as_json.items()
    }
    made["/api/positions"] = ("application/octet-stream", places.astype("<f4").tobytes())
    made["/api/colours"] = ("application/octet-stream", kind.astype(np.uint8).tobytes())
    event = f"retry: 600000\nevent: session\ndata: {json.dumps(session)}\n\n"
    made["/api/events"] = ("text/event-stream", event.encode())
    return made


def opened(browser: Browser, made: dict[str, tuple[str, bytes]], painter: str) -> Page:
    """The page, served from memory."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})

    def serve(route: Route) -> None:
        path = route.request.url.partition("//")[2].partition("/")[2].partition("?")[0]
        if found := made.get(f"/{path}"):
            route.fulfill(body=found[1], content_type=found[0], headers={"X-Version": "1"})
            return
        folder, _, name = path.partition("/")
        file = {"static": STATIC, "house": HOUSE}.get(folder, STATIC) / (name or "index.html")
        route.fulfill(body=file.read_bytes(), content_type=TYPES.get(file.suffix, "image/svg+xml"))

    page.route("**/*", serve)
    page.goto(f"http://127.0.0.1:9/?map={painter}")
    return page


def measure(browser: Browser, made: dict[str, tuple[str, bytes]], painter: str, n: int) -> None:
    """Print how one painter does."""
    drawn, frames = [], []
    for _ in range(3):
        page = opened(browser, made, painter)
        page.wait_for_selector(f".map-holder[data-painted='{n}']", timeout=60_000)
        drawn.append(page.evaluate("performance.now()") / 1000)
        page.wait_for_timeout(800)
        page.keyboard.press("m")  # the large map: more pixels than it has at first
        page.wait_for_timeout(300)
        frames += page.evaluate(PAN, POINTER_MOVES)
        name = page.locator(".map-holder").get_attribute("data-painter")
        size = page.locator("canvas.over").bounding_box()
        page.close()
    assert size is not None
    late = float(np.percentile(frames, 95))
    print(
        f"{name:7} drawn after {spread(drawn)}; large map of {size['width']:.0f} × "
        f"{size['height']:.0f}, frame {np.median(frames):.1f} ms (95 %: {late:.1f}), "
        f"that is {1000 / np.median(frames):.0f} frames a second (95 %: {1000 / late:.0f}), "
        f"n = {len(frames)}"
    )


def main() -> int:
    """Print the conditions and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=100_000)
    n = parser.parse_args().items
    place = os.environ.get("HANDFUL_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place, args=FLAGS)
        print_conditions(f"The map of {n:,} items, Chromium {browser.version}, no GPU")
        made = answers(n)
        for painter in ("webgl", "canvas"):
            measure(browser, made, painter, n)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
