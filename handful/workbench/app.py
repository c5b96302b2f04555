"""The workbench as a web application: routes, the guard before them, errors in four lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from handful.errors import HandfulError, SettingError, StoreError
from handful.workbench.bench import Bench
from handful.workbench.guard import Guard
from handful.workbench.jobs import as_shown
from handful.workbench.problems import (
    NoSuchItemError,
    NotThereError,
    PictureGoneError,
    WrongTokenError,
)
from handful.workbench.refusal import refusal, refusal_body
from handful.workbench.routes import events, exam, export, labels, maps, page, queue
from handful.workbench.schemas import ProblemOut

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

STATUSES: tuple[tuple[type[HandfulError], int], ...] = (
    (WrongTokenError, 401),
    (PictureGoneError, 404),
    (NoSuchItemError, 404),
    (NotThereError, 404),
    (StoreError, 503),
)
# FastAPI reports requests, and errors with their texts, wherever an OpenTelemetry provider is set
# up in the process or in the environment. Labels and names of files are nobody else's. Earlier
# versions know no such setting and report nothing.
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
REFUSED = 422  # everything else that handful says no to: it will never succeed


def create_app(bench: Bench) -> FastAPI:
    """The application for one bench. Nothing is started here."""
    app = FastAPI(
        title="handful workbench",
        docs_url=None,  # they fetch from the network
        redoc_url=None,
        openapi_url=None,
        telemetry=NO_TELEMETRY,
        responses={
            status: {"model": ProblemOut} for status in (400, 401, 403, 404, 405, 415, 422, 503)
        },
    )
    app.state.bench = bench
    for module in (page, labels, queue, maps, exam, export, events):
        app.include_router(module.router)
    app.add_exception_handler(HandfulError, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _own_fault)
    app.add_middleware(Guard, token=bench.token, port=bench.port, at=bench.at)
    return app


def status_of(error: HandfulError) -> int:
    """4xx: this will never succeed. 5xx: the same request may succeed later."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), REFUSED)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HandfulError)
    accept = request.headers.get("accept", "")
    body, kind = refusal(error, accept=accept, path=request.url.path)
    return Response(body, media_type=kind, status_code=status_of(error))


def _not_understood(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    problem = SettingError(
        "The request cannot be understood.",
        found=f"{place}: {first['msg']}",
        expected="what docs/reference/labelling.md describes",
        attempt="reload the page",
    )
    return JSONResponse(refusal_body(problem), status_code=REFUSED)


def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    problem = SettingError(
        f"{error.detail}.",
        expected="an address of the page",
        attempt="open the address printed in the terminal",
    )
    return JSONResponse(refusal_body(problem), status_code=error.status_code, headers=error.headers)


def _own_fault(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse(refusal_body(as_shown(error)), status_code=500)
