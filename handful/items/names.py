"""File names as text that can always be printed, stored and turned back.

On many systems a name is any run of bytes: not always UTF-8, sometimes with line ends or terminal
codes in it. Such bytes are written `\\xNN`; all other names stay as they are.
"""

from __future__ import annotations

import os
import re

# What cannot be encoded, and what a terminal would obey instead of showing.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]|\\\\(?=x[0-9a-f]{2})")
_ESCAPES = re.compile(r"(?:\\x[0-9a-f]{2})+")


def printable(name: str) -> str:
    """The name as text without surrogates and control characters; `native` turns it back.

    A backslash is escaped only where it would be taken for one of ours.
    """
    return _UNPRINTABLE.sub(lambda found: _escaped(found[0]), name)


def native(name: str) -> str:
    """The name as this system's file functions want it, from what `printable` gave."""
    return _ESCAPES.sub(lambda found: _unescaped(found[0]), name)


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))


def _unescaped(escapes: str) -> str:
    return os.fsdecode(bytes.fromhex(escapes.replace("\\x", "")))
