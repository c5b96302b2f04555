"""What goes over the wire: the shapes of requests and answers, documented in docs/reference."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Place = Annotated[int, Field(ge=0)]
Verdict = Literal["unsure", "skip", "not", "decide", "clear"]
MOST_GESTURES, MOST_ITEMS = 1_000, 100_000


class Strict(BaseModel):
    """A request; a field that would be ignored is an error."""

    model_config = ConfigDict(extra="forbid")


class Gesture(Strict):
    """What an annotator did once: a key, a row confirmed, a lasso.

    A label alone gives the items their class. With verdict "decide" it settles a dispute, with
    "not" it is the class refused. Where each item has its own, `labels` stands instead, in the
    order of the items. The flag is beside all that. Of several items those that have a label or
    an "unsure" keep it, unless `overwrite` says that they may be changed.
    """

    id: UUID
    items: Annotated[list[Place], Field(min_length=1, max_length=MOST_ITEMS)]
    label: Name | None = None
    labels: Annotated[list[Name], Field(min_length=1, max_length=MOST_ITEMS)] | None = None
    verdict: Verdict | None = None
    flag: bool | None = None
    overwrite: bool = False
    source: Literal["key", "grid", "lasso", "suggestion", "reask"] = "key"
    milliseconds: Annotated[int, Field(ge=0, le=2**31)] | None = None
    query: Annotated[float, Field(ge=0, le=1)] | None = None
    model: int | str | None = None

    @property
    def each(self) -> list[str]:
        """The label of each item; empty where none is given."""
        if self.label is not None:
            return [self.label] * len(self.items)
        return self.labels or []


class Gestures(Strict):
    """Some gestures, in the order in which they were made."""

    gestures: Annotated[list[Gesture], Field(min_length=1, max_length=MOST_GESTURES)]


class Turn(Strict):
    """Undo or redo; with an id it may be sent again safely."""

    id: UUID | None = None


class ClassChange(Strict):
    """One change to the classes: add, rename or merge."""

    id: UUID | None = None
    add: Name | None = None
    rename: tuple[Name, Name] | None = None
    merge: tuple[Name, Name] | None = None


class Parted(Strict):
    """Two sets of items that a new map is to part."""

    a: Annotated[list[Place], Field(min_length=1, max_length=MOST_ITEMS)]
    b: Annotated[list[Place], Field(min_length=1, max_length=MOST_ITEMS)]


class Nothing(Strict):
    """A request without content."""


class FigureOut(BaseModel):
    """A number with its interval; value is null where there is nothing to measure on yet."""

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    n: int
    method: str


class ClassOut(BaseModel):
    """One class: how many items, which colour, which key."""

    name: str
    count: int
    colour: int
    key: str


class ModelOut(BaseModel):
    """The chip: which model, how long it took, how many labels it has not learned yet."""

    version: int
    state: Literal["none", "fitting", "ready", "failed"]
    milliseconds: float
    labels_behind: int
    error: dict[str, str] | None


class AuditOut(BaseModel):
    """How far the audit is."""

    answered: int
    reserve: int
    wanted: int


class PerClassOut(BaseModel):
    """One class on the audit items."""

    name: str
    recall: FigureOut
    precision: FigureOut


class ForecastOut(BaseModel):
    """What the next labels would buy."""

    labels: int
    gain: FigureOut


class AdviceOut(BaseModel):
    """Whether to go on; null: cannot tell."""

    stop: bool | None
    text: str


class AgreementOut(BaseModel):
    """Two annotators beside each other."""

    annotators: list[str]
    kappa: FigureOut
    items: int


class MeterOut(BaseModel):
    """How good the model is that would be shipped now."""

    accuracy: FigureOut
    live: FigureOut
    audit: AuditOut
    per_class: list[PerClassOut]
    confusion: list[list[int]]
    forecast: ForecastOut | None
    expected_wrong: FigureOut
    advice: AdviceOut
    baseline: str | None
    agreement: AgreementOut | None
    own_consistency: FigureOut | None


class LassoOut(BaseModel):
    """A lasso whose labels count half: still being looked at, or not confirmed."""

    gesture: str
    label: str
    items: int
    unanswered: int
    answered: int
    agreed: int


class ExamOut(BaseModel):
    """The latest final exam, and how many questions a new one would have.

    `model`: eight digits of the hash of the model examined; null: there was no exam yet.
    `test_accuracy`: of that model alone; null until all questions are answered.
    """

    fresh: int
    model: str | None = None
    questions: int = 0
    answered: int = 0
    unsure: int = 0
    is_open: bool = False
    test_accuracy: FigureOut | None = None


class CrowdOut(BaseModel):
    """Items that several people gave a class, and a line on what would add their consensus."""

    shared: int
    lacking: str | None


class SetAside(BaseModel):
    """A picture that cannot be read, and why."""

    path: str
    why: str


class Progress(BaseModel):
    """How far embedding is."""

    done: int
    total: int
    rate: float


class SessionOut(BaseModel):
    """All that the page shows but pictures and labels.

    Answers and events may overtake each other: the one `looked_at` later (microseconds) holds.
    """

    looked_at: int
    name: str
    annotator: str
    items: int
    embedded: int
    quarantined: list[SetAside]
    notes: list[str]
    classes: list[ClassOut]
    labelled: int
    unsure: int
    flagged: int
    disputed: int
    can_undo: bool
    can_redo: bool
    label_version: int
    positions_version: int
    lassos: list[LassoOut]
    model: ModelOut
    meter: MeterOut | None
    exam: ExamOut
    crowd: CrowdOut
    progress: Progress | None
    failed: dict[str, str] | None


class ItemsOut(BaseModel):
    """All items, in columns."""

    paths: list[str]
    groups: list[str | None]


class LabelsOut(BaseModel):
    """All labels (items is null), or those that changed."""

    version: int
    classes: list[str]
    items: list[int] | None
    labels: list[int]
    unsure: list[int]
    flagged: list[int]


class SuggestionOut(BaseModel):
    """What the model says of an item."""

    label: str
    probability: float


class PickOut(BaseModel):
    """One item to be looked at. `again`: it was answered before; the answer's source is "reask"."""

    item: int
    reason: str
    blind: bool
    again: bool
    probability: float | None
    suggestion: SuggestionOut | None
    given: str | None
    against: list[int]
    votes: dict[str, str]


class QueueOut(BaseModel):
    """Items to be looked at, first things first; `total`: how many there are of the kind."""

    kind: str
    picks: list[PickOut]
    total: int


class SimilarOut(BaseModel):
    """Items like one."""

    items: list[int]


class Changed(BaseModel):
    """What became of gestures, undo, redo or a change of classes.

    `left`: items that had a label and were left as they were.
    """

    saved: list[str]
    version: int
    items: list[int]
    left: list[int]
    session: SessionOut


class Problem(BaseModel):
    """The four lines of an error."""

    what: str
    found: str
    expected: str
    attempt: str


class ProblemOut(BaseModel):
    """Every answer that is not 2xx."""

    error: Problem
