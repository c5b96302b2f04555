"""The session as the page shows it: counts, classes and keys, the model's chip, the meter."""

from __future__ import annotations

import math

import numpy as np

from handful.active.agreement import Agreement, consistency, disputed
from handful.active.consensus import num_shared
from handful.active.exam import fresh, sittings
from handful.active.label_snapshot import Given
from handful.active.meter import Meter
from handful.errors import HandfulError
from handful.estimate.figure import Figure
from handful.labels.crowd import is_installed, what_would_add_it
from handful.review.wording import baseline_words
from handful.workbench.bench import Bench
from handful.workbench.refusal import refusal_body
from handful.workbench.schemas import (
    AdviceOut,
    AgreementOut,
    AuditOut,
    ClassOut,
    CrowdOut,
    ExamOut,
    FigureOut,
    ForecastOut,
    LassoOut,
    MeterOut,
    ModelOut,
    PerClassOut,
    SessionOut,
    SetAside,
)

DIGITS = "1234567890"
WANTED = 100  # audit answers that make a useful interval, about ± 7 points at 85 %
MOST_SET_ASIDE = 200  # named on the page; all of them are in the report


def summary(bench: Bench, by: str) -> SessionOut:
    """The whole session, as one annotator sees it."""
    looked_at = bench.moment()  # first: of two summaries the later one misses nothing
    session = bench.session
    given = session.given()
    with session.ledger.reading() as state:
        unsure = sum(verdict.label is None for verdict in state.verdicts.values())
        can_undo = state.gesture_to_undo(by) is not None
        can_redo = state.gesture_to_redo(by) is not None
        shared = num_shared(state)
        flagged, num_disputed = len(state.flags), len(disputed(state))
        own = consistency(state, by)
    meter = None if session.meter is None else _meter(session.meter, given, session.agreement, own)
    known = session.known
    return SessionOut(
        looked_at=looked_at,
        name=bench.project.name,
        annotator=by,
        items=len(session.items),
        embedded=0 if known is None else len(known.places),
        quarantined=[SetAside(path=path, why=why) for path, why in bench.quarantined().items()][
            :MOST_SET_ASIDE
        ],
        notes=list(session.followed.notes()),
        classes=classes(given),
        labelled=int((given.labels >= 0).sum()),
        unsure=unsure,
        flagged=flagged,
        disputed=num_disputed,
        can_undo=can_undo,
        can_redo=can_redo,
        label_version=given.version,
        positions_version=bench.layout.version,
        lassos=[
            LassoOut(
                gesture=one.gesture,
                label=one.label,
                items=len(one.items),
                unanswered=len(one.unanswered),
                answered=one.answered,
                agreed=one.agreed,
            )
            for one in given.lassos
            if not one.is_trusted
        ],
        model=model(bench),
        meter=meter,
        exam=exam(bench),
        crowd=CrowdOut(
            shared=shared,
            lacking=what_would_add_it(shared) if shared and not is_installed() else None,
        ),
        progress=bench.progress,
        failed=None if bench.failure is None else four_lines(bench.failure),
    )


def classes(given: Given) -> list[ClassOut]:
    """Every class with its count, its colour and its key."""
    counts = np.bincount(given.labels[given.labels >= 0], minlength=len(given.classes))
    return [
        ClassOut(name=name, count=int(count), colour=at, key=key_of(at))
        for at, (name, count) in enumerate(zip(given.classes, counts, strict=True))
    ]


def key_of(at: int) -> str:
    """1 to 9 and 0; with Shift, 11 to 20; none beyond: those are typed."""
    if at < len(DIGITS):
        return DIGITS[at]
    return f"!{DIGITS[at - len(DIGITS)]}" if at < 2 * len(DIGITS) else ""


def model(bench: Bench) -> ModelOut:
    """The chip: which model, what it is doing, what it has not learned yet."""
    taught, error = bench.session.taught, bench.fitting.error
    ready = taught is not None and taught.steered.head is not None
    return ModelOut(
        version=0 if taught is None else taught.version,
        state=(
            "failed"
            if error is not None
            else "fitting"
            if bench.fitting.running
            else "ready"
            if ready
            else "none"
        ),
        milliseconds=0.0 if taught is None else round(taught.milliseconds, 1),
        labels_behind=bench.session.num_behind(),
        error=None if error is None else four_lines(error),
    )


def exam(bench: Bench) -> ExamOut:
    """The latest exam, and what is left to ask in a new one."""
    left, sat = len(fresh(bench.session)), sittings(bench.session)
    if not sat:
        return ExamOut(fresh=left)
    latest = sat[-1]
    return ExamOut(
        fresh=left,
        model=latest.short,
        questions=latest.questions,
        answered=latest.answered,
        unsure=latest.unsure,
        is_open=latest.is_open,
        test_accuracy=None if latest.accuracy is None else figure(latest.accuracy),
    )


def four_lines(error: HandfulError) -> dict[str, str]:
    """What, found, expected, attempt."""
    return refusal_body(error)["error"]


def figure(one: Figure) -> FigureOut:
    """A figure for JSON, which has no NaN."""
    value, low, high = (
        None if math.isnan(number) else number for number in (one.value, one.low, one.high)
    )
    return FigureOut(
        value=value, low=low, high=high, confidence=one.confidence, n=one.n, method=one.method
    )


def _meter(meter: Meter, given: Given, both: Agreement | None, own: Figure | None) -> MeterOut:
    ahead = meter.forecast
    return MeterOut(
        accuracy=figure(meter.accuracy),
        live=figure(meter.live),
        audit=AuditOut(
            answered=meter.answered, reserve=meter.reserve, wanted=min(WANTED, meter.reserve)
        ),
        per_class=[
            PerClassOut(
                name=name,
                recall=figure(meter.per_class[name].recall),
                precision=figure(meter.per_class[name].precision),
            )
            for name in given.classes
            if name in meter.per_class
        ],
        confusion=meter.confusion.tolist(),
        forecast=None
        if ahead is None
        else ForecastOut(labels=ahead.num_more, gain=figure(ahead.gain)),
        expected_wrong=figure(meter.expected_wrong),
        advice=AdviceOut(
            stop={"stop": True, "go-on": False, "cannot-tell": None}[meter.advice.kind],
            text=meter.advice.reason,
        ),
        baseline=None if meter.baseline is None else baseline_words(meter.baseline),
        agreement=None
        if both is None
        else AgreementOut(annotators=list(both.annotators), kappa=figure(both.kappa),
                          items=both.kappa.n),
        own_consistency=None if own is None else figure(own),
    )  # fmt: skip
