"""Work beside the page makes way for it."""

from __future__ import annotations

import os
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
print(nice.pop(os.getpid()), nice.pop(answering.native_id), *set(nice.values()))
halt.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness on Linux alone")
@pytest.mark.parametrize("more", [0, 4, 19])
def test_linear_algebra_makes_way_for_the_page(more: int) -> None:
    """Fits and the pools beneath them step back behind what answers the page, nice or not."""
    own = min(19, os.getpriority(os.PRIO_PROCESS, 0) + more)
    said = subprocess.run(
        ["nice", "-n", str(more), sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
    )
    assert [own, own, min(19, own + 10)] == [int(level) for level in said.stdout.split()]
