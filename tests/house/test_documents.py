"""The documents say what the program does, and their examples run."""

import re
from pathlib import Path

import click
import pytest

from handful.cli import main

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_option_is_documented(name: str) -> None:
    """The reference has a section for each command that names each of its options."""
    section = re.search(rf"^## `handful {name}\b.*?(?=^## |\Z)", COMMANDS, re.MULTILINE | re.DOTALL)
    assert section is not None
    options = [
        flag
        for parameter in main.commands[name].params
        if isinstance(parameter, click.Option)
        for flag in (*parameter.opts, *parameter.secondary_opts)
    ]
    assert [
        flag
        for flag in options
        if f"`{flag}" not in section.group() and f", {flag}`" not in section.group()
    ] == []


def test_readme_tree_names_every_folder() -> None:
    """The tree in the README has one line for each folder of the package and each at the top."""
    folders = [
        path.name for path in (ROOT / "handful").iterdir() if (path / "__init__.py").exists()
    ]
    assert [
        name for name in folders if not re.search(rf"^\s+{name}/\s+\S", README, re.MULTILINE)
    ] == []


def test_links_between_documents_lead_somewhere() -> None:
    """Each relative link in a Markdown file points at a file that exists."""
    broken = []
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_decisions_are_numbered_once() -> None:
    """Each decision page has a number of its own."""
    numbers = [path.name[:4] for path in (ROOT / "docs/decisions").glob("[0-9]*.md")]
    assert sorted(numbers) == sorted(set(numbers))
