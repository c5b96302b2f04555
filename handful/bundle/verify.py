"""Does a bundle still answer here as it did where it was saved? From file to label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from handful.bundle.load import from_bytes, load
from handful.bundle.manifest import Golden
from handful.bundle.model import Model
from handful.bundle.predict import Prediction
from handful.system.machine import conditions

if TYPE_CHECKING:
    from rich.console import RenderableType

COMPARED = ("handful", "numpy", "onnxruntime", "pillow")
LOG_TOLERANCE = 1e-2
"""Of a golden log-probability: sensitive where a probability is near 0 or 1 and hides a fault."""
NOVELTY_TOLERANCE = 1e-3
"""Of a golden score of novelty, whose unit is about the spread among ordinary pictures. Up to 2e-5
was seen between thread counts and levels of optimisation."""
TINY = 1e-30  # below it float32 has no digits left to compare


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found.

    Args:
        ok: every golden picture was answered as before.
        max_difference: of any probability, from the one recorded.
        tolerance: what is let pass.
        max_log_difference: of any logarithm of a probability.
        cases: golden pictures that were asked.
        versions: name to (then, here), for what may change an answer.
        messages: what is wrong, a sentence each; empty if nothing is.
    """

    ok: bool
    max_difference: float
    tolerance: float
    max_log_difference: float
    cases: int
    versions: dict[str, tuple[str, str]]
    messages: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """As `--json` prints it."""
        return asdict(self)

    def summary(self) -> RenderableType:
        """For a person, a few lines."""
        from rich.text import Text

        word, style = ("verified", "bold green") if self.ok else ("not as it was", "bold red")
        text = Text.assemble(
            (word, style),
            f": {self.cases} test pictures from file to label, "
            f"largest difference {self.max_difference:.1e} ({self.tolerance:.0e} is allowed)",
        )
        for message in self.messages:
            text.append(f"\n  {message}")
        for name, (then, here) in self.versions.items():
            if then != here:
                text.append(f"\n  {name}: {then} then, {here} here", style="dim")
        return text


def verify(model: str | Path | Model) -> Verification:
    """Answer the synthetic pictures inside a bundle again and compare with what is recorded.

    The whole path is taken: read the bundle with all its checks, decode each picture, resize it,
    run the graph, decide. Of a Model, the file that it would be saved as is taken.

    Raises:
        BundleError: the file cannot be loaded.
    """
    asked = from_bytes(model.to_bytes()) if isinstance(model, Model) else load(model)
    golden = asked.manifest.golden
    answers = asked.predict([asked.contents[name] for name in golden])
    recorded = [np.array(case.probabilities) for case in golden.values()]
    seen = [
        np.array([*answer.probabilities.values()]) if not answer.error else np.zeros_like(wanted)
        for answer, wanted in zip(answers, recorded, strict=True)
    ]
    differences = [float(abs(a - b).max()) for a, b in zip(seen, recorded, strict=True)]
    logs = [_log_difference(a, b) for a, b in zip(seen, recorded, strict=True)]
    decided = asked.predictor.decide(np.array(recorded, np.float32)) if recorded else []
    tolerance = asked.manifest.tolerance
    messages = [
        f"{name}: {fault}"
        for name, case, answer, again, difference, log in zip(
            golden, golden.values(), answers, decided, differences, logs, strict=True
        )
        for fault in _faults(case, answer, again, difference, log, tolerance)
    ]
    if not golden:
        messages.append("there is no test picture in the file")
    here, then = conditions().versions, asked.manifest.conditions.versions
    return Verification(
        ok=not messages,
        max_difference=max(differences, default=0.0),
        tolerance=tolerance,
        max_log_difference=max(logs, default=0.0),
        cases=len(golden),
        versions={name: (then.get(name, "unknown"), here[name]) for name in COMPARED},
        messages=tuple(messages),
    )


def _faults(
    case: Golden,
    answer: Prediction,
    again: Prediction,
    difference: float,
    log: float,
    tolerance: float,
) -> Iterator[str]:
    """What is wrong with one answer. `again` is what is decided here from the numbers recorded."""
    if answer.error:
        yield f"cannot be read here ({answer.error})"
        return
    if not difference <= tolerance:
        yield f"a probability differs by {difference:.1e}"
    if not log <= LOG_TOLERANCE:
        yield f"the logarithm of a probability differs by {log:.1e}"
    if case.novelty is not None and answer.unlike is not None:
        moved = abs(answer.unlike.score - case.novelty)
        if not moved <= NOVELTY_TOLERANCE:
            yield f"the score of novelty differs by {moved:.1e}"
    if (again.label, again.set, again.abstained) != (case.label, case.set, case.abstained):
        decided, before = (again.label, again.set), (case.label, case.set)
        yield f"from the same numbers, {decided} is decided here, not {before}"


def _log_difference(seen: np.ndarray, recorded: np.ndarray) -> float:
    shown = recorded > TINY
    return float(abs(np.log(np.maximum(seen[shown], TINY)) - np.log(recorded[shown])).max())
