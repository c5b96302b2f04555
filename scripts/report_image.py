"""Makes docs/images/report.png, the README's picture of a report.

The data are pieces of six of scikit-image's photographs (public domain or CC0), described by little
more than their mean colour, so that there are errors to show. A few labels are made wrong.

    python -m scripts.report_image
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from handful.items.item import Item
from handful.modalities.image.thumbnails import PREVIEW_SIDE, encode_thumbnail
from handful.review.report import write_report
from handful.review.review import Review
from tests.review.samples import build, out_of_sample

IMAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "report.png"
PIECES = 70
SHOWN = ("confusion", "sensitivity", "errors")


def pieces() -> tuple[list[np.ndarray], np.ndarray, list[str]]:
    """Pieces of photographs, the photograph of each, and the photographs' names."""
    from skimage import data

    photographs = {
        "astronaut": data.astronaut(),
        "cat": data.chelsea(),
        "coffee": data.coffee(),
        "galaxies": data.hubble_deep_field(),
        "rocket": data.rocket(),
        "tissue": data.immunohistochemistry(),
    }
    rng = np.random.default_rng(3)
    cut, labels = [], []
    for k, photograph in enumerate(photographs.values()):
        height, width = photograph.shape[:2]
        for _ in range(PIECES):
            h = int(rng.integers(70, 120))
            w = int(h * rng.uniform(1.0, 1.5))
            top, left = int(rng.integers(height - h)), int(rng.integers(width - w))
            cut.append(np.ascontiguousarray(photograph[top : top + h, left : left + w]))
            labels.append(k)
    return cut, np.array(labels), list(photographs)


def described(piece: np.ndarray) -> np.ndarray:
    """Mean and spread of the colours, and how rough the piece is."""
    scaled = piece / 255
    rough = [np.abs(np.diff(scaled, axis=axis)).mean() for axis in (0, 1)]
    return np.concatenate([scaled.mean(axis=(0, 1)), scaled.std(axis=(0, 1)), rough])


def review() -> tuple[Review, dict[str, np.ndarray]]:
    """The review, and each item's pixels by its path."""
    cut, truth, names = pieces()
    vectors = np.array([described(piece) for piece in cut])
    vectors = (vectors - vectors.mean(axis=0)) / vectors.std(axis=0)
    rng = np.random.default_rng(0)
    labels = truth.copy()
    wrong = rng.choice(len(labels), 8, replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, len(names), 8)) % len(names)
    products = np.einsum("ni,nj->nij", vectors, vectors)[:, *np.triu_indices(vectors.shape[1])]
    paths = [f"{names[label]}/piece-{i:03}.jpg" for i, label in enumerate(labels)]
    probabilities = out_of_sample(np.c_[vectors, products], labels)
    made = build("photographs", paths, names, labels, probabilities, vectors)
    return made, dict(zip(paths, cut, strict=True))


def main() -> int:
    """Write the picture."""
    made, pixels = review()

    def thumbnail(item: Item) -> bytes:
        return encode_thumbnail(pixels[item.path])

    def preview(item: Item) -> bytes:
        return encode_thumbnail(pixels[item.path], side=PREVIEW_SIDE)

    place = os.environ.get("HANDFUL_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_path = Path(folder) / "report.html"
        write_report(made, page_path, thumbnail=thumbnail, preview=preview)
        browser = playwright.chromium.launch(executable_path=place, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, device_scale_factor=1.25)
        page.goto(page_path.as_uri())
        page.wait_for_selector("#reliability svg")
        page.evaluate(
            """shown => {
                for (const s of document.querySelectorAll('main section'))
                    if (!shown.includes(s.id)) s.style.display = 'none';
                for (const card of [...document.querySelectorAll('#errors .card')].slice(5))
                    card.remove();
                for (const rest of document.querySelectorAll('#errors .more, #errors .bar, footer'))
                    rest.style.display = 'none';
                document.querySelector('main').style.paddingBottom = '0';
            }""",
            list(SHOWN),
        )
        page.wait_for_timeout(500)
        IMAGE.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=IMAGE, full_page=True)
        browser.close()
    sys.stdout.write(f"{IMAGE} ({IMAGE.stat().st_size // 1000} kB)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
