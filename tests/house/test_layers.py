"""Imports go one way, and heavy libraries stay where they belong."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "handful"

# In the order of the journey: a layer may import those before it, never those after it.
LAYERS = (
    "errors",
    "system",
    "items",
    "modalities",
    "datasets",
    "targets",
    "encoders",
    "features",
    "heads",
    "labels",
    "queries",
    "estimate",
    "review",
    "bundle",
    "deep",
    "kernels",
    "learning",
    "active",
    "project",
    "workbench",
    "serve",
    "cli",
)
# Within the kernel language, in the order of its passes; the gallery uses the public names alone.
PASSES = (
    "ir",
    "front",
    "rewrite",
    "schedule",
    "loops",
    "c",
    "oracle",
    "run",
    "torch",
    "explain",
    "kernel",
)
# A library, and the only layers that may import it.
CONFINED = {
    "torch": {"deep", "kernels"},
    "fastapi": {"workbench", "serve"},
    "starlette": {"workbench", "serve"},
    "uvicorn": {"workbench", "serve"},
    "pydicom": {"modalities"},
    "click": {"cli"},
    "onnxruntime": {"encoders", "bundle"},
    "onnx": {"encoders", "bundle", "deep"},
    "duckdb": {"datasets"},
    "pi_heif": {"modalities"},
    "cleanlab": {"labels"},
    "python_calamine": {"datasets"},
}
NEVER = {
    "pickle",
    "cloudpickle",
    "joblib",
    "dill",
    "shelve",
    "marshal",
    "requests",
    "httpx",
    "httpx2",
}

MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem[0] != "_"
)


def imports(path: Path) -> set[str]:
    """Full dotted names that the file imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            if node.module == "handful":
                names.update(f"handful.{alias.name}" for alias in node.names)
    return names


def layer(path: Path) -> str:
    """The layer that a file of the package belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_up_the_list(path: Path) -> None:
    """A module imports its own layer and those before it."""
    rank = LAYERS.index(layer(path))
    below = set()
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "handful" and len(parts) > 1 and parts[1] in LAYERS:
            below |= {name} if LAYERS.index(parts[1]) > rank else set()
    assert below == set()


KERNELS = [path for path in MODULES if layer(path) == "kernels"]


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_passes_of_the_kernel_language_import_earlier_passes(path: Path) -> None:
    """A pass imports its own folder and earlier ones; the gallery imports no pass."""
    own = path.relative_to(PACKAGE / "kernels").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    rank = PASSES.index(own) if own in PASSES else -1
    used = {name.split(".")[2] for name in imports(path) if name.startswith("handful.kernels.")}
    assert {name for name in used - {own} if name in PASSES and PASSES.index(name) > rank} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_layers(path: Path) -> None:
    """Each confined library is imported by its own layers alone; some by nobody."""
    roots = {name.partition(".")[0] for name in imports(path)}
    strays = {root for root in roots & CONFINED.keys() if layer(path) not in CONFINED[root]}
    assert strays | (roots & NEVER) == set()
