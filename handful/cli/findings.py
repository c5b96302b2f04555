"""Findings as lines for the terminal: each in full, or a short summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from handful.items.finding import Finding, Severity

if TYPE_CHECKING:
    from rich.text import Text

SHOWN_PATHS = 3
STYLES: dict[Severity, str] = {"fault": "bold red", "warning": "yellow", "note": "cyan"}


def described(findings: Sequence[Finding]) -> Iterator[Text]:
    """Each finding: severity, reason, the first files and what to do."""
    from rich.text import Text

    for one in findings:
        line = Text()
        line.append(f"{one.severity:<8}", style=STYLES[one.severity])
        line.append(f"{one.kind}: ", style="bold")
        line.append(one.reason)
        for path in one.paths[:SHOWN_PATHS]:
            line.append(f"\n        {path}", style="dim")
        if len(one.paths) > SHOWN_PATHS:
            line.append(f"\n        and {len(one.paths) - SHOWN_PATHS:,} more", style="dim")
        if one.suggestion:
            line.append(f"\n        → {one.suggestion}")
        yield line


def tally(findings: Sequence[Finding]) -> str:
    """How many findings of which severity, in one line."""
    if not findings:
        return "no problems found"
    counts = Counter(one.severity for one in findings)
    parts = [
        f"{counts[name]:,} {name}{'s' * (counts[name] != 1)}" for name in STYLES if counts[name]
    ]
    return ", ".join(parts)
