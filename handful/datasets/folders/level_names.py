"""What a folder's name looks like by itself: a day, a camera's, a patient's number, a bin.

What a whole level of folders means is judged in `evidence.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from handful.items.split_names import part_named

Shape = Literal["part", "day", "camera", "numbered", "code", "number", "container", "place", "word"]

# A few folders of another shape do not change what a level is.
_MOST = 0.9

_DAY = re.compile(
    r"(.*[^\d])?(19|20)\d\d([-_. ]?)(0[1-9]|1[0-2])\3(0[1-9]|[12]\d|3[01])([^\d].*)?"
    r"|(0[1-9]|[12]\d|3[01])([-_. ])(0[1-9]|1[0-2])\7(19|20)\d\d"
    r"|(19|20)\d\d[-_.](0[1-9]|1[0-2])"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-_ ]?((19|20)?\d\d)?"
)
# Cameras name their folders by a rule (DCF): three digits and five characters.
_CAMERA = re.compile(r"dcim\d*|img|1\d\d[a-z_][a-z0-9_]{4}|1\d\d_\d{4}|\d{3}(media|canon|gopro)")
# Words that are followed by a number or one letter where people count what they photographed.
_COUNTED = (
    "patient|pat|subject|subj|sub|case|person|participant|volunteer|animal|mouse|rat|specimen"
    "|slide|plate|site|station|plot|transect|camera|cam|video|vid|clip|seq|sequence|burst|series"
    "|study|session|visit|scene|module|panel|batch|lot|id|day|week|run|trial|roll|tray|well"
    "|donor|field|location|loc|area|zone|farm|house|sample|hospital|clinic|centre|center|scanner"
    "|lab|ward|city|month|round|block"
)
_NUMBERED = re.compile(rf"({_COUNTED})[-_ ]?(\d+[a-z]?|[a-z])")
_INDIVIDUAL = re.compile(
    r"(patient|pat|subject|subj|sub|case|person|participant|volunteer|animal|mouse|rat|specimen"
    r"|slide|module|panel|id|donor)[-_ ]?(\d+[a-z]?|[a-z])"
)
_CODE = re.compile(
    r"[a-z][-_ ]?\d+|[a-z]{2,3}[-_ ]?\d{2,}|\d{4,}|(?=.*\d)[0-9a-f]{8,}"
    r"|(?=(.*\d){3})[a-z0-9]+([-_][a-z0-9]+)+|(?=(.*\d){2})[a-z0-9]+([-_][a-z0-9]+){2,}"
)
_SYNSET = re.compile(r"n\d{8}")  # names of classes, though they look like codes
_PLACES = frozenset(
    {"north", "south", "east", "west", "upstream", "downstream", "creek", "ridge", "river", "lake"}
    | {"pond", "hill", "valley", "meadow", "bridge", "road", "farm", "camp", "bay", "beach", "site"}
    | {"garden", "barn", "trail", "canyon", "island", "cove", "marsh", "harbour", "harbor"}
)
_CONTAINERS = frozenset(
    {"images", "image", "imgs", "pictures", "photos", "pics", "data", "dataset", "files", "jpg"}
    | {"jpeg", "jpegs", "png", "pngs", "tif", "tiff", "frames", "scans", "original", "originals"}
    | {"mask", "masks", "annotations", "labels", "ground_truth", "groundtruth", "gt"}
)
# Without the letters' case and what is no letter.
_UNLABELLED = frozenset(
    {"unlabeled", "unlabelled", "unlabeleddata", "unlabelleddata", "unlabeledimages", "unsorted"}
    | {"unannotated", "notlabeled", "notlabelled", "nolabel", "nolabels", "tolabel", "tosort"}
    | {"todo", "unsup", "unlabeledpool", "uncategorized", "uncategorised"}
)
# Bins too, unless what stands beside them says that they are a class.
_BINS = frozenset({"raw", "inbox", "new", "incoming", "pending"})
_CLASS_BESIDE = {
    "new": frozenset({"old", "used", "worn", "aged", "damaged"}),
    "raw": frozenset({"cooked", "ripe", "roasted", "fried", "boiled", "welldone"}),
}


def shape_of(names: Collection[str]) -> Shape:
    """What most of a level's names look like; "word" where they are of no other shape."""
    shapes = [_shape(name) for name in names]
    # Whoever counts in one way counts in it throughout: 1, 2, ... 1000 are numbers, not codes.
    if all(name.strip().isdigit() for name in names) and min(map(len, names), default=9) < 4:
        return "number"
    return next((shape for shape in shapes if shapes.count(shape) >= _MOST * len(shapes)), "word")


def _shape(name: str) -> Shape:
    small = name.casefold().strip()
    if part_named(name):
        return "part"
    if small in _CONTAINERS:
        return "container"
    if _CAMERA.fullmatch(small):
        return "camera"
    if _DAY.fullmatch(small):
        return "day"
    if _NUMBERED.fullmatch(small):
        return "numbered"
    if small.isdigit():
        return "code" if len(small) > 3 else "number"
    if _CODE.fullmatch(small) and not _SYNSET.fullmatch(small):
        return "code"
    words = re.split(r"[\W\d_]+", small)
    return "place" if any(word in _PLACES for word in words) else "word"


def are_individuals(names: Collection[str]) -> bool:
    """Whether each folder of a level is one person, animal or thing, so that it must stay whole."""
    return all(
        _INDIVIDUAL.fullmatch(name.casefold().strip()) or _shape(name) == "code" for name in names
    )


def is_bin(name: str) -> bool:
    """Whether a folder's name says that nobody labelled what lies in it."""
    return _letters(name) in _UNLABELLED


def bins_among(names: Collection[str]) -> frozenset[str]:
    """Those of folders side by side that hold what nobody labelled.

    `raw` is one, but beside "cooked" it is a class.
    """
    letters = {name: _letters(name) for name in names}
    all_letters = frozenset(letters.values())
    return frozenset(
        name
        for name, told in letters.items()
        if told in _UNLABELLED
        or (told in _BINS and not _CLASS_BESIDE.get(told, frozenset()) & all_letters)
    )


def _letters(name: str) -> str:
    return re.sub(r"[\W\d_]+", "", name.casefold())
