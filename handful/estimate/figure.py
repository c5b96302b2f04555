"""A figure with its interval, and the estimate that collects figures. No formulas here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from handful.system.notebook import small_table


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

    def _repr_html_(self) -> str:
        """In a notebook: the value, its interval, and what it rests on, as a small table."""
        rows = {"value": f"{self.value:.3f}", "interval": f"{self.low:.3f}–{self.high:.3f}"}
        return small_table(f"{self.confidence:.0%} interval, n = {self.n:,}, {self.method}", rows)

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: how many of it are found, and how many of those named so are right."""

    n: int
    recall: Figure
    precision: Figure


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a model without eyes would reach: it always names the commonest class.

    Args:
        label: that class.
        accuracy: its share of the items.
        n: items.
    """

    label: str
    accuracy: float
    n: int


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

    @property
    def baseline(self) -> Baseline | None:
        """The accuracy of always naming the class that is commonest among these items."""
        if not self.per_class or not self.n:
            return None
        label = max(self.per_class, key=lambda name: self.per_class[name].n)
        return Baseline(label, self.per_class[label].n / self.n, self.n)

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
        baseline = self.baseline
        return {**asdict(self), "baseline": asdict(baseline) if baseline else None}


@dataclass(frozen=True, slots=True)
class Blocked:
    """How good a model is on a new series: whole runs of neighbours were left out.

    Args:
        order: what the items were ordered by: "file names" or "capture time".
        length: items in a run.
        runs: how many there were.
        estimate: the figures.
        at_random: accuracy where as many items of each class, chosen at random, leave together.
        p_value: of the test that order means nothing.
        leads: neighbours help each other clearly, so this is what to expect of a new series.
    """

    order: str
    length: int
    runs: int
    estimate: Estimate
    at_random: float
    p_value: float
    leads: bool

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it: the shape of an estimate, and how it was made."""
        how = {name: getattr(self, name) for name in ("order", "length", "runs", "at_random")}
        return {**self.estimate.to_json(), **how, "p_value": self.p_value, "leads": self.leads}


@dataclass(frozen=True, slots=True)
class Caveats:
    """What must stand beside a figure wherever it is shown.

    Args:
        blocked: what to expect of a new series; None where neighbours do not help each other.
        warnings: sentences on what makes the figure untrue, or was left out to keep it true.
    """

    blocked: Blocked | None = None
    warnings: tuple[str, ...] = ()
