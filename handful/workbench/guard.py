"""Who may talk to the workbench: the page that was opened from the terminal, and nobody else.

That page is opened on this machine, or at the one address that the user has named (`origin.py`).
Another web site open in the same browser can neither read nor write: it does not know the token,
its cookie is not sent (SameSite), its Origin is refused, and a name that it lets point to this
machine is refused by Host.
"""

from __future__ import annotations

import hmac
import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handful.errors import SettingError
from handful.workbench.origin import Origin
from handful.workbench.refusal import HTML, POLICY, refusal

HOSTS = ("127.0.0.1", "localhost", "[::1]")
SAFE_METHODS = frozenset({"GET", "HEAD"})
OPEN = "/open"  # the one route without the cookie: it takes the token and gives the cookie
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
EVERY_ANSWER = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets through what comes from our own page, and puts the policy on every answer.

    Args:
        app: what is guarded.
        token: that the terminal printed.
        port: that we listen on; cookies are not told apart by port, so its name holds it.
        at: the tunnel's address, which is let through as this machine's own is.
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int, at: Origin | None = None) -> None:
        self._app = app
        self._token = token
        self._hosts = {f"{host}:{port}" for host in HOSTS}
        self._origins = {f"http://{host}" for host in self._hosts}
        self._cookie = cookie_name(port)
        self._at = at
        self._ours = f"127.0.0.1:{port}"
        if at is not None:
            default = {"http": ":80", "https": ":443"}[at.scheme]
            self._hosts |= {at.host, at.host + default}  # some proxies write the port out
            self._origins.add(at.origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in EVERY_ANSWER.items():
                    headers[name] = value
                if headers.get("content-type") == HTML and message["status"] >= 400:
                    headers["Content-Security-Policy"] = POLICY
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        path = self._without_prefix(scope["path"])
        refused = self._refusal(scope["method"], path, headers)
        if refused is not None:
            await _answer(guarded, *refused, accept=headers.get("accept", ""), path=path)
            return
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, guarded)

    def _without_prefix(self, path: str) -> str:
        """Some proxies take away the path before ours, others leave it."""
        prefix = "" if self._at is None else self._at.prefix
        return path[len(prefix) :] if prefix and path.startswith(f"{prefix}/") else path

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[int, SettingError] | None:
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return 403, self._elsewhere(
                "The workbench was reached at an address that it was not told of.",
                f"Host: {host}",
                _seen(headers),
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return 403, self._elsewhere(
                "The request comes from an address that the workbench was not told of.",
                f"Origin: {origin}",
                origin,
            )
        referer = headers.get("referer")
        if path.startswith(("/api/", "/pictures/")) and referer is not None:
            parts = urlsplit(referer)
            if f"{parts.scheme}://{parts.netloc}" not in self._origins:
                return 403, self._elsewhere(
                    "The request comes from an address that the workbench was not told of.",
                    f"Referer: {parts.scheme}://{parts.netloc}",
                    f"{parts.scheme}://{parts.netloc}",
                )
        if method not in SAFE_METHODS and not headers.get("content-type", "").startswith(
            "application/json"
        ):
            return 415, _error(
                "The content type is not allowed.",
                f"Content-Type: {headers.get('content-type', '(none)')}",
                "application/json",
            )
        if path == OPEN or self._knows(headers):
            return None
        return 401, _error(
            "This page was not opened from the terminal.",
            f"{path}, asked for without the token of this workbench",
            "the whole address that the terminal shows, with its token",
        )

    def _elsewhere(self, what: str, found: str, seen: str) -> SettingError:
        """The refusal of an address, and what opens it if it is the user's own."""
        told = "" if self._at is None else f", or {self._at.origin}"
        named = re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+", seen)
        own = f"; if {seen} is your own tunnel to it: handful label DATA --at {seen}"
        return SettingError(
            what,
            found=found,
            expected=f"{self._ours}{told}",
            attempt="open the address printed in the terminal" + (own if named else ""),
        )

    def _knows(self, headers: Headers) -> bool:
        offered = headers.get("x-handful-token")
        if offered is None:
            try:
                morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
            except CookieError:
                return False
            offered = "" if morsel is None else morsel.value
        return is_token(offered, self._token)


def is_token(offered: str, token: str) -> bool:
    """Whether they are the same, in a time that tells nothing."""
    return hmac.compare_digest(offered.encode(), token.encode())


def cookie_name(port: int) -> str:
    """Of the cookie that holds the token."""
    return f"handful_{port}"


def _error(what: str, found: str, expected: str) -> SettingError:
    return SettingError(
        what, found=found, expected=expected, attempt="open the address printed in the terminal"
    )


def _seen(headers: Headers) -> str:
    """The address at which a browser seems to have opened the page."""
    scheme = headers.get("x-forwarded-proto", "https").split(",")[0].strip()
    return headers.get("origin") or f"{scheme}://{headers.get('host', '').lower()}"


async def _answer(send: Send, status: int, error: SettingError, *, accept: str, path: str) -> None:
    body, kind = refusal(error, accept=accept, path=path)
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
