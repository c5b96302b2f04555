"""What a label is, is known in one folder."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "handful"
BESIDE = {"kernels", "deep", "targets"}  # arrays of any meaning; networks of any; the place itself


def decisions(source: str) -> list[int]:
    """Lines with an argmax over the last axis of a matrix, written as a method or a function."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in ("argmax", "nanargmax"):
            continue
        of_module = isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
        given = {word.arg: word.value for word in node.keywords}
        given |= dict(enumerate(node.args[1:] if of_module else node.args))
        axis = given.get("axis", given.get(0))
        if axis is not None and ast.unparse(axis) in ("1", "-1"):
            found.append(node.lineno)
    return found


def test_the_likeliest_class_is_taken_in_one_place() -> None:
    """Only a target decides from probabilities: elsewhere no argmax runs over classes."""
    strays = {
        str(path.relative_to(PACKAGE)): lines
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in BESIDE
        and (lines := decisions(path.read_text(encoding="utf-8")))
    }
    assert strays == {}


def test_every_way_to_write_it_is_seen() -> None:
    """Method and function, keyword and position, 1 and -1; not the other axis, not a vector."""
    seen = ("p.argmax(axis=1)", "p.argmax(-1)", "np.argmax(p, axis=-1)", "np.argmax(p, 1)")
    assert [decisions(one) for one in seen] == [[1]] * 4
    others = ("p.argmax()", "np.argmax(p)", "p.argmax(axis=0)", "np.argmax(p, 0)")
    assert [decisions(one) for one in others] == [[]] * 4
