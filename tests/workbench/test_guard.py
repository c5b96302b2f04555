"""Who may talk to the workbench, and what every answer says."""

from typing import Any

import pytest
from opentelemetry import trace
from starlette.testclient import TestClient

from handful.workbench.app import create_app
from handful.workbench.origin import Origin
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
    assert (303, "./") == (answer.status_code, answer.headers["Location"])
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


HUB = "https://hub.example/user/ann/proxy/8123"


def through(page: Page, **headers: str) -> TestClient:
    """A client that comes through the hub's proxy, which takes its path away."""
    page.bench.at = Origin.of(HUB)
    return TestClient(
        create_app(page.bench), base_url="https://hub.example", headers=headers, cookies={}
    )


def test_a_tunnel_that_was_named_is_let_in(page: Page) -> None:
    """Its host and origin pass, with the token alone, whether or not its path is taken away."""
    client = through(page)
    assert 401 == client.get("/api/session").status_code
    client.headers["X-Handful-Token"] = TOKEN
    for path in ("/api/session", "/user/ann/proxy/8123/api/session"):
        assert 200 == client.get(path, headers={"Host": "hub.example"}).status_code
    own = {"Origin": "https://hub.example"}
    assert 200 == client.post("/api/undo", json={}, headers=own).status_code
    assert 200 == client.get("/api/session", headers={"Host": "hub.example:443"}).status_code
    assert 200 == client.get("/api/session", headers={"Host": f"127.0.0.1:{PORT}"}).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "x.hub.example"},
        {"Host": "hub.example:8443"},
        {"Origin": "http://hub.example"},
        {"Origin": "https://hub.example:8443"},
        {"Origin": "https://hub.example.evil.example"},
        {"Referer": "https://evil.example/hub.example"},
    ],
)
def test_beside_the_tunnel_everything_is_refused(page: Page, headers: dict[str, str]) -> None:
    """Exactly one origin is added: its neighbours by name, scheme or port stay outside."""
    client = through(page, **{"X-Handful-Token": TOKEN})
    assert 403 == client.get("/api/session", headers=headers).status_code


def test_the_cookie_of_a_tunnel_is_for_its_path_alone(page: Page) -> None:
    """Others behind the same host are not sent the token, nor is any connection unencrypted."""
    answer = through(page).get("/open", params={"token": TOKEN}, follow_redirects=False)
    cookie = answer.headers["Set-Cookie"].lower()
    assert "path=/user/ann/proxy/8123/;" in cookie
    assert "secure" in cookie
    here = bare(page).get("/open", params={"token": TOKEN}, follow_redirects=False)
    assert "path=/;" in here.headers["Set-Cookie"].lower()
    assert "secure" not in here.headers["Set-Cookie"].lower()


def test_a_click_in_another_page_opens_too(page: Page) -> None:
    """From another site's terminal the door answers a page, as a redirect would lose the cookie."""
    client = bare(page, **{"Sec-Fetch-Site": "cross-site"})
    answer = client.get("/open", params={"token": TOKEN}, follow_redirects=False)
    assert 200 == answer.status_code
    assert 'content="0; url=./"' in answer.text
    assert "handful_" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"Host": "cat-8123.app.github.dev"}, "https://cat-8123.app.github.dev"),
        ({"Host": "work.example", "X-Forwarded-Proto": "https"}, "https://work.example"),
        ({"Origin": "https://work.example"}, "https://work.example"),
        ({"Host": "localhost:9000", "Origin": "http://localhost:9000"}, "http://localhost:9000"),
    ],
)
def test_a_refusal_says_what_was_seen_and_what_opens(
    page: Page, headers: dict[str, str], seen: str
) -> None:
    """Whoever comes through a tunnel that was not named reads the option that names it."""
    error = bare(page).get("/", headers=headers).json()["error"]
    assert f"handful label DATA --at {seen}" in error["attempt"]
    assert seen.split("//")[1] in error["found"]


def test_people_read_a_page_and_programs_json(page: Page) -> None:
    """A browser without the token gets a page in words, whose text is no markup; the API JSON."""
    person = {"Accept": "text/html,application/xhtml+xml"}
    for path, status in (("/", 401), ("/open?token=wrong", 401)):
        answer = bare(page, **person).get(path)
        assert status == answer.status_code
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "<h1>" in answer.text
        assert "open the" in answer.text
        assert "sha256-" in answer.headers["Content-Security-Policy"]
    hostile = bare(page, **person).get("/", headers={"Host": "<script>alert(1)</script>"})
    assert 403 == hostile.status_code
    assert "<script" not in hostile.text
    assert "--at" not in hostile.text
    for path in ("/api/session", "/api/nowhere"):
        assert "error" in bare(page, **person).get(path).json()
