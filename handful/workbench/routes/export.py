"""What leaves: the labels, the model, the report."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Response

from handful.active.consensus import rows_to_take
from handful.labels.formats import WRITERS
from handful.workbench.routes.asking import BenchOf

router = APIRouter(prefix="/api/export")
ENDINGS = {"csv": ".csv", "jsonl": ".jsonl", "label-studio": ".json"}
KINDS = {"csv": "text/csv", "jsonl": "application/x-ndjson", "label-studio": "application/json"}


@router.get("/labels", response_class=Response)
def labels(bench: BenchOf, format: Literal["csv", "jsonl", "label-studio"] = "csv") -> Response:
    """The labels as they stand, a row for each item whose class is settled; with the consensus."""
    text = WRITERS[ENDINGS[format]](rows_to_take(bench.session))
    return _download(text.encode(), f"labels{ENDINGS[format]}", KINDS[format])


@router.get("/model", response_class=Response)
def model(bench: BenchOf) -> Response:
    """The model that these labels make, as one file."""
    bench.require_embedded()
    with bench.exporting:
        data = bench.project.fit().to_bytes()
    return _download(data, "model.handful", "application/zip")


@router.get("/exam-model", response_class=Response)
def exam_model(bench: BenchOf) -> Response:
    """The model of the latest exam as it was frozen, with its test accuracy if it is over."""
    with bench.exporting:
        data = bench.project.exam_model().to_bytes()
    return _download(data, "examined.handful", "application/zip")


@router.get("/report", response_class=Response)
def report(bench: BenchOf) -> Response:
    """The report on that model, as one page."""
    bench.require_embedded()
    with bench.exporting, tempfile.TemporaryDirectory() as folder:
        data = bench.project.review(Path(folder) / "report.html").read_bytes()
    return _download(data, "report.html", "text/html; charset=utf-8")


def _download(data: bytes, name: str, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=kind, headers=headers)
