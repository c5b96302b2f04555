"""The final exam's beginning; its questions are a kind of queue, its answers are gestures."""

from __future__ import annotations

from fastapi import APIRouter

from handful.workbench.routes.asking import Annotator, BenchOf
from handful.workbench.schemas import Nothing, SessionOut
from handful.workbench.summary import summary

router = APIRouter(prefix="/api")


@router.post("/exam")
def begin(_: Nothing, bench: BenchOf, by: Annotator) -> SessionOut:
    """Freeze the model as it is now and draw its questions; one that is open goes on or ends."""
    bench.require_embedded()
    with bench.exporting:
        bench.project.begin_exam(by=by)
    bench.labelled()
    return summary(bench, by)
