"""What changes while the page is open, as server-sent events: nobody waits, nothing is polled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from handful.workbench.annotators import named
from handful.workbench.bench import Bench
from handful.workbench.routes.asking import BenchOf
from handful.workbench.summary import four_lines, summary

router = APIRouter(prefix="/api")
LOOK_S = 0.2  # at most five events of a kind in a second
ALIVE_S = 15.0


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    bench: BenchOf,
    annotator: Annotated[str | None, Query(alias="as", max_length=200)] = None,
) -> StreamingResponse:
    """`session` first, then it and others whenever they change.

    `labels {version}`, `positions {version}`, `progress {done, total, rate}` or null, `failed`
    with the four lines.
    """
    by = named((annotator or "").strip() or bench.annotator)
    return StreamingResponse(_stream(request, bench, by), media_type="text/event-stream")


async def _stream(request: Request, bench: Bench, by: str) -> AsyncIterator[str]:
    seen = replace(bench.counts, session=-1)
    version, silent_s = -1, 0.0
    while not bench.stopped and not await request.is_disconnected():
        now = replace(bench.counts)
        said = []
        if now.session != seen.session:
            shown = await run_in_threadpool(summary, bench, by)
            said.append(_event("session", shown.model_dump()))
            if shown.label_version != version:
                version = shown.label_version
                said.append(_event("labels", {"version": version}))
        if now.positions != seen.positions:
            said.append(_event("positions", {"version": bench.layout.version}))
        if now.progress != seen.progress:
            progress = bench.progress
            said.append(_event("progress", None if progress is None else progress.model_dump()))
        if now.failed != seen.failed and (failure := bench.failure) is not None:
            said.append(_event("failed", four_lines(failure)))
        seen = now
        silent_s = 0.0 if said else silent_s + LOOK_S
        if silent_s >= ALIVE_S:
            said, silent_s = [": alive\n\n"], 0.0
        for text in said:
            yield text
        await asyncio.sleep(LOOK_S)


def _event(name: str, value: object) -> str:
    return f"event: {name}\ndata: {json.dumps(value, allow_nan=False)}\n\n"
