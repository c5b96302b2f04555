"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: Path, *, durable: bool = True, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write to; after the block its content is there under this name.

    Until then, and where the block fails, what was there before stays. Folders on the way are made.
    Safe against kills and against two writers.

    Args:
        durable: wait until the disk has it, so that it outlasts a power cut.
        mode: who may read and write it, before the umask.
    Raises:
        OSError: the place cannot be written, or is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
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


def write_whole(path: Path, content: bytes, *, durable: bool = True, mode: int = 0o666) -> None:
    """`whole_file` for content that is there at once."""
    with whole_file(path, durable=durable, mode=mode) as file:
        file.write(content)


def why_not_writable(path: Path) -> str:
    """Why no file can be written at a place, in plain words; empty where one can.

    It is asked before long work. A file is made beside the place and taken away again, since a
    permission alone does not tell. Folders that are not there yet are no reason: they will be made.
    """
    if path.is_dir():
        return "there is a folder of that name"
    if path.exists() and not path.is_file():
        return "there is something that is no file"
    folder = next(one for one in path.absolute().parents if one.exists())
    if not folder.is_dir():
        return f"{folder.name} is no folder"
    trial = folder / f".{secrets.token_hex(8)}.part"
    try:
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except OSError as error:
        return f"its folder cannot be written: {error.strerror}"
    trial.unlink()
    return ""
