"""From the press of a key to the next picture shown, in Chromium, while the model fits.

python -m benchmarks.key_press [--items 10000] [--presses 200]

The workbench is the real one, `handful label` in a process of its own on the same cores, with
handwritten digits, shifted and with noise, as 256-pixel pictures. Every press gives a label, and so
makes it fit again. "Shown" is the end of the frame in which the next picture, decoded, stands on
the page. The first labels, and embedding, are not counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sklearn.datasets import load_digits

import handful
from benchmarks.report import print_conditions
from tests.browser.desk import Desk, ready, saved, type_class

SIDE = 256
PAUSE_MS = 250  # between presses: quicker than people decide
CLASSES = 10

WATCH = """() => {
    window.shown = [];
    window.wasFitting = [];
    const channel = new MessageChannel();
    let pressed = 0;
    channel.port1.onmessage = () => window.shown.push(performance.now() - pressed);
    addEventListener('keydown', event => {
        const before = document.querySelector('.stage img')?.getAttribute('src');
        pressed = event.timeStamp;
        window.wasFitting.push(document.querySelector('.chip.fitting') !== null);
        const look = () => {
            const image = document.querySelector('.stage img');
            const stands = image && image.getAttribute('src') !== before
                && image.complete && image.naturalWidth > 0;
            // A message that is sent from within a frame arrives once that frame is painted.
            if (stands) channel.port2.postMessage(null);
            else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    }, { capture: true });
}"""


def write_pictures(folder: Path, n: int) -> list[int]:
    """Write `n` pictures; returns the digit on each."""
    folder.mkdir()
    digits, rng = load_digits(), np.random.default_rng(0)
    of = rng.integers(len(digits.images), size=n)
    for number, at in enumerate(of):
        moved = np.roll(digits.images[at] * 255 / 16, rng.integers(-1, 2, size=2), axis=(0, 1))
        noisy = (moved + rng.normal(0, 12, moved.shape)).clip(0, 255).astype(np.uint8)
        large = Image.fromarray(noisy).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        large.save(folder / f"{number:05}.jpg", quality=85)
    return [int(digits.target[at]) for at in of]


def press(page: Page, truth: list[int]) -> None:
    """Label the large picture as what it is."""
    name = page.locator(".stage-words .path").inner_text()
    page.keyboard.press(str((truth[int(Path(name).stem)] + 1) % 10))
    page.wait_for_timeout(PAUSE_MS)


def main() -> int:
    """Print the conditions and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--presses", type=int, default=200)
    wanted = parser.parse_args()
    place = os.environ.get("HANDFUL_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch) / "digits"
        truth = write_pictures(folder, wanted.items)
        handful.open(folder).embed()
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=place, args=flags)
        print_conditions(f"Key press to next picture, {wanted.items:,} items, {browser.version}")
        desk = Desk(folder, browser)
        page = desk.open()
        for digit in range(CLASSES):
            type_class(page, f"digit {digit}")
        ready(page)
        page.keyboard.press("g")
        for _ in range(20):
            press(page, truth)
        before = page.locator(".chip").inner_text()
        page.evaluate(WATCH)
        for _ in range(wanted.presses):
            press(page, truth)
        saved(page)
        shown = np.array(page.evaluate("window.shown"))
        fitting = np.array(page.evaluate("window.wasFitting"), bool)[: len(shown)]
        after = page.locator(".chip").inner_text()
        desk.close()
        browser.close()
    print(f"{len(shown)} of {wanted.presses} presses showed a picture; {before} → {after}")
    for name, times in (("all presses", shown), ("while it fits", shown[fitting])):
        low, mid, late = np.percentile(times, [5, 50, 95])
        print(
            f"{name:<14} {mid:.1f} ms (5 %: {low:.1f}, 95 %: {late:.1f}, longest "
            f"{times.max():.1f}, n = {len(times)})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
