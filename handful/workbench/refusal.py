"""What is answered where something is refused: JSON for the page's own requests, a page for people.

The page is made of the error's four lines and nothing else: it is shown to who has no token.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape

LOOK = """
:root { color-scheme: light dark; --paper: #fcfcfb; --ink: #14181d; --muted: #565e67;
  --line: #e2e4e1; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0f1216; --ink: #e9ebee; --muted: #a0a8b1; --line: #282e36; } }
body { margin: 0; padding: 12vh 24px 40px; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 620px; margin: 0 auto; }
h1 { margin: 0 0 18px; font-size: 24px; line-height: 1.25; }
dl { display: grid; grid-template-columns: 90px minmax(0, 1fr); gap: 10px 14px; margin: 0;
  padding-top: 18px; border-top: 1px solid var(--line); }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
"""
_HASH = base64.b64encode(hashlib.sha256(LOOK.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HTML, JSON = "text/html; charset=utf-8", "application/json"
WORDS = {"found": "found", "expected": "expected", "attempt": "try"}


def refusal_body(error: Exception) -> dict[str, dict[str, str]]:
    """The four lines of an error, as every answer that is not 2xx carries them."""
    fields = {name: str(getattr(error, name, "")) for name in ("found", "expected", "attempt")}
    return {"error": {"what": str(getattr(error, "what", error)), **fields}}


def refusal(error: Exception, *, accept: str, path: str) -> tuple[bytes, str]:
    """Body and content type: a page where a person's browser asked for one.

    Args:
        error: with the four lines.
        accept: the header `Accept`.
        path: what was asked for.
    """
    body = refusal_body(error)
    if "text/html" not in accept or path.startswith("/api/"):
        return json.dumps(body).encode(), JSON
    lines = body["error"]
    title = lines["what"][:1].upper() + lines["what"][1:]
    rows = "".join(
        f"<dt>{words}</dt><dd>{escape(lines[name])}</dd>"
        for name, words in WORDS.items()
        if lines[name]
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>handful: {escape(title)}</title><style>{LOOK}</style></head>"
        f"<body><main><h1>{escape(title)}</h1><dl>{rows}</dl></main></body></html>"
    )
    return page.encode(), HTML
