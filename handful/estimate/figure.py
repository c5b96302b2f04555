"""A figure with its interval, and the estimate that collects figures. No formulas here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from handful.notebook import small_table


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that never goes without its interval.

    Args:
        value: the estimate.
        low, high: the interval.
        confidence: of the interval, in (0, 1).
        n: items that it rests on.
        method: how it was made ("leave-group-out, Wilson on 1,968 units").
    """

    value: float
    low: float
    high: float
    confidence: float
    n: int
    method: str

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: how many of it are found, and how many of those named so are right."""

    n: int
    recall: Figure
    precision: Figure


@dataclass(frozen=True, slots=True, repr=False)
class Estimate:
    """How good a model is, from items that it did not learn from.

    `auroc` is None unless there are two classes; the positive class is then `positive`.
    """

    n: int
    method: str
    accuracy: Figure
    balanced_accuracy: Figure
    log_loss: Figure
    brier: Figure
    calibration_error: Figure
    auroc: Figure | None = None
    positive: str | None = None
    per_class: Mapping[str, ClassFigures] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Estimate: accuracy {self.accuracy}, n = {self.n:,}, {self.method}"

    def _repr_html_(self) -> str:
        """In a notebook: each figure with its interval, as a small table."""
        figures = {
            "accuracy": self.accuracy,
            "balanced accuracy": self.balanced_accuracy,
            "AUROC": self.auroc,
            "log-loss": self.log_loss,
            "Brier score": self.brier,
            "calibration error": self.calibration_error,
        }
        measured = {name: one for name, one in figures.items() if one is not None}
        return small_table(f"{self.n:,} items, {self.method}", measured)

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return asdict(self)
