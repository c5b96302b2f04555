"""One row of a file of labels, whatever the file's format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
    """

    path: str
    label: str
    annotator: str = ""
    source: str = ""
    time: float | None = None
    consensus: Consensus | None = None
