"""The names of the parts of a data set: what people call their training, validation and test parts.

One list for folders and for the column `split` of a table.
"""

from __future__ import annotations

import re
from typing import Literal

from handful.items.item import SplitName

Part = Literal["train", "validation", "test"]

PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "trn": "train",
    "learn": "train",
    "learning": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "validate": "validation",
    "dev": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "holdout": "test",
    "eval": "test",
    "evaluation": "test",
}
"""A name, in lower case and without what may stand around it, and the part that it means."""

# Words that say nothing about which part it is: "training_set", "test images", "val_data".
_FILLERS = frozenset(
    {"set", "data", "dataset", "split", "part", "images", "image", "imgs", "img", "pictures"}
    | {"photos", "files", "samples", "folder", "stage"}
)


def part_named(name: str) -> Part | None:
    """The part that a name means, or None: "Training_Set", "test-images" and "val2017" are plain.

    Case, numbers and words such as "set" and "images" do not count; any other word does, so that
    "test_strips" is no part of a data set.
    """
    words = re.sub(r"hold[\W_]*out", "holdout", name.casefold())
    kept = [word for word in re.split(r"[\W\d_]+", words) if word and word not in _FILLERS]
    if len(kept) != 1:
        return None
    word = kept[0]
    return PARTS.get(word) or PARTS.get(word.removesuffix("set"))


def side_of(part: Part) -> SplitName:
    """Where items of a part go: validation is learned from, as no such set is needed here."""
    return "test" if part == "test" else "train"
