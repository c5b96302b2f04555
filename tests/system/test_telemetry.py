"""No library that handful uses tells its maker anything."""

import os
import subprocess
import sys
from pathlib import Path

from handful.system.telemetry import SWITCH, TOO_LATE


def python(script: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """One script in a process of its own, whose home is `home` and nothing else is set."""
    place = {"HOME": str(home), "PATH": os.environ["PATH"], **settings}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=place
    )


def test_import_of_handful_comes_before_telemetry(tmp_path: Path) -> None:
    """ONNX Runtime imported after handful writes nothing into the user's home."""
    done = python("import handful, onnxruntime", tmp_path)
    assert (0, "", []) == (done.returncode, done.stderr, list(tmp_path.rglob("*")))


def test_every_module_of_handful_switches_it_off(tmp_path: Path) -> None:
    """A module imported by its full name is enough, and what others had set does not count."""
    script = f"import handful.encoders.runtime, os; print(os.environ[{SWITCH!r}])"
    assert "1\n" == python(script, tmp_path, **{SWITCH: "0"}).stdout


def test_late_import_of_handful_is_told(tmp_path: Path) -> None:
    """Where ONNX Runtime was imported first with telemetry on, a warning says what to do."""
    assert TOO_LATE in python("import onnxruntime, handful", tmp_path).stderr
    quiet = python("import onnxruntime, handful", tmp_path, **{SWITCH: "1"})
    assert (0, "") == (quiet.returncode, quiet.stderr)
