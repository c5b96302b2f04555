"""One line of the ledger: what somebody said or did, once, and never altered. No SQL here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "label",  # `item` belongs to class `label`
    "unsure",  # the annotator looked at `item` and cannot say
    "clear",  # the annotator takes back what was said of `item`
    "flag",  # `item` is worth another look; `detail` may say why
    "unflag",
    "adjudicate",  # `item` belongs to class `label`, whatever the annotators say
    "class-add",  # class `label` begins
    "class-rename",  # class `label` is called `detail` from here on
    "class-merge",  # class `label` becomes part of class `detail`
    "reserve",  # the audit reserve was drawn: `detail` holds it as JSON
    "ask",  # audit items were put before the annotator, blind: `detail` holds them as JSON
    "exam",  # model `model` was frozen, and said of its exam's items what `detail` holds as JSON
    "move",  # items were found under other paths: `detail` holds old → new as JSON
    "undo",  # gesture `detail` counts no more
    "redo",  # gesture `detail` counts again
]
Source = Literal["key", "grid", "lasso", "suggestion", "reask", "import", "api", "audit", "exam"]

MEASURES = frozenset({"audit", "exam"})  # answers to items that were drawn at random, asked blind

ABOUT_ITEMS = frozenset({"label", "unsure", "clear"})
CHANGES_AN_ANSWER = ABOUT_ITEMS | {"adjudicate"}
ABOUT_FLAGS = frozenset({"flag", "unflag"})
ABOUT_CLASSES = frozenset({"class-add", "class-rename", "class-merge"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was said or done.

    Args:
        seq: place in the ledger, from 1 upwards; the order of all things.
        uuid: made by whoever sends it, so that sending twice stores once.
        gesture: shared by the events of one gesture (a lasso over 400 items); undo takes all.
        kind: see `Kind`.
        annotator: who, by the name given.
        time: seconds since 1970, UTC.
        item: path relative to the data folder, or empty.
        label: key of a class (its first name), or empty.
        detail: what else the kind needs; see `Kind`.
        source: how it was said.
        digest: content hash of the item when it was seen, or empty.
        model: version of the model that made the suggestion, or hash of the one examined; or empty.
        probability: with which the query picked the item; None where the choice was not random.
        milliseconds: from shown to answered, or None.
    """

    seq: int
    uuid: str
    gesture: str
    kind: Kind
    annotator: str
    time: float
    item: str = ""
    label: str = ""
    detail: str = ""
    source: Source = "api"
    digest: str = ""
    model: str = ""
    probability: float | None = None
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What an annotator says of one item, before the ledger has numbered it.

    Args:
        item: path relative to the data folder.
        label: name of the class; for the kinds "label" and "adjudicate" only.
        kind: "label", "unsure", "clear", "flag", "unflag" or "adjudicate".
        note: why it was flagged.
        uuid: give your own to be able to send again safely; empty: the ledger makes one.
        time: when it was said, seconds since 1970, UTC; None: now.
        source, digest, model, probability, milliseconds: see `Event`.
    """

    item: str
    label: str = ""
    kind: Literal["label", "unsure", "clear", "flag", "unflag", "adjudicate"] = "label"
    note: str = ""
    uuid: str = ""
    source: Source = "api"
    digest: str = ""
    model: str = ""
    probability: float | None = None
    milliseconds: int | None = None
    time: float | None = None
