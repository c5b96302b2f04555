"""A finding: something about one or more items that is worth a person's look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from handful.system.notebook import small_table

SHOWN_PATHS = 3  # in a notebook
Severity = Literal["fault", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """An item, or several together, worth a look.

    Args:
        kind: a short fixed name: "unreadable", "near-duplicate", "leak", "suspect-label", ...
        paths: the items concerned, relative to the data folder; empty where it is all of them.
        reason: one sentence in plain words, with the figures that led to it.
        score: how sure, in [0, 1]; 1 is a fact.
        severity: "fault" spoils learning or estimates, "warning" may, "note" is for information.
        suggestion: what to do about it, one sentence; may be empty.
    """

    kind: str
    paths: tuple[str, ...]
    reason: str
    score: float = 1.0
    severity: Severity = "warning"
    suggestion: str = ""

    def _repr_html_(self) -> str:
        """In a notebook: what was found, where, and what to do, as a small table."""
        more = len(self.paths) - SHOWN_PATHS
        paths = ", ".join(self.paths[:SHOWN_PATHS]) + (f" and {more:,} more" if more > 0 else "")
        rows = {"found": self.reason, "where": paths, "try": self.suggestion}
        shown = {name: value for name, value in rows.items() if value}
        return small_table(f"{self.severity}: {self.kind}", shown)

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return asdict(self)
