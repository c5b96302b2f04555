"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Afterwards the whole content is there under this name, or what was there before.

    Folders on the way are made. Safe against kills and against two writers.

    Args:
        durable: wait until the disk has it, so that it outlasts a power cut.
    Raises:
        OSError: the place cannot be written, or is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if durable and os.name == "posix":  # the new name, too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
