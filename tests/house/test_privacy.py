"""Nothing leaves the machine: a whole journey, watched through the kernel.

Where handful may write is the table in docs/decisions/0100-nothing-leaves.md.
"""

import os
import sys
from pathlib import Path

import pytest

from tests.house.watched import Seen, watched
from tests.samples import write_digits, write_loose_digits

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "HOME": "home",
    "XDG_CACHE_HOME": "home/cache",
    "XDG_CONFIG_HOME": "home/config",
    "XDG_DATA_HOME": "home/data",
    "XDG_STATE_HOME": "home/state",
    "XDG_RUNTIME_DIR": "home/run",
    "TMPDIR": "temporary",
}


class Machine:
    """Somebody's machine on which nothing has happened yet: every folder of the user is empty."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.work = place / "work"
        self.cwd = place / "cwd"
        self.work.mkdir()
        self.cwd.mkdir()
        for folder in FOLDERS.values():
            (place / folder).mkdir(parents=True, exist_ok=True)
        self.env = {
            **{name: str(place / folder) for name, folder in FOLDERS.items()},
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",  # else Python itself keeps what it compiled
            "OMP_NUM_THREADS": "1",
        }

    def run(self, *words: str) -> tuple[str, Seen]:
        """Python with these arguments, to its end; what it complained of if it failed."""
        done, seen = watched(
            [sys.executable, *words], cwd=self.cwd, env=self.env, log=self.place / "strace.log"
        )
        return ("" if done.returncode == 0 else done.stderr[-3000:]), seen

    def kept(self) -> list[str]:
        """What is in the user's folders in the end, and where the program was started."""
        folders = (self.place / name for name in ("home", "temporary", "cwd"))
        found = (path for folder in folders for path in folder.rglob("*") if not path.is_dir())
        return sorted(str(path.relative_to(self.place)) for path in found)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with its own empty home, temporary folder and working folder."""
    return Machine(tmp_path)


def test_a_whole_journey_stays_on_the_machine(machine: Machine) -> None:
    """No socket but loopback's, no name looked up, no file outside project, output and cache."""
    write_digits(machine.work / "digits", per_class=8)
    write_loose_digits(machine.work / "loose", per_class=4)
    failure, seen = machine.run("-m", "tests.house.journey", str(machine.work))
    assert failure == ""
    assert seen.network == ()
    assert seen.names == ()
    cache = machine.place / "home" / "cache" / "handful"
    temporary = machine.place / "temporary"
    assert seen.made_outside(machine.work, cache, temporary) == []
    assert [path for path in machine.kept() if not path.startswith("home/cache/handful/")] == []
    assert any(path.is_relative_to(cache) for path in seen.made)  # the watcher saw the compiler
    assert any(path.is_relative_to(machine.work / "loose" / ".handful") for path in seen.made)


def test_the_watcher_sees_native_telemetry(machine: Machine) -> None:
    """ONNX Runtime alone, as its makers ship it, is seen to write into the user's home."""
    failure, seen = machine.run("-c", "import onnxruntime")
    assert failure == ""
    assert [name for name in seen.made_outside(machine.work) if "onnxruntime" in name] != []


@pytest.mark.parametrize(
    ("script", "network", "names"),
    [
        ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", True, False),
        ("socket.socket().connect_ex(('192.0.2.1', 9))", True, False),
        ("socket.socket(socket.AF_INET6).connect_ex(('2001:db8::1', 9))", True, False),
        ("socket.getaddrinfo('localhost', 80)", False, True),
        ("socket.socket().connect_ex(('127.0.0.1', 9))", False, False),
        ("subprocess.run(['getent', 'hosts', 'localhost'])", True, True),
    ],
)
def test_the_watcher_sees_the_network(
    machine: Machine, script: str, network: bool, names: bool
) -> None:
    """An address beyond the machine and the look-up of a name are told, and loopback is not."""
    begin = "import socket, subprocess; socket.setdefaulttimeout(0.01); "
    failure, seen = machine.run("-S", "-c", begin + script)
    assert (failure, network, names) == ("", bool(seen.network), bool(seen.names))
