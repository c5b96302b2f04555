"""One row of a file of labels, whatever the file's format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from handful.errors import SettingError
from handful.items.label_names import label_name


@dataclass(frozen=True, slots=True)
class Consensus:
    """What several annotators' answers to one item amount to.

    Args:
        label: class name.
        quality: how likely it is right, in [0, 1]; None where somebody decided.
        annotators: those who answered → quality of all their answers, in [0, 1].
    """

    label: str
    quality: float | None
    annotators: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One answer.

    Args:
        path: of the item, as the file has it.
        label: class name; empty: the annotator was unsure.
        annotator: empty where the file does not say.
        source: how it was said, as `Event.source`; empty where the file does not say.
        time: seconds since 1970, UTC; None where the file does not say.
        consensus: written where there is one, and never read.
        missing: whether the item is not in the data any more; written, and never read.
    """

    path: str
    label: str
    annotator: str = ""
    source: str = ""
    time: float | None = None
    consensus: Consensus | None = None
    missing: bool = False


def row_of_one_class(
    path: str, names: Iterable[object], *, annotator: str = "", time: float | None = None
) -> Row | str:
    """A row where all names are one class, else what is wrong.

    Args:
        path: of the item, as the file has it.
        names: what its tags, boxes or choices are called.
        annotator: empty where the file does not say.
        time: seconds since 1970, UTC; None where the file does not say.
    """
    try:
        found = {label_name(name): None for name in names}  # an ordered set
    except SettingError as error:
        return f"{path}: {error.found} is not the name of a class"
    classes = [name for name in found if name is not None]
    if len(classes) != 1:
        which = f" ({', '.join(classes[:4])})" if classes else ""
        return f"{path}: {len(classes)} classes{which} where one is needed"
    return Row(path, classes[0], annotator, "", time)


def seconds_of(text: object) -> float | None:
    """Seconds since 1970 of a time in ISO 8601; None where it is none.

    A label is worth more than its time: one that cannot be read is left away.
    """
    try:
        return datetime.fromisoformat(str(text).strip()).timestamp() if text else None
    except (ValueError, OverflowError):
        return None
