"""How many lines a user writes for each kernel, beside its equations in a textbook."""

from __future__ import annotations

import ast
from pathlib import Path

from benchmarks.kernels.compare import Clock
from handful.kernels import gallery

EQUATIONS = {
    "gated": 3,  # z, g, h
    "gru": 4,  # r, z, n, h
    "lstm": 6,  # four gates, c, h
    "sparse_conv": 1,
    "attention": 2,  # the scores, the mixture
    "layer_norm": 3,  # mean, variance, y
    "nearest": 1,
    "gaussian": 2,  # the distance, the sum
    "segment_sum": 1,
    "segment_softmax": 3,  # maximum, exponential, share
    "depthwise_conv": 1,
}
"""As they stand in docs/reference/kernels-gallery.md, a named quantity counting as one."""


def table(_small: bool, clock: Clock) -> None:
    """One row for each kernel: statements of its body, helpers of its file included."""
    found: dict[str, int] = {}
    for path in sorted(Path(gallery.__file__).parent.glob("*.py")):
        found |= _kernels(ast.parse(path.read_text(encoding="utf-8")))
    print("\n| lines | written | equations | reached |\n| --- | ---: | ---: | --- |")
    for name, equations in EQUATIONS.items():
        good = found[name] <= equations
        clock.rows += 1
        if not good:
            clock.missed.append(f"lines of {name}")
        print(f"| {name} | {found[name]} | {equations} | {'yes' if good else '**no**'} |")


def _kernels(module: ast.Module) -> dict[str, int]:
    functions = {f.name: f for f in ast.walk(module) if isinstance(f, ast.FunctionDef)}
    marked = {
        n
        for n, f in functions.items()
        if any(isinstance(d, ast.Name) and d.id == "kernel" for d in f.decorator_list)
    }
    out = {}
    for name in marked:
        waiting, parts = [name], set()
        while waiting:
            now = waiting.pop()
            parts.add(now)
            called = {
                c.func.id
                for c in ast.walk(functions[now])
                if isinstance(c, ast.Call) and isinstance(c.func, ast.Name)
            }
            inner = {f.name for f in ast.walk(functions[now]) if isinstance(f, ast.FunctionDef)}
            waiting += [c for c in called if c in functions and c not in parts | inner]
        out[name] = sum(_statements(functions[part]) for part in parts)
    return out


def _statements(function: ast.FunctionDef) -> int:
    """Statements that say maths: no docstrings, no headers of functions, no imports."""
    skipped = (ast.FunctionDef, ast.Import, ast.ImportFrom)
    return sum(
        isinstance(s, ast.stmt)
        and not isinstance(s, skipped)
        and not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        for s in ast.walk(function)
    )
