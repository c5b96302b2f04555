"""How handful and its extras are installed: the commands that errors name.

`PUBLISHED` decides for all of them. Until handful is in a registry, `pip install handful` would
fetch nothing, or a stranger's package; what an extra adds is in a registry already, so an error
names those packages, which works beside a clone and beside a wheel alike.
"""

from __future__ import annotations

import re
from importlib import metadata

PUBLISHED = False


def extra(name: str) -> str:
    """The command that adds what the extra `name` brings."""
    if PUBLISHED:
        return f'pip install "handful[{name}]"'
    wanted = _packages(name)
    if not wanted:  # handful runs from its source and was never installed
        return f'pip install ".[{name}]" in the folder of handful\'s source'
    return "pip install " + " ".join(f'"{one}"' for one in wanted)


def upgrade() -> str:
    """The command that brings a newer handful."""
    if PUBLISHED:
        return "pip install --upgrade handful"
    return "pip install --upgrade PLACE, the clone or the wheel of a newer handful"


def _packages(name: str) -> list[str]:
    """What the extra asks for besides handful itself: "torch==2.13.0"."""
    try:
        lines = metadata.requires("handful") or []
    except metadata.PackageNotFoundError:
        return []
    found = (re.fullmatch(r"([^;]+?)\s*;.*extra\s*==\s*['\"]([\w-]+)['\"].*", one) for one in lines)
    return [one[1] for one in found if one and one[2] == name and not one[1].startswith("handful")]
