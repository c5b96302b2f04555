"""What to look at next, of every kind: asked, suspect, wrong, disputed, flagged, of a class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated
from urllib.parse import unquote

import numpy as np
from fastapi import APIRouter, Query
from jaxtyping import Int

from handful.active import exam
from handful.active.agreement import disputed
from handful.active.assignment import AGAIN, SPOT_CHECK, Pick, blind
from handful.active.session_model import Taught
from handful.active.suspects import cell, errors
from handful.errors import SettingError
from handful.targets.one_of_k import ONE_OF_K
from handful.workbench import browsing
from handful.workbench.bench import Bench
from handful.workbench.routes.asking import Annotator, BenchOf, item_of
from handful.workbench.schemas import PickOut, QueueOut, SimilarOut, SuggestionOut

router = APIRouter(prefix="/api")
MOST = 500
OPENING_S = 1.5  # as long as a first question waits for what earlier runs have computed


@router.get("/queue")
def queue(
    bench: BenchOf,
    by: Annotator,
    n: Annotated[int, Query(ge=1, le=MOST)] = 24,
    kind: Annotated[str, Query(max_length=500)] = "ask",
    held: Annotated[
        str | None, Query(alias="except", max_length=10_000, pattern=r"^(\d{1,9}(,\d{1,9})*)?$")
    ] = None,
) -> QueueOut:
    """The next items of a kind. `except`: those that the page still holds unanswered.

    Without it, what was handed out to this annotator in the last ten minutes is not handed out
    again; with it, what the page does not hold any more is.
    """
    holds = None if held is None else [int(at) for at in held.split(",") if at]
    if kind == "ask":
        bench.embedding.opened.wait(OPENING_S)
        bench.session.desk.gone = bench.not_to_be_shown()
        picks = bench.session.ask(n, by=by, holds=holds)
    elif kind == "exam":
        picks = exam.ask(bench.session, n, by=by, holds=holds or ())
    else:
        picks = _of_kind(kind, bench, by)
    return QueueOut(kind=kind, picks=[_out(pick, bench) for pick in picks[:n]], total=len(picks))


@router.get("/similar")
def similar(
    bench: BenchOf, item: Annotated[int, Query(ge=0)], n: Annotated[int, Query(ge=1, le=MOST)] = 24
) -> SimilarOut:
    """The items most like one, nearest first; none while it is not embedded yet."""
    known = bench.session.known
    at = item_of(bench, item)
    if known is None or (row := int(known.rows_of(np.array([at]))[0])) < 0:
        return SimilarOut(items=[])
    cosines = known.steering @ known.steering[row]
    cosines[row] = -np.inf
    n = min(n, len(cosines) - 1)
    nearest = np.argpartition(-cosines, n - 1)[:n] if n else np.zeros(0, np.int64)
    nearest = nearest[np.argsort(-cosines[nearest], kind="stable")]
    return SimilarOut(items=known.places[nearest].tolist())


def _of_kind(kind: str, bench: Bench, by: str) -> list[Pick]:
    session, taught = bench.session, bench.session.taught
    what, *rest = (unquote(part) for part in kind.split(":"))
    if what == "suspects":
        return _suspects(bench, by)
    if what == "disagreements":
        return _disagreements(bench)
    if what == "flagged":
        with session.ledger.reading() as state:
            notes = state.flags
        labels = session.labels
        return [
            Pick(session.place[path], note or "flagged", given=labels.get(path))
            for path, note in notes.items()
            if path in session.place
        ]
    if what == "unsure":
        with session.ledger.reading() as state:
            unsure = [path for path, v in state.verdicts.items() if v.label is None]
        return [Pick(session.place[path], "nobody could say") for path in unsure
                if path in session.place]  # fmt: skip
    if what == "labelled" and len(rest) in (0, 2):
        return browsing.labelled(bench, *(rest or ("", "")))
    if what == "unlabelled" and len(rest) in (0, 2, 4):
        text, name = rest[:2] or ("", "")
        return browsing.unlabelled(bench, text, name, *browsing.shares(rest[2:]))
    if what == "class" and len(rest) == 1:
        return _of_class(bench, rest[0])
    if what == "lasso" and len(rest) == 1:
        return _of_lasso(bench, rest[0])
    if what == "errors":
        return [] if taught is None else _lessons(
            taught, errors(taught).tolist(), "the model, without this label, says otherwise"
        )  # fmt: skip
    if what == "cell" and len(rest) == 2:
        true, said = rest
        return [] if taught is None else _lessons(
            taught, cell(taught, true, said).tolist(), f"labelled {true}, and the model says {said}"
        )  # fmt: skip
    raise SettingError(
        "There is no such kind of queue.",
        found=repr(kind),
        expected="ask, exam, suspects, errors, disagreements, flagged, unsure, labelled:TEXT:CLASS,"
        " unlabelled:TEXT:CLASS:LEAST:MOST, class:NAME, lasso:GESTURE or cell:TRUE:SAID, each part"
        " percent-encoded",
        attempt="reload the page",
    )


def _suspects(bench: Bench, by: str) -> list[Pick]:
    """Labels that look wrong. The annotator's own are asked again blind."""
    session, taught = bench.session, bench.session.taught
    if taught is None:
        return []
    picks = _replaced(bench)
    classes, items = taught.given.classes, taught.items
    with session.ledger.reading() as state:
        votes = {path: verdict.votes for path, verdict in state.verdicts.items()}
    for one in session.suspects():
        at = int(items[one.item])
        reason = f"{len(one.against)} of its {one.heard} nearest neighbours are labelled otherwise"
        pick = Pick(
            at,
            reason,
            suggestion=(classes[one.suggested], float(taught.left_out[one.item, one.suggested])),
            given=classes[taught.targets[one.item]],
            against=tuple(int(items[other]) for other in one.against),
        )
        own = by in votes.get(session.items[at].path, {})
        picks.append(replace(blind(pick), reason=AGAIN) if own else pick)
    return picks


