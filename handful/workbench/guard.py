"""Who may talk to the workbench: the page that was opened from the terminal, and nobody else.

Another web site open in the same browser can neither read nor write: it does not know the token,
its cookie is not sent (SameSite), its Origin is refused, and a name that it lets point to this
machine is refused by Host.
"""

from __future__ import annotations

import hmac
import json
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handful.errors import SettingError

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
    """

    def __init__(self, app: ASGIApp, *, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._hosts = {f"{host}:{port}" for host in HOSTS}
        self._origins = {f"http://{host}" for host in self._hosts}
        self._cookie = cookie_name(port)

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
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], scope["path"], headers)
        if refusal is not None:
            await _answer(guarded, *refusal)
            return
        await self._app(scope, receive, guarded)

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[int, SettingError] | None:
        host = headers.get("host", "")
        if host not in self._hosts:
            return 403, _error("Another host was asked for.", f"Host: {host}", "127.0.0.1")
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return 403, _error(
                "The request comes from another site.", f"Origin: {origin}", "this page's own"
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
        return 401, _error("This page was not opened from the terminal.", path, "its token")

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


def refusal_body(error: Exception) -> dict[str, dict[str, str]]:
    """The four lines of an error, as every answer that is not 2xx carries them."""
    fields = {name: str(getattr(error, name, "")) for name in ("found", "expected", "attempt")}
    return {"error": {"what": str(getattr(error, "what", error)), **fields}}


async def _answer(send: Send, status: int, error: SettingError) -> None:
    body = json.dumps(refusal_body(error)).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
