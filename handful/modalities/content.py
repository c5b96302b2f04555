"""The bytes of an item, read safely, and the hash by which they are known again."""

from __future__ import annotations

import errno
import hashlib
import os
import stat

from handful.items.item import Item
from handful.modalities.failure import DecodeFailure

MAX_BYTES = 512 * 2**20


def read(item: Item) -> bytes:
    """The bytes of the item's file.

    Raises:
        DecodeFailure: there is no such file, it may not be read, it is a folder, a pipe or a
            device, it is empty, or it is larger than `MAX_BYTES`.
    """
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
        descriptor = os.open(item.source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  (a descriptor, no path)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                why = f"not a file: it is {_kind(status.st_mode)}"
                raise DecodeFailure(why, path=item.path, lasting=False)
            if status.st_size > MAX_BYTES:
                why = f"too large: {status.st_size / 2**20:,.0f} MiB; {MAX_BYTES // 2**20} are read"
                raise DecodeFailure(why, path=item.path)
            data = file.readall()
    except OSError as error:
        raise DecodeFailure(_why_not_opened(error), path=item.path, lasting=False) from error
    if not data:
        raise DecodeFailure("empty: 0 bytes", path=item.path)
    return data


def content_hash(data: bytes) -> str:
    """BLAKE2b-128 of a file's bytes, in hexadecimal: by this a file is known under any name."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a device"


def _why_not_opened(error: OSError) -> str:
    known = {
        errno.ENOENT: "there is no such file",
        errno.EACCES: "no permission to read it",
        errno.EPERM: "no permission to read it",
        errno.EISDIR: "not a file: it is a folder",
        errno.ELOOP: "its symbolic links lead in a circle",
        errno.ENAMETOOLONG: "its name is too long for this system",
        errno.EIO: "the disk reports an error while reading it",
        errno.ENXIO: "not a file: it is a socket",
    }
    return known.get(error.errno or 0, f"it cannot be opened: {error.strerror or error}")
