"""The commands that errors and documents name can be run."""

import re
import tomllib
from pathlib import Path

import pytest

from handful.system import installing

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
# A command that asks a registry for handful itself.
ASKS_REGISTRY = re.compile(r"pip install (--upgrade )?[`\"']?handful\b(?!-)")


@pytest.mark.parametrize("name", ["torch", "demo", "crowd"])
def test_an_extra_is_named_by_its_packages(name: str) -> None:
    """Until handful is published, the command names what the extra brings."""
    assert not installing.PUBLISHED
    wanted = {re.sub(r"[ <>=].*", "", one) for one in EXTRAS[name]}
    found = re.findall(r'"([\w-]+)[^"]*"', installing.extra(name).removeprefix("pip install "))
    assert wanted == set(found)


def test_an_extra_of_a_source_that_was_never_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no package knows the extra, the clone itself is installed with it."""
    monkeypatch.setattr(installing, "_packages", lambda _: [])
    assert 'pip install ".[torch]" in the folder of handful\'s source' == installing.extra("torch")


def test_one_constant_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once handful is published, every command asks for it by name."""
    monkeypatch.setattr(installing, "PUBLISHED", True)
    assert 'pip install "handful[torch]"' == installing.extra("torch")
    assert "pip install --upgrade handful" == installing.upgrade()


def test_nothing_names_a_package_that_is_not_published() -> None:
    """No document, page or module but the one that decides tells to fetch handful by name."""
    kinds = ("*.py", "*.md", "*.js", "*.html")
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    pages += [path for kind in kinds for path in (ROOT / "docs").rglob(kind)]
    pages += [path for kind in kinds for path in (ROOT / "handful").rglob(kind)]
    decides = ROOT / "handful" / "system" / "installing.py"
    naming = [
        str(path.relative_to(ROOT))
        for path in pages
        if path != decides and ASKS_REGISTRY.search(path.read_text(encoding="utf-8"))
    ]
    assert len(pages) > 200
    assert naming == []
