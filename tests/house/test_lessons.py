"""The lessons run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "docs/tour").glob("0*.md"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_lesson_runs(lesson: Path, tmp_path: Path) -> None:
    """All Python blocks of a lesson run, in order, in an empty folder."""
    blocks = re.findall(
        r"^```python\n(.*?)^```", lesson.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    script = tmp_path / "lesson.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(blocks) >= 2
