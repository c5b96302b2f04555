"""Claim: foreign pictures get "cannot say", and at most 2 % of pictures of the same source do.

    python -m benchmarks.unlike

Solar cells; the foreign pictures are drawn, or come with scikit-image and scikit-learn. Held out
are cells at random, or whole modules: they lie in module order, 60 to a run.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.report import print_conditions
from handful.datasets.solar_cells import SOUND, solar_cells
from handful.heads.novelty import novelty
from handful.learning.learn import Settings, embed
from handful.modalities.image.decode import Picture
from handful.modalities.image.prepare import prepare_picture

RUN, FEW = 60, 12  # cells of a module, about; cells of each class where few are learned from
PHOTOGRAPHS = (
    "astronaut",
    "brick",
    "camera",
    "cell",
    "chelsea",
    "clock",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "horse",
    "hubble_deep_field",
    "immunohistochemistry",
    "microaneurysms",
    "moon",
    "page",
    "retina",
    "rocket",
    "shepp_logan_phantom",
    "text",
)


def foreign(side: int = 300) -> dict[str, Image.Image]:
    """Noise, even surfaces, slopes, shapes, text, photographs: by name."""
    import skimage.data
    from sklearn.datasets import load_sample_image

    random = np.random.default_rng(5)
    slope = np.tile(np.linspace(0, 255, side), (side, 1))
    arrays = {
        "noise": random.integers(0, 256, (side, side)),
        "noise in colour": random.integers(0, 256, (side, side, 3)),
        "dim noise": np.clip(random.normal(60, 10, (side, side)), 0, 255),
        "lid on": np.clip(random.normal(4, 2, (side, side)), 0, 255),
        "salt": (random.random((side, side)) < 0.05) * 255,
        **{f"even {level}": np.full((side, side), level) for level in (0, 60, 128, 200, 255)},
        "slope": slope,
        "slope down": slope.T,
        "slope in colour": np.stack([slope, slope.T, np.full_like(slope, 128)], axis=2),
        "stripes": np.tile(np.arange(side) // 15 % 2 * 255, (side, 1)),
        "faces": 255 * np.concatenate(list(skimage.data.lfw_subset()[:4]), axis=1),
        **{f"face {n}": 255 * skimage.data.lfw_subset()[n] for n in (0, 7, 50)},
        "china": load_sample_image("china.jpg"),
        "flower": load_sample_image("flower.jpg"),
    }
    pictures = {name: Image.fromarray(value.astype(np.uint8)) for name, value in arrays.items()}
    for name in PHOTOGRAPHS:
        values = np.asarray(getattr(skimage.data, name)())
        scaled = values * (255 / max(values.max(), 1)) if values.dtype != np.uint8 else values
        pictures[name] = Image.fromarray(scaled.astype(np.uint8))
    for number in range(4):
        place = random.integers(10, side - 100, 2)
        shape = Image.fromarray(random.integers(60, 120, (side, side), dtype=np.uint8))
        draw = ImageDraw.Draw(shape)
        corners = (*place.tolist(), *(place + 80).tolist())
        (draw.ellipse if number % 2 else draw.rectangle)(corners, fill=230)
        pictures[f"shape {number}"] = shape
    written = Image.new("L", (side, side), 255)
    for line in range(18):
        text = "The quick brown fox jumps over the lazy dog"
        ImageDraw.Draw(written).text((10, 10 + 15 * line), text, fill=0)
    pictures["text page"] = written
    grey = {f"{name}, grey": one.convert("L") for name, one in pictures.items() if one.mode != "L"}
    return pictures | grey


def main() -> None:
    """A line for each way of holding out."""
    print_conditions("Solar cells: own pictures lost and foreign pictures missed, by vectors alone")
    with TemporaryDirectory() as folder:
        embedded = embed(solar_cells(), Path(folder), Settings())
        encoder, n = embedded.encoder, len(embedded.items)
        X = np.asarray(embedded.vectors(np.arange(n))[:])
    y = np.array([item.label == SOUND for item in embedded.items]).astype(np.int64)
    strange = foreign()
    tensors = [
        prepare_picture(Picture(one.convert("RGB"), *one.size, one.mode, "PNG"), encoder.recipe)
        for one in strange.values()
    ]
    F = np.concatenate([encoder.encode(tensor[None]) for tensor in tensors])

    def measured(held_out: np.ndarray) -> tuple[float, list[str]]:
        rows = np.flatnonzero(~held_out)
        units = embedded.units[rows]
        found = novelty(X[rows], y[rows], blocks=encoder.blocks, units=units)
        assert found is not None
        passed = found.distance.scores(F) <= found.limit
        lost = float((found.distance.scores(X[held_out]) > found.limit).mean())
        return lost, [name for name, missed in zip(strange, passed, strict=True) if missed]

    def few(seed: int) -> np.ndarray:
        random, held_out = np.random.default_rng(seed), np.ones(n, bool)
        for target in (0, 1):
            held_out[random.choice(np.flatnonzero(y == target), FEW, replace=False)] = False
        return held_out

    module, quarter = np.arange(n) // RUN, n // 4
    ways = {
        "cells at random": [
            np.isin(np.arange(n), np.random.default_rng(seed).permutation(n)[:quarter])
            for seed in range(4)
        ],
        "every fourth module": [module % 4 == part for part in range(4)],
        "modules at random": [
            np.isin(module, np.random.default_rng(seed).permutation(module[-1] + 1)[:11])
            for seed in range(4)
        ],
        "all but 24 cells": [few(seed) for seed in range(12)],
    }
    print(f"{'held out':<22} lost on average, at worst; missed of {len(F)} foreign, in all")
    for name, masks in ways.items():
        lost, missed = zip(*map(measured, masks), strict=True)
        names = sorted({one for some in missed for one in some})
        print(
            f"{name:<22} {np.mean(lost):6.2%} {max(lost):6.2%}   "
            f"{sum(map(len, missed))} in {len(masks)} fits {', '.join(names)}"
        )


if __name__ == "__main__":
    main()
