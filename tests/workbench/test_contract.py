"""Every route under schemathesis: whatever is sent, an answer of the shape that is promised."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from handful.workbench.app import create_app
from tests.samples import write_loose_digits
from tests.workbench.conftest import TOKEN, Page, listening

ENDLESS = {("GET", "/api/events")}  # a stream; tested in test_events.py
ROUTES = [
    ("GET", "/"),
    ("GET", "/api/colours"),
    ("GET", "/api/export/exam-model"),
    ("GET", "/api/export/labels"),
    ("GET", "/api/export/model"),
    ("GET", "/api/export/report"),
    ("GET", "/api/items"),
    ("GET", "/api/labels"),
    ("GET", "/api/positions"),
    ("GET", "/api/queue"),
    ("GET", "/api/session"),
    ("GET", "/api/similar"),
    ("GET", "/house/{name}"),
    ("GET", "/open"),
    ("GET", "/pictures/{item}"),
    ("GET", "/pictures/{item}/full"),
    ("GET", "/static/{path}"),
    ("POST", "/api/classes"),
    ("POST", "/api/exam"),
    ("POST", "/api/fit"),
    ("POST", "/api/gestures"),
    ("POST", "/api/positions"),
    ("POST", "/api/redo"),
    ("POST", "/api/undo"),
]
SLOW = {
    "/api/exam": 2,
    "/api/export/exam-model": 2,
    "/api/export/model": 2,
    "/api/export/report": 2,
}
EXAMPLES = 30


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One workbench for all that is sent, with a model to talk about."""
    folder = tmp_path_factory.mktemp("attacked") / "digits"
    place = socket.create_server(("127.0.0.1", 0))
    truth = write_loose_digits(folder, per_class=10)
    page = Page(folder, truth, port=place.getsockname()[1])
    page.bench.start()
    with listening(create_app(page.bench), place):
        page.answer(15)
        page.wait(lambda session: session["progress"] is None and session["meter"] is not None)
        yield page
    page.bench.stop()


# the server's own threads use `random` too, for names of temporary files
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_whatever_is_sent_the_answer_is_as_described(
    attacked: Page, method: str, path: str
) -> None:
    """No 5xx, no undescribed status or content type, no answer of another shape."""
    described = schemathesis.openapi.from_dict(create_app(attacked.bench).openapi())

    @given(case=described[path][method].as_strategy())
    @settings(
        max_examples=SLOW.get(path, EXAMPLES),
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def attack(case: Case) -> None:
        case.call_and_validate(
            base_url=f"http://127.0.0.1:{attacked.bench.port}",
            headers={"X-Annotator": "eve", "X-Handful-Token": TOKEN},
            checks=[
                not_a_server_error,
                status_code_conformance,
                content_type_conformance,
                response_schema_conformance,
            ],
        )

    attack()


def test_every_route_is_attacked(attacked: Page) -> None:
    """The routes above are all that the application has, but for the stream of events."""
    paths = create_app(attacked.bench).openapi()["paths"]
    served = {(method.upper(), path) for path, how in paths.items() for method in how}
    assert {*ROUTES, *ENDLESS} == served
