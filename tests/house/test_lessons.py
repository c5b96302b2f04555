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


def test_each_of_the_seventeen_tasks_takes_six_lines() -> None:
    """The last block of each task, without blank lines: what is promised in the lesson's title."""
    text = (ROOT / "docs/tour/09-seventeen-tasks.md").read_text(encoding="utf-8")
    tasks = text.split("\n## ")[1:]
    last = [
        re.findall(r"^```python\n(.*?)^```", task, re.MULTILINE | re.DOTALL)[-1] for task in tasks
    ]
    lines = {
        task.partition("\n")[0]: sum(bool(line.strip()) for line in block.splitlines())
        for task, block in zip(tasks, last, strict=True)
    }
    assert len(lines) == 17
    assert {name: count for name, count in lines.items() if count > 6} == {}
    assert all("assert" in block for block in last)
