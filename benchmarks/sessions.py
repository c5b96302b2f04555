"""Claim: in 500 simulated sessions the 95 % interval covers the true accuracy in 95 % or more.

Each session labels actively, audit items in between, and then states an interval. The truth is the
shipped model's accuracy on items of the same source that were kept out: against what the same
expert would say of them, and against what they truly are. Where the expert errs the two differ, and
no audit by that expert can tell.

    python -m benchmarks.sessions [--sessions 500] [--labels 150] [--set cells] [--minutes 4]

It runs for some minutes and keeps what it has in `build/benchmarks/`; run it again to go on.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.report import print_conditions
from benchmarks.simulation.kept import Kept
from benchmarks.simulation.session import Ended, numbers, session
from benchmarks.simulation.sets import SETS, Set, kept_for
from handful.estimate.audit import Audit, audit
from handful.queries.mixture import Mixture
from handful.queries.simulate import Expert
from handful.queries.space import steering

POOL = 1_000


@dataclass(frozen=True, slots=True)
class Variant:
    """What is made harder: one class to twenty, pictures twice or thrice, wrong answers."""

    name: str
    imbalance: float | None = None
    duplicates: bool = False
    wrong_fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session stated, and the shipped model's accuracy by two measures."""

    value: float
    live: tuple[float, float]
    frozen: tuple[float, float]
    by_expert: float
    in_truth: float


VARIANTS = (
    Variant("plain"),
    Variant("imbalance 1:20", imbalance=1 / 20),
    Variant("duplicates", duplicates=True),
    Variant("5 % wrong labels", wrong_fraction=0.05),
    Variant("all three", imbalance=1 / 20, duplicates=True, wrong_fraction=0.05),
)


def main() -> None:
    """Run the sessions and print coverage with its Monte Carlo error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--labels", type=int, default=150)
    parser.add_argument("--set", default="cells", choices=sorted(SETS))
    parser.add_argument("--minutes", type=float, default=4.0, help="then stop; run again to go on")
    options = parser.parse_args()
    print_conditions(f"{options.sessions} sessions of {options.labels} labels, {options.set}")
    each = -(-options.sessions // len(VARIANTS))
    kept = Kept(kept_for(f"sessions-{options.set}-{options.labels}"), minutes=options.minutes)
    wanted = [(variant, seed) for seed in range(each) for variant in VARIANTS]
    missing = [(v, seed) for v, seed in wanted if f"{v.name} | {seed}" not in kept]
    if missing and not kept.is_time_up():
        data = SETS[options.set]()
        vectors = steering(data.X)
        for variant, seed in missing:
            if kept.is_time_up():
                break
            outcome = _run(data, vectors, variant, options.labels, seed)
            kept.add(f"{variant.name} | {seed}", {} if outcome is None else asdict(outcome))
    rows: list[Outcome] = []
    for variant in VARIANTS:
        done = [kept[key] for seed in range(each) if (key := f"{variant.name} | {seed}") in kept]
        outcomes = [Outcome(**_fields(row)) for row in done if len(row) > 1]
        if outcomes:
            _print(variant.name, outcomes)
        if len(outcomes) < len(done):
            print(f"  {len(done) - len(outcomes)} sessions met one class alone, and made no model")
        rows += outcomes
    _print("all", rows)
    left = sum(f"{v.name} | {seed}" not in kept for v, seed in wanted)
    if left:
        print(f"{left} sessions are missing: run the same command again", file=sys.stderr)


def _fields(row: dict[str, object]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "key"}


def _print(name: str, outcomes: list[Outcome]) -> None:
    bias = np.array([outcome.value - outcome.by_expert for outcome in outcomes])
    error = bias.std() / np.sqrt(len(bias))
    value = f"{100 * bias.mean():+.1f} ± {100 * error:.1f} points"
    print(f"{name:<18} estimate less expert's truth {value}")
    for kind in ("live", "frozen"):
        intervals = [getattr(outcome, kind) for outcome in outcomes]
        for truth in ("by_expert", "in_truth"):
            hits = [
                low <= getattr(outcome, truth) <= high
                for (low, high), outcome in zip(intervals, outcomes, strict=True)
            ]
            width = 100 * np.mean([high - low for low, high in intervals])
            print(
                f"  {kind:<7}{truth:<10} covered {_share(hits)}, {width:.0f} points wide",
                flush=True,
            )


def _share(hits: list[bool]) -> str:
    share = float(np.mean(hits))
    error = np.sqrt(max(share * (1 - share), 1e-9) / len(hits))
    return f"{share:.3f} (± {error:.3f}, n = {len(hits)})"


def _run(
    data: Set, vectors: np.ndarray, variant: Variant, num_labels: int, seed: int
) -> Outcome | None:
    rng = np.random.default_rng([seed, zlib.crc32(variant.name.encode())])
    order = rng.permutation(len(data.y))
    if variant.imbalance is not None:
        order = _imbalanced(order, data.y, variant.imbalance)
    size = min(POOL, 3 * len(order) // 4)
    pool, test = order[:size], order[size:]
    units = np.arange(size)
    if variant.duplicates:
        times = rng.choice([1, 2, 3], size, p=[0.7, 0.2, 0.1])
        pool, units = np.repeat(pool, times), np.repeat(units, times)
    expert = Expert(
        data.y[pool], num_classes=data.num_classes, wrong_fraction=variant.wrong_fraction, seed=seed
    )
    ended = session(
        data.X[pool],
        expert,
        vectors[pool],
        Mixture(),
        units=units,
        blocks=data.blocks,
        num_labels=num_labels,
        seed=seed,
    )
    if ended is None:
        return None
    said = numbers(ended.head, data.X[test])
    wrong, other = variant.wrong_fraction, seed + 10**6
    judge = Expert(data.y[test], num_classes=data.num_classes, wrong_fraction=wrong, seed=other)
    by_expert = float((said == judge.answer(np.arange(len(test)))).mean())
    live, frozen = (found := measured(ended)).live, found.frozen
    return Outcome(
        value=live.value,
        live=(live.low, live.high),
        frozen=(frozen.low, frozen.high),
        by_expert=by_expert,
        in_truth=float((said == data.y[test]).mean()),
    )


def measured(ended: Ended) -> Audit:
    """What the product would say at the end of this session."""
    classes = ended.head.head.classes
    rows = ended.audited
    targets = np.array([classes.index(str(ended.taught.answers[p])) for p in rows], int)
    return audit(
        ended.head.probabilities[rows], targets, classes, population=ended.num_units, num_rest=0
    )


def _imbalanced(order: np.ndarray, y: np.ndarray, share: float) -> np.ndarray:
    """Keep so few of class 1 that they are `share` of the others."""
    rare = order[y[order] == 1]
    common = order[y[order] != 1]
    kept = np.concatenate([common, rare[: int(share * len(common))]])
    return kept[np.random.default_rng(len(kept) + int(order[0])).permutation(len(kept))]


if __name__ == "__main__":
    main()
