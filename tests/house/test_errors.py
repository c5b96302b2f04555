"""Every error is written in one style, and says what to try.

Kernels are left out: their errors begin with the kernel's name, and `tests/kernels/` holds them.
"""

import ast
import re
from pathlib import Path

import pytest

from handful import errors

PACKAGE = Path(__file__).parents[2] / "handful"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "kernels" not in p.relative_to(PACKAGE).parts)
ROOTS = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
# A capital, a figure, what is filled in, or the name of an option, a column or a file as it is.
BEGINNING = re.compile(r"[A-Z0-9{`'\"]|--\w|\w+\.(json|onnx)\b")


def our_errors() -> set[str]:
    """Names of the errors that take the four lines: the tree in errors.py and what grows on it."""
    grown = {
        node.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and ROOTS & {base.id for base in node.bases if isinstance(base, ast.Name)}
        and "__init__" not in {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
    }
    return ROOTS | grown


OURS = our_errors()


def raised(path: Path) -> list[ast.Call]:
    """Every error of ours that the module makes."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OURS
    ]


def texts(what: ast.expr) -> list[str]:
    """The text of a first line, with {} for what is filled in; none where a variable holds it."""
    match what:
        case ast.Constant(str(text)):
            return [text]
        case ast.JoinedStr(parts):
            return ["".join(p.value if isinstance(p, ast.Constant) else "{}" for p in parts)]
        case ast.IfExp(body=one, orelse=other):
            return texts(one) + texts(other)
    return []


def test_errors_are_found() -> None:
    """The search sees the errors: those of the tree, and those that grow on it."""
    assert {"DataError", "StoreError", "NoSuchItemError"} <= OURS
    assert 100 < sum(len(raised(path)) for path in MODULES)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_first_line_is_a_sentence(path: Path) -> None:
    """What happened begins with a capital or a name as it is, and ends with a full stop."""
    lines = [text for call in raised(path) if call.args for text in texts(call.args[0])]
    assert [text for text in lines if not BEGINNING.match(text)] == []
    assert [text for text in lines if not text.endswith((".", "{}"))] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_error_says_what_to_try(path: Path) -> None:
    """The fourth line is never left out."""
    without = [
        f"line {call.lineno}"
        for call in raised(path)
        if not {"attempt", None} & {keyword.arg for keyword in call.keywords}
    ]
    assert without == []
