"""One file from many: the page's template, styles and modules folded into one text.

The page must open from a disk, where browsers refuse to import one module file from another, so
the modules are joined into a single script, each in a function of its own that returns what it
exports. Only `import { a, b as c } from "./x.js"` and `export function|const|class` are
understood; anything else is refused, and a test reads every module. The joined script has no
network to go to: the page's policy names the hash of each script and allows nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from posixpath import dirname, join, normpath

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_LEFTOVER = re.compile(r"^\s*(?:import|export)\b.*$", re.MULTILINE)
_STYLE_TAG = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
_SCRIPT_TAG = re.compile(r'<script type="module" src="([^"]+)"></script>')


def page_file(name: str) -> str:
    """The text of a file under `page/`."""
    return (resources.files("handful.review") / "page" / name).read_text(encoding="utf-8")


def linked(entry: str) -> str:
    """The module `entry` and all that it imports as one script, dependencies first."""
    parts: list[str] = []
    done: dict[str, str] = {}
    _link(entry, done, parts, ())
    return '"use strict";\n' + "".join(parts)


def _link(name: str, done: dict[str, str], parts: list[str], above: tuple[str, ...]) -> str:
    if name in done:
        return done[name]
    assert name not in above, f"modules import each other in a circle: {(*above, name)}"
    source = page_file(name)

    def binding(match: re.Match[str]) -> str:
        target = normpath(join(dirname(name), match[2]))
        variable = _link(target, done, parts, (*above, name))
        names = re.sub(r"\s+as\s+", ": ", " ".join(match[1].split()))
        return f"const {{ {names} }} = {variable};\n"

    body = _IMPORT.sub(binding, source)
    exports = _EXPORT.findall(body)
    body = _EXPORT.sub("", body)
    leftover = _LEFTOVER.search(body)
    assert leftover is None, f"{name}: not understood: {leftover and leftover[0]}"
    variable = "module_" + re.sub(r"\W", "_", name)
    done[name] = variable
    parts.append(
        f"const {variable} = (() => {{\n{body}return {{ {', '.join(exports)} }};\n}})();\n"
    )
    return variable


_PLACE = re.compile("%(TITLE|MODEL|NOSCRIPT|DATA|PICTURES)%")


@cache
def template() -> str:
    """The whole page with a mark, such as `%DATA%`, for each thing that `filled` puts in."""
    html = _STYLE_TAG.sub(
        lambda match: f"<style>\n{_harmless(page_file(match[1]))}</style>", page_file("index.html")
    )
    hashes: list[str] = []

    def inline(match: re.Match[str]) -> str:
        script = _harmless(linked(match[1]))
        digest = hashlib.sha256(script.encode()).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode()}'")
        return f"<script>{script}</script>"

    html = _SCRIPT_TAG.sub(inline, html)
    return html.replace("%SCRIPTS%", " ".join(hashes))


def filled(contents: Mapping[str, str]) -> str:
    """The page with its marks replaced; a mark inside a content is left alone.

    Args:
        contents: TITLE and NOSCRIPT as HTML, DATA and PICTURES as JSON that no tag can end.
    """
    texts = _PLACE.split(template())
    return "".join(contents[text] if place % 2 else text for place, text in enumerate(texts))


def _harmless(code: str) -> str:
    """`code`, after a look that nothing in it ends the element that it stands in."""
    assert not re.search(r"</(script|style)|<!--", code, re.IGNORECASE), "would end its element"
    return code
