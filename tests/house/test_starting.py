"""Starting costs nothing: what an import drags in."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "onnx",
    "onnxruntime",
    "sklearn",
    "scipy",
    "pandas",
    "cleanlab",
    "fastapi",
    "starlette",
    "duckdb",
)


@pytest.mark.parametrize(
    ("what", "forbidden"),
    [
        ("import handful", (*HEAVY, "numpy", "PIL", "click", "rich")),
        (
            "import sys; sys.argv = ['handful', '--help']; from handful.cli import main; main()",
            HEAVY,
        ),
        ("from handful.labels.crowd import is_installed; is_installed()", ("pandas", "cleanlab")),
    ],
    ids=["import handful", "handful --help", "whether there is an extra"],
)
def test_nothing_heavy_is_loaded(what: str, forbidden: tuple[str, ...]) -> None:
    """Neither the import nor the help page loads a heavy library."""
    script = f"""
import atexit, sys
atexit.register(lambda: print("LOADED", *sorted(set(sys.modules) & set({forbidden!r}))))
{what}
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1].strip()) == (0, "LOADED")
