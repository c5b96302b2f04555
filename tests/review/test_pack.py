"""The page's files become one, and only what the page itself allows can run in it."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path

import pytest

from handful.review import pack

PAGE = Path(pack.__file__).parent / "page"
VENDORED = Path(__file__).parents[1] / "browser" / "vendor"


def modules() -> list[str]:
    """Our own modules, by their place under `page/`."""
    return sorted(str(path.relative_to(PAGE)) for path in PAGE.rglob("*.js"))


def test_every_module_is_in_the_page_once_after_what_it_needs() -> None:
    """`main.js` reaches every module, and none is used before it stands."""
    script = pack.linked("main.js")
    placed = re.findall(r"^const (module_\w+) = \(\(\) => \{", script, re.MULTILINE)
    assert sorted("module_" + re.sub(r"\W", "_", name) for name in modules()) == sorted(placed)
    for place, name in enumerate(placed):
        body = script.split(f"const {name} = ", 1)[1].split("\nconst module_", 1)[0]
        needed = re.findall(r"\} = (module_\w+);", body)
        assert set(needed) <= set(placed[:place])


@pytest.mark.parametrize(
    "line", ['import x from "./y.js";', 'export { a };', "export default 1;", 'import "./y.js";']
)  # fmt: skip
def test_forms_that_would_be_lost_are_refused(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import or export that the linker does not know stops it, rather than vanish."""
    monkeypatch.setattr(pack, "page_file", lambda _: f"{line}\n")
    with pytest.raises(AssertionError, match="not understood"):
        pack.linked("main.js")


def test_a_circle_of_modules_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that import each other in a circle are named."""
    files = {
        "a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
        "b.js": 'import { a } from "./a.js";\nexport const b = 1;\n',
    }
    monkeypatch.setattr(pack, "page_file", files.__getitem__)
    with pytest.raises(AssertionError, match=r"circle: \('a.js', 'b.js', 'a.js'\)"):
        pack.linked("a.js")


def test_policy_names_the_hash_of_every_script_and_no_more() -> None:
    """The script's SHA-256 is in the policy, which allows nothing else to run or be fetched."""
    page = pack.template()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [
        f"'sha256-{b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts
    ]
    assert len(scripts) == 1
    assert policy[1] == (
        f"default-src 'none'; script-src {' '.join(hashes)}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def test_no_module_makes_html_of_text_or_fetches() -> None:
    """Nothing in our modules parses HTML, evaluates text, or speaks to a network."""
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    banned += r"|DOMParser|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|import\("
    for name in modules():
        code = re.sub(r"/\*.*?\*/", "", pack.page_file(name), flags=re.DOTALL)
        assert not re.search(banned, code), name


def test_marks_within_contents_are_left_alone() -> None:
    """A content that holds another mark does not draw the other content in."""
    contents = {"TITLE": "%DATA%", "MODEL": "", "NOSCRIPT": "%TITLE%", "DATA": "{}"}
    page = pack.filled({**contents, "PICTURES": "[]"})
    assert "<title>%DATA% · handful report</title>" in page
    assert page.count("{}</script>") == 1


def test_vendored_files_are_those_noted() -> None:
    """Every vendored file has the noted hash, none is there unnoted, each has a licence."""
    record = json.loads((VENDORED / "vendor.json").read_text(encoding="utf-8"))
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDORED.iterdir()
        if path.name != "vendor.json"
    }
    assert record["sha256"] == found
    for package in record["packages"]:
        licence = (VENDORED / package["licence"]).read_text(encoding="utf-8")
        assert f"{package['name']} {package['version']}" in licence
