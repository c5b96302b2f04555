"""Who is told how far long work is."""

import os
import pty
import subprocess
import sys

import pytest

from handful.system.progress import shown


def test_a_function_is_told_and_false_is_silence() -> None:
    """What a user gives is what work gets."""
    said: list[int] = []
    with shown(said.append, "Looking") as told:
        assert told is not None
        told(3)
    assert said == [3]
    with shown(False, "Looking") as told:
        assert told is None


SCRIPT = """
from handful.system.progress import shown
with shown(None, "Looking") as told:
    if told:
        told(1, 2, 10.0)
        told(2, 2, 10.0)
print("bar" if told else "silent")
"""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminal here")
def test_a_bar_is_drawn_in_a_terminal_and_not_in_a_log() -> None:
    """Standard error decides: a pseudo-terminal shows the bar, a pipe shows nothing."""
    piped = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert (piped.stdout, piped.stderr) == ("silent\n", "")
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
        text=True,
        check=True,
    )
    os.close(theirs)
    drawn = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.stdout == "bar\n"
    assert "Looking" in drawn
    assert "2 of 2" in drawn
