"""Starting the workbench: token and port kept with the project, and who is at the keyboard.

Nothing here imports the web framework: the work in the background begins before that is loaded.
"""

from __future__ import annotations

import getpass
import json
import secrets
import socket
from pathlib import Path
from typing import final

from handful.errors import StoreError
from handful.system.whole_file import write_whole
from handful.workbench.origin import Origin

FILE = "workbench.json"
HOST = "127.0.0.1"


@final
class Door:
    """Where the page is and what opens it, the same after a restart where that can be.

    An open page goes on by itself then: its cookie still fits, and what it has not sent yet belongs
    to its address, port included.

    Args:
        folder: of the project.
        port: wanted; 0: the one of last time if it is free, else any.
        at: the tunnel's address, where there is one.
    Raises:
        StoreError: the port wanted is taken, or the folder cannot be written.
    """

    def __init__(self, folder: Path, *, port: int = 0, at: Origin | None = None) -> None:
        self.at = at
        path = folder / FILE
        before = _read(path)
        self.token = str(before.get("token") or secrets.token_urlsafe(32))
        self.socket = _listening([port] if port else [_port(before), 0])
        self.port: int = self.socket.getsockname()[1]
        _write(path, {"token": self.token, "port": self.port})

    @property
    def address(self) -> str:
        """What to open in a browser: at the tunnel's end, where there is one."""
        return self.local if self.at is None else f"{self.at.address}/open?token={self.token}"

    @property
    def local(self) -> str:
        """What to open in a browser on this machine."""
        return f"http://{HOST}:{self.port}/open?token={self.token}"


def user_name() -> str:
    """The user's name on this machine, or "me" where it has none."""
    try:
        return getpass.getuser() or "me"
    except (OSError, KeyError):  # a container without an entry for the user
        return "me"


def _listening(ports: list[int]) -> socket.socket:
    """A socket on the first of the ports that is free; 0 stands for any."""
    for port in ports:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            listening.close()
            if port == ports[-1]:
                raise StoreError(
                    "The port cannot be used.",
                    found=f"{HOST}:{port} ({error.strerror or error})",
                    expected="a port that no other program uses",
                    attempt="leave out --port, or give another one",
                ) from error
            continue
        return listening
    raise AssertionError("no port was given")


def _port(kept: dict[str, object]) -> int:
    port = kept.get("port")
    return port if isinstance(port, int) and 0 < port < 65_536 else 0


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # there is none yet, or it is damaged: a new token is made
    return found if isinstance(found, dict) else {}


def _write(path: Path, facts: dict[str, object]) -> None:
    try:
        write_whole(path, json.dumps(facts).encode(), durable=False, mode=0o600)
    except OSError as error:
        raise StoreError(
            "The project folder cannot be written.",
            found=f"{path} ({error.strerror or error})",
            expected="a folder that can be written, on a disk with room",
            attempt="name another folder with --project DIR",
        ) from error
