"""A final exam as the ledger has it: what a frozen model said, before anybody was asked.

The model's answers are written down first and never altered, so no answer of a person can teach
it. What its accuracy comes to is `estimate/exam.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from handful.labels.event import Event

ANSWERS = frozenset({"label", "unsure"})


@dataclass(frozen=True, slots=True)
class Exam:
    """One exam.

    Args:
        seq: of its beginning: answers given before do not count.
        model: SHA-256 of the network examined, in hexadecimal.
        classes: keys of the k classes that it knows.
        said: item → its k probabilities; the items in the order in which they are to be asked.
    """

    seq: int
    model: str
    classes: tuple[str, ...]
    said: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, event: Event) -> Exam:
        """The exam that an event of the kind "exam" began."""
        detail = json.loads(event.detail)
        said = dict(zip(detail["items"], map(tuple, detail["said"]), strict=True))
        return cls(event.seq, event.model, tuple(detail["classes"]), said)

    def detail(self) -> str:
        """What the event holds of it beside the model."""
        columns = {
            "classes": self.classes,
            "items": list(self.said),
            "said": list(self.said.values()),
        }
        return json.dumps(columns, ensure_ascii=False)

    @property
    def items(self) -> tuple[str, ...]:
        """In the order in which they are to be asked."""
        return tuple(self.said)


def answer_in(exam: Exam, counted: Iterable[Event], *, until: int) -> Event | None:
    """The latest answer that was given to an exam's question; None: there is none.

    A correction made after the exam is not part of it: by then one may have seen where the model
    was wrong.

    Args:
        counted: all that was said of the item and not undone, oldest first.
        until: `seq` from which answers belong to a later exam.
    """
    latest: dict[str, Event] = {}
    for event in counted:
        if event.kind == "clear":
            latest.pop(event.annotator, None)
        elif event.source == "exam" and event.kind in ANSWERS and exam.seq < event.seq < until:
            latest[event.annotator] = event
    return max(latest.values(), key=lambda event: event.seq, default=None)
