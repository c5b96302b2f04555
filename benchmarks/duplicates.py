"""Claim: copies of pictures are found, and no two different pictures are taken for copies.

Precision: all pairs of different originals (solar cells, photographs and their tiles, digits).
Recall: changed copies of up to 150 originals of each set. Then the time for 50,000 pictures.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

from benchmarks.report import print_conditions, seconds_of, spread
from handful.datasets.solar_cells import solar_cells
from handful.modalities.image.decode import decode
from handful.modalities.image.duplicates import clusters
from handful.modalities.image.facts import Fingerprint, fingerprint, perceptual_hash

PHOTOGRAPHS = (
    "astronaut brick camera cat cell clock coffee coins colorwheel grass gravel hubble_deep_field"
    " immunohistochemistry logo moon page retina rocket text microaneurysms horse"
)
TILE = 128
COPIED = 150
MANY = 19  # times 2,624 cells makes 49,856


def originals() -> Iterator[tuple[str, list[Image.Image]]]:
    """Sets in which all pictures differ."""
    from skimage import data
    from sklearn.datasets import load_digits

    cells = [Image.open(item.source) for item in solar_cells()]
    photographs = [
        Image.fromarray(getattr(data, name)()).convert("RGB") for name in PHOTOGRAPHS.split()
    ]
    tiles = [
        image.crop((x, y, x + TILE, y + TILE))
        for image in photographs
        for y in range(0, image.height - TILE + 1, TILE)
        for x in range(0, image.width - TILE + 1, TILE)
    ]
    yield "solar cells", cells
    yield "photographs", photographs
    yield "their tiles", [tile for tile in tiles if np.asarray(tile.convert("L")).std() > 2]
    yield "digits 8 x 8", [Image.fromarray((x * 15.9).astype("u1")) for x in load_digits().images]


def saved(image: Image.Image, kind: str = "PNG", **options: int) -> bytes:
    """The picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def copies(image: Image.Image) -> Iterator[tuple[str, bytes]]:
    """Changed copies that are still the same picture."""
    width, height = image.size
    yield "JPEG 90", saved(image, "JPEG", quality=90)
    yield "JPEG 50", saved(image, "JPEG", quality=50)
    yield "WebP 60", saved(image, "WEBP", quality=60)
    for factor in (0.5, 0.75, 1.5):
        size = (round(width * factor), round(height * factor))
        yield f"size x {factor}", saved(image.resize(size, Image.Resampling.LANCZOS))
    half = image.resize((width // 2, height // 2))
    yield "size x 0.5, JPEG 70", saved(half, "JPEG", quality=70)
    for factor in (0.85, 1.15):
        yield f"brightness x {factor}", saved(ImageEnhance.Brightness(image).enhance(factor))
    yield "brightness + 12", saved(image.point(lambda value: min(255, value + 12)))
    yield "contrast x 0.85", saved(ImageEnhance.Contrast(image).enhance(0.85))


def others(image: Image.Image) -> Iterator[tuple[str, bytes]]:
    """Pictures of the same scene that must count as others: one small thing differs."""
    rng = np.random.default_rng(0)
    grey = np.asarray(image.convert("L"), float)
    noisy = Image.fromarray(np.clip(grey + rng.normal(0, 2, grey.shape), 0, 255).astype("u1"))
    side = min(image.size)
    x, y = (int(v) for v in (image.width * 0.4, image.height * 0.6))
    fill = 0 if noisy.getpixel((x, y)) > 127 else 255
    for share in (0.01, 0.02, 0.04):
        changed, radius = noisy.copy(), share * side / 2
        ImageDraw.Draw(changed).ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
        yield f"noise and a spot of {share:.0%}", saved(changed)


def of(data: bytes) -> Fingerprint:
    """The fingerprint of a file."""
    return fingerprint(data, decode(data))


def main() -> None:
    """Measure precision, recall and time."""
    print_conditions("Duplicates")
    cells: list[Fingerprint] = []
    for name, images in originals():
        seen = [of(saved(image)) for image in images]
        cells = cells or seen
        pairs = len(seen) * (len(seen) - 1) // 2
        wrong = len(seen) - len(set(clusters(seen).tolist()))
        print(
            f"\n{name}: {len(seen):,} different pictures, {pairs:,} pairs, {wrong} joined in error"
        )
        chosen = np.random.default_rng(0).permutation(len(images))[:COPIED]
        joined: dict[str, list[bool]] = defaultdict(list)
        for kind in (copies, others):
            for i in chosen:
                for change, data in kind(images[i]):
                    joined[change].append(len(set(clusters([seen[i], of(data)]).tolist())) == 1)
        for change, hits in joined.items():
            print(f"  {change:<24} joined {np.mean(hits):6.1%} of {len(hits)}")
    time_many(cells)


def time_many(cells: list[Fingerprint]) -> None:
    """The time for 50,000 pictures that look much alike and are none of them copies."""
    rng = np.random.default_rng(0)
    many = []
    for turn in range(MANY):
        for one in cells:
            thumb = np.frombuffer(one.thumb, np.uint8).reshape(32, 32)
            moved = np.roll(thumb, (turn % 5 - 2, turn // 5 - 2), (0, 1))
            noisy = np.clip(moved + rng.normal(0, 3, moved.shape), 0, 255).astype(np.uint8)
            key = f"{turn} {one.content}"
            look = {"thumb": noisy.tobytes(), "phash": perceptual_hash(noisy)}
            many.append(replace(one, content=key, pixels=key, **look))
    print()
    for n in (len(cells), len(many)):
        print(f"clusters of {n:,}: {spread(seconds_of(lambda n=n: clusters(many[:n]), repeats=3))}")


if __name__ == "__main__":
    main()
