"""Who may talk to the workbench, and what every answer says."""

from typing import Any

import pytest
from opentelemetry import trace
from starlette.testclient import TestClient

from tests.workbench.conftest import PORT, TOKEN, Page


def bare(page: Page, **headers: str) -> TestClient:
    """A client without the token."""
    return TestClient(
        page.client.app, base_url=f"http://127.0.0.1:{PORT}", headers=headers, cookies={}
    )


@pytest.mark.parametrize("path", ["/", "/api/session", "/pictures/0", "/static/main.js", "/x"])
def test_without_the_token_there_is_nothing(page: Page, path: str) -> None:
    """Every address but the door is closed: 401, and how to get in."""
    answer = bare(page).get(path)
    assert 401 == answer.status_code
    assert "terminal" in answer.json()["error"]["attempt"]
    assert 401 == bare(page, **{"X-Handful-Token": "wrong"}).get(path).status_code


def test_the_door_gives_a_cookie_that_opens(page: Page) -> None:
    """The token's address sets an HttpOnly, SameSite=Strict cookie, with which requests pass."""
    client = bare(page)
    answer = client.get("/open", params={"token": TOKEN}, follow_redirects=False)
    assert (303, "/") == (answer.status_code, answer.headers["Location"])
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert 200 == client.get("/api/session").status_code
    assert 401 == bare(page).get("/open?token=wrong", follow_redirects=False).status_code


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", ""])
def test_a_name_that_points_here_is_refused(page: Page, host: str) -> None:
    """DNS rebinding: another Host is refused even with the token."""
    answer = page.client.get("/api/session", headers={"Host": host})
    assert 403 == answer.status_code


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_another_site_can_neither_write_nor_read(page: Page, origin: str) -> None:
    """A foreign Origin is refused, and no answer allows sharing across origins."""
    for answer in (
        page.client.post("/api/undo", json={}, headers={"Origin": origin}),
        page.client.get("/api/session", headers={"Origin": origin}),
        page.client.options("/api/undo", headers={"Origin": origin}),
    ):
        assert 403 == answer.status_code
        assert not [name for name in answer.headers if "access-control" in name.lower()]
    own = page.client.post("/api/undo", json={}, headers={"Origin": f"http://localhost:{PORT}"})
    assert 200 == own.status_code


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_cannot_write(page: Page, kind: str) -> None:
    """What a form of another site could send without asking first is refused by content type."""
    answer = page.client.post("/api/undo", content=b"{}", headers={"Content-Type": kind})
    assert 415 == answer.status_code


@pytest.mark.parametrize("path", ["/api/session", "/nowhere", "/pictures/0"])
def test_every_answer_carries_the_policy(page: Page, path: str) -> None:
    """The policy allows our own files only, nothing inline and nobody to frame us."""
    headers = page.client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert ("nosniff", "DENY") == (headers["X-Content-Type-Options"], headers["X-Frame-Options"])


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/errors.py",
        "/static//etc/passwd",
        "/house/..%2freport.py",
        "/house/index.html",
        "/static/",
        "/docs",
        "/openapi.json",
    ],
)
def test_nothing_but_the_page_is_served(page: Page, path: str) -> None:
    """No file outside the page's folder, and no page that would fetch from the network."""
    assert 404 == page.client.get(path).status_code


def test_a_link_out_of_the_data_is_refused(page: Page) -> None:
    """A picture that becomes a link to a file elsewhere is not shown."""
    outside = page.folder.parent / "secret.png"
    outside.write_bytes((page.folder / page.paths[0]).read_bytes())
    (page.folder / page.paths[0]).unlink()
    (page.folder / page.paths[0]).symlink_to(outside)
    answer = page.client.get("/pictures/0")
    assert 404 == answer.status_code
    assert "leads out" in answer.json()["error"]["found"]


def test_requests_are_reported_to_nobody(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a process has an OpenTelemetry provider, no request of ours is told to it."""
    asked = []

    class Provider(trace.TracerProvider):
        def get_tracer(self, *names: Any, **more: Any) -> trace.Tracer:
            asked.append(names)
            return trace.NoOpTracer()

    monkeypatch.setattr(trace, "get_tracer_provider", Provider)
    assert 200 == page.client.get("/api/session").status_code
    assert [] == asked