def _replaced(bench: Bench) -> list[Pick]:
    """Items whose file is another than the one that was labelled."""
    session, known = bench.session, bench.session.known
    if known is None:
        return []
    with session.ledger.reading() as state:
        seen = [(path, v.event.digest, v.label) for path, v in state.verdicts.items()]
    return [
        Pick(session.place[path], "the file was replaced after it was labelled", given=label)
        for path, digest, label in seen
        if digest
        and path in session.place
        and known.contents[session.place[path]] not in ("", digest)
    ]


def _disagreements(bench: Bench) -> list[Pick]:
    with bench.session.ledger.reading() as state:
        verdicts = state.verdicts
        return [
            Pick(
                bench.session.place[path],
                "annotators disagree",
                votes=tuple(verdicts[path].votes.items()),
            )
            for path in disputed(state)
            if path in bench.session.place
        ]


def _of_class(bench: Bench, name: str) -> list[Pick]:
    """Labelled items of a class, those first that the model doubts most."""
    given = bench.session.given()
    if name not in given.classes:
        return []
    here = np.flatnonzero(given.labels == given.classes.index(name))
    return [Pick(at, f"labelled {name}", given=name) for at in _doubted_first(bench, here, name)]


def _of_lasso(bench: Bench, gesture: str) -> list[Pick]:
    """What a lasso labels, those first that the model doubts most, with what it says instead."""
    lasso = next((one for one in bench.session.given().lassos if one.gesture == gesture), None)
    if lasso is None:
        return []
    said: dict[int, tuple[str, float]] = {}
    taught = bench.session.taught
    if taught is not None and taught.shipped is not None:
        likeliest = zip(
            taught.items.tolist(),
            ONE_OF_K.decide(taught.left_out).tolist(),
            taught.left_out.max(axis=1).tolist(),
            strict=True,
        )
        said = {at: (taught.given.classes[c], share) for at, c, share in likeliest}
    return [
        Pick(at, f"a lasso said {lasso.label}", suggestion=said.get(at), given=lasso.label)
        for at in _doubted_first(bench, np.array(lasso.items, np.int64), lasso.label)
    ]


def _doubted_first(bench: Bench, items: Int[np.ndarray, " m"], name: str) -> list[int]:
    """The items in the order in which the model, without each one's label, doubts the class."""
    doubts = np.zeros(len(bench.session.items))
    taught = bench.session.taught
    if taught is not None and taught.shipped is not None and name in taught.given.classes:
        doubts[taught.items] = -taught.left_out[:, taught.given.classes.index(name)]
    found: list[int] = items[np.argsort(-doubts[items], kind="stable")].tolist()
    return found


def _lessons(taught: Taught, rows: Iterable[int], reason: str) -> list[Pick]:
    classes, targets = taught.given.classes, taught.targets
    said = ONE_OF_K.decide(taught.left_out)
    return [
        Pick(
            int(taught.items[row]),
            reason,
            suggestion=(classes[said[row]], float(taught.left_out[row, said[row]])),
            given=classes[targets[row]],
        )
        for row in rows
    ]


def _out(pick: Pick, bench: Bench) -> PickOut:
    suggestion = pick.suggestion
    if suggestion is not None and suggestion[0] in bench.refused.get(pick.item, ()):
        suggestion = None
    return PickOut(
        item=pick.item,
        reason=pick.reason,
        blind=pick.blind,
        again=pick.reason in {AGAIN, SPOT_CHECK},
        probability=pick.probability,
        suggestion=None
        if suggestion is None
        else SuggestionOut(label=suggestion[0], probability=round(suggestion[1], 4)),
        given=pick.given,
        against=list(pick.against),
        votes=dict(pick.votes),
    )
