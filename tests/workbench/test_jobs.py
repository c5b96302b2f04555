"""Work beside the page makes way for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, threading
import numpy as np
from handful.workbench.jobs import be_nice

np.ones((400, 400)) @ np.ones((400, 400))  # the pool of threads is there
halt = threading.Event()
answering = threading.Thread(target=halt.wait)
working = threading.Thread(target=lambda: (be_nice(), done.set(), halt.wait()))
done = threading.Event()
for thread in (answering, working):
    thread.start()
done.wait()
threads = map(int, os.listdir("/proc/self/task"))
nice = {thread: os.getpriority(os.PRIO_PROCESS, thread) for thread in threads}
print(nice.pop(os.getpid()), nice.pop(answering.native_id), sorted(set(nice.values())))
halt.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness on Linux alone")
def test_linear_algebra_makes_way_for_the_page() -> None:
    """The fitting thread and the pools beneath it step back; what answers the page does not."""
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert said.stdout.split("\n")[0] == "0 0 [10]"
