"""Watches a program and all that it starts, through the kernel: what it asks of the network, and
every file that it makes.

strace sees each system call, whoever makes it: Python, a library's own threads, a compiler that is
started, a program without libc. Python's audit hooks see Python alone; a preloaded library sees
only calls that go through libc's public names, and only in programs that are linked dynamically.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAKING = (
    *("open", "openat", "openat2", "creat", "mkdir", "mkdirat", "mknod", "mknodat"),
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
)
ASKING = ("socket", "connect", "bind", "sendto", "sendmsg", "sendmmsg")
# A path, and before it the folder that it starts from, as strace shows both.
PATH = re.compile(r'(?:AT_FDCWD(?:<([^>]*)>)?, |\d+<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
LOOPBACK = re.compile(r'"127\.|"::1"|"::ffff:127\.')
FAMILIES = ("AF_UNIX", "AF_INET", "AF_NETLINK")  # the last speaks to this machine's kernel
NAMES = ("/etc/hosts", "/etc/resolv.conf", "/etc/host.conf", "/etc/gai.conf")
PATIENCE_S = 300
# Not files of anybody's: and joblib tries, when it is imported, whether a semaphore can be made.
DEVICES = ("/dev/null", "/dev/tty", "/dev/pts/", "/dev/shm/sem.")


@dataclass(frozen=True)
class Seen:
    """What a program did that is worth a question.

    Args:
        network: system calls that reach, or may reach, beyond this machine.
        names: signs that the address of a name was looked up.
        made: absolute paths of files and folders that were made, or opened to be written.
    """

    network: tuple[str, ...]
    names: tuple[str, ...]
    made: tuple[Path, ...]

    def made_outside(self, *allowed: Path) -> list[str]:
        """Those that lie in none of the folders."""
        return [str(path) for path in self.made if not any(map(path.is_relative_to, allowed))]


def watched(
    words: Sequence[str], *, cwd: Path, env: dict[str, str], log: Path
) -> tuple[subprocess.CompletedProcess[str], Seen]:
    """Run a program to its end, and tell what it and its children did.

    Args:
        words: the program and its arguments.
        cwd: where it runs.
        env: all of its environment.
        log: where strace writes.
    """
    strace = shutil.which("strace")
    assert strace, "strace is not installed; try: sh scripts/strace.sh"
    options = ["-f", "--seccomp-bpf", "-qq", "-y", "-s", "4096", "-o", str(log)]
    done = subprocess.run(
        [strace, *options, "-e", f"trace={','.join(MAKING + ASKING)}", "-e", "signal=none", *words],
        cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return done, Seen(
        network=tuple(line for line in lines if _reaches_out(line)),
        names=tuple(line for line in lines if _looks_up(line)),
        made=tuple(dict.fromkeys(_made(lines, cwd))),
    )


def _call(line: str) -> tuple[str, str]:
    """The name of a system call, and the rest of its line: `123 connect(3<...>, {...}) = 0`."""
    found = re.match(r"\d+ +(\w+)\((.*)", line)
    return (found[1], found[2]) if found else ("", "")


def _reaches_out(line: str) -> bool:
    """Whether it makes a socket of another kind, or names an address beyond this machine.

    A datagram socket of the internet counts at once: nothing here has a use for one.
    """
    name, rest = _call(line)
    if name == "socket":
        return not rest.startswith(FAMILIES) or (
            rest.startswith("AF_INET") and "SOCK_STREAM" not in rest
        )
    return name in ASKING and "sa_family=AF_INET" in rest and not LOOPBACK.search(rest)


def _looks_up(line: str) -> bool:
    """Whether it reads what a resolver reads, or speaks to one."""
    name, rest = _call(line)
    if name in ("open", "openat", "openat2"):
        return any(f'"{place}"' in rest for place in NAMES)
    return name in ("connect", "sendto") and bool(
        re.search(r"sin6?_port=htons\((53|5353)\)|sun_path=\"[^\"]*(resolve|avahi)", rest)
    )


def _made(lines: Sequence[str], cwd: Path) -> Iterator[Path]:
    for line in lines:
        name, rest = _call(line)
        if not name or name in ASKING or re.search(r"\) += -1 ", rest):
            continue
        if name.startswith("open") and not re.search(r"O_CREAT|O_WRONLY|O_RDWR|O_TMPFILE", rest):
            continue
        places = PATH.findall(rest)
        if not places:
            continue
        # A rename or link makes what it names last; its first path is what there was.
        here, opened, path = places[-1]
        whole = os.path.normpath(cwd / (here or opened) / path)
        if not whole.startswith(DEVICES):
            yield Path(whole)
