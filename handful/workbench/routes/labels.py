"""What people say: gestures, undo, redo, classes, and the labels as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Query

from handful.errors import SettingError
from handful.labels.event import Mark
from handful.workbench.bench import Bench
from handful.workbench.routes.asking import Annotator, BenchOf
from handful.workbench.schemas import (
    Changed,
    ClassChange,
    Gesture,
    Gestures,
    LabelsOut,
    Turn,
)
from handful.workbench.summary import summary

router = APIRouter(prefix="/api")
RENUMBERING = frozenset(
    {"class-rename", "class-merge", "undo", "redo", "move"}
)  # any item may have changed


@router.post("/gestures")
def gestures(body: Gestures, bench: BenchOf, by: Annotator) -> Changed:
    """Write gestures down. Answers when all of them are on the disk; sending again is harmless."""
    marks = [(gesture, _marks(gesture, bench)) for gesture in body.gestures]  # all are looked at …
    items: set[int] = set()
    left: list[str] = []
    session = bench.session
    for gesture, made in marks:  # … before one is written
        items.update(gesture.items)
        paths = [session.items[at].path for at in gesture.items]
        if made:
            # One picture is looked at when it is labelled; of many, some may have a label already.
            overwrite = gesture.overwrite or len(gesture.items) == 1
            receipt = session.record(made, by=by, gesture=gesture.id.hex, overwrite=overwrite)
            left += receipt.left
        if gesture.verdict == "skip":
            session.skip(paths, by=by, gesture=gesture.id.hex)
        session.desk.answered(by, gesture.items)
        if gesture.verdict == "not":
            for at, label in zip(gesture.items, gesture.each, strict=True):
                bench.refused.setdefault(at, set()).add(label)
    saved = [str(gesture.id) for gesture in body.gestures]
    return _changed(bench, by, saved, sorted(items), _places(bench, set(left)))


@router.post("/undo")
def undo(body: Turn, bench: BenchOf, by: Annotator) -> Changed:
    """Take back this annotator's latest gesture."""
    receipt = bench.session.ledger.undo(by=by, uuid=_hex(body.id))
    return _changed(bench, by, _ids(body.id), _places(bench, receipt.items))


@router.post("/redo")
def redo(body: Turn, bench: BenchOf, by: Annotator) -> Changed:
    """Bring back this annotator's latest undone gesture."""
    receipt = bench.session.ledger.redo(by=by, uuid=_hex(body.id))
    return _changed(bench, by, _ids(body.id), _places(bench, receipt.items))


@router.post("/classes")
def classes(body: ClassChange, bench: BenchOf, by: Annotator) -> Changed:
    """Add, rename or merge a class."""
    wanted = [what for what in (body.add, body.rename, body.merge) if what is not None]
    if len(wanted) != 1:
        raise SettingError(
            "One change to the classes at a time.",
            found=f"{len(wanted)} changes",
            expected="add, rename or merge",
            attempt="send them one after another",
        )
    session, uuid = bench.session, _hex(body.id)
    if body.add is not None:
        session.draw_reserve()
        session.ledger.add_class(body.add, by=by)
    elif body.rename is not None:
        session.begin_classes(body.rename[:1], by=by)
        session.ledger.rename_class(*body.rename, by=by, uuid=uuid)
    elif body.merge is not None:
        session.begin_classes(body.merge, by=by)
        session.ledger.merge_classes([body.merge[0]], into=body.merge[1], by=by, uuid=uuid)
    return _changed(bench, by, _ids(body.id), [])


@router.get("/labels")
def labels(bench: BenchOf, since: Annotated[int | None, Query(ge=0)] = None) -> LabelsOut:
    """All labels, or those of the items that changed since a version."""
    session = bench.session
    given = session.given()
    with session.ledger.reading() as state:
        unsure = _places(bench, (p for p, v in state.verdicts.items() if v.label is None))
        flagged = _places(bench, state.flags)
    changed: list[int] | None = None
    if since is not None and since <= given.version:
        events = session.ledger.events(after=since)
        if not any(event.kind in RENUMBERING for event in events):
            changed = _places(bench, {event.item for event in events if event.item})
    now = given.labels.tolist()
    return LabelsOut(
        version=given.version,
        classes=list(given.classes),
        items=changed,
        labels=now if changed is None else [now[at] for at in changed],
        unsure=unsure,
        flagged=flagged,
    )


