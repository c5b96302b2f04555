"""Real small pictures for tests: the handwritten digits of scikit-learn, as PNG files."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits


def write_loose_digits(folder: Path, **options: Any) -> dict[str, str]:
    """The same pictures in one folder without classes. Returns path to class."""
    kept = write_digits(folder.with_name(f"{folder.name}-classes"), **options)
    folder.mkdir(parents=True, exist_ok=True)
    truth = {}
    for picture in sorted(kept.glob("*/*.png")):
        name = f"{picture.stem}.png"
        picture.rename(folder / name)
        truth[name] = picture.parent.name
    return truth


def write_digits(
    folder: Path, *, classes: tuple[int, ...] = (0, 1, 7), per_class: int = 20
) -> Path:
    """A folder with a folder of 8 × 8 pictures for each class. Returns it."""
    digits = load_digits()
    for label in classes:
        place = folder / f"digit-{label}"
        place.mkdir(parents=True, exist_ok=True)
        chosen = np.flatnonzero(digits.target == label)[:per_class]
        for number in chosen:
            pixels = (digits.images[number] * 255 / 16).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{number:04}.png")
    return folder
