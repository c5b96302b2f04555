"""One row of a file of labels, whatever the file's format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One answer.

    Args:
        path: of the item, as the file has it.
        label: class name; empty: the annotator was unsure.
        annotator: empty where the file does not say.
        source: how it was said, as `Event.source`; empty where the file does not say.
        time: seconds since 1970, UTC; None where the file does not say.
    """

    path: str
    label: str
    annotator: str = ""
    source: str = ""
    time: float | None = None