def _marks(gesture: Gesture, bench: Bench) -> list[Mark]:
    """The ledger's marks for one gesture, each with an id that follows from the gesture's."""
    items = bench.session.items
    if max(gesture.items) >= len(items):
        raise SettingError(
            "There is no such item.",
            found=f"item {max(gesture.items)}",
            expected=f"0 to {len(items) - 1}",
            attempt="reload the page",
        )
    if len(set(gesture.items)) < len(gesture.items):
        raise SettingError(
            "An item stands twice in one gesture.",
            found=f"gesture {gesture.id}",
            expected="each item once",
            attempt="leave it out the second time",
        )
    labels = gesture.each
    needs_label = gesture.verdict in {"decide", "not"}
    says_nothing = not labels and gesture.verdict is None and gesture.flag is None
    if (
        says_nothing
        or (gesture.verdict is not None and needs_label != bool(labels))
        or (gesture.label is not None and gesture.labels is not None)
        or (labels and len(labels) != len(gesture.items))
    ):
        raise SettingError(
            "A gesture does not say what is meant.",
            found=f"verdict {gesture.verdict}, label {gesture.label!r},"
            f" {len(labels)} labels of {len(gesture.items)} items",
            expected="a label, or one for each item; or a verdict, with a label for decide and not"
            " alone; or a flag",
            attempt="reload the page",
        )
    said = _said(gesture, bench)
    if gesture.flag is not None:
        kind = "flag" if gesture.flag else "unflag"
        said += [(kind, at, "") for at in gesture.items]
    digests = dict(zip(gesture.items, bench.digests(gesture.items), strict=True)) if said else {}
    return [
        Mark(
            item=items[at].path,
            label=label,
            kind=kind,  # type: ignore[arg-type]  # one of those of `_said`, or a flag
            uuid=uuid5(gesture.id, f"{kind} {items[at].path}").hex,
            source=gesture.source,
            digest=digests[at],
            model="" if gesture.model is None else str(gesture.model),
            probability=gesture.query,
            milliseconds=gesture.milliseconds,
        )
        for kind, at, label in said
    ]


def _said(gesture: Gesture, bench: Bench) -> list[tuple[str, int, str]]:
    """Kind, item and label of each mark, flags left aside."""
    if gesture.verdict == "skip":
        return []  # the session knows what it means
    if gesture.verdict in {"unsure", "clear"}:
        return [(str(gesture.verdict), at, "") for at in gesture.items]
    labelled = list(zip(gesture.items, gesture.each, strict=True)) if gesture.each else []
    if gesture.verdict == "not":
        others = [(at, _the_other(bench, label)) for at, label in labelled]
        return [("label", at, other) for at, other in others if other]
    kind = "adjudicate" if gesture.verdict == "decide" else "label"
    return [(kind, at, label) for at, label in labelled]


def _the_other(bench: Bench, refused: str) -> str:
    """Of two classes the one that was not refused; empty where there are more."""
    names = bench.session.given().classes
    return next(name for name in names if name != refused) if (
        len(names) == 2 and refused in names
    ) else ""  # fmt: skip


def _changed(
    bench: Bench, by: str, saved: list[str], items: list[int], left: Sequence[int] = ()
) -> Changed:
    bench.labelled()
    session = summary(bench, by)
    version = session.label_version
    return Changed(saved=saved, version=version, items=items, left=list(left), session=session)


def _places(bench: Bench, paths: Iterable[str]) -> list[int]:
    place = bench.session.place
    return sorted(place[path] for path in paths if path in place)


def _hex(uuid: UUID | None) -> str:
    return "" if uuid is None else uuid.hex


def _ids(uuid: UUID | None) -> list[str]:
    return [] if uuid is None else [str(uuid)]
