"""Claim: half the labels that random needs, and never more than half a point below it.

Learning curves of every strategy, ours and the best of scikit-activeml's, on the same features and
with the same head; each seed parts the pool from the test items anew, alike for all strategies.

    python -m benchmarks.queries [--sets cells,digits,fashion] [--seeds 10] [--strategies ...]
        [--minutes 4] [--page docs/curves.md]

It runs for some minutes and keeps what it has in `build/benchmarks/`; run it again to go on.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import skactiveml.pool
from skactiveml.base import SkactivemlClassifier

from benchmarks.report import print_conditions
from benchmarks.simulation.kept import Kept
from benchmarks.simulation.session import Chooser, Taught, by_query, curve
from benchmarks.simulation.sets import SETS, Set, available, kept_for
from handful.heads.fit import fit
from handful.queries.chance import Chance
from handful.queries.herding import Herding
from handful.queries.margin import Margin
from handful.queries.mixture import Mixture
from handful.queries.query import Pool
from handful.queries.space import steering

BUDGETS = (10, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200)
LONGER = (250, 300, 400)  # for chance and for ours: how long they take to where all labels lead
BATCH = 10
MOST_CANDIDATES = 2_000
FULL_SEEDS = 3
OURS = "herding with discovery"
TITLES = {
    "cells": "Solar cells: 1,968 in the pool, two classes, hard and noisy",
    "digits": "Digits: 1,297 in the pool, ten classes, raw pixels",
    "fashion": "Fashion-MNIST: 10,000 in the pool, ten classes",
}
HEADER = """# Learning curves

Which labels are asked for, and what that is worth: accuracy on items kept aside, after so many \
labels. Each seed parts the pool from the test items anew, alike for all strategies; all have the \
same features and the product's own head (ridge), and get labels in batches of ten. Strategies of \
scikit-activeml begin with our first batch, and choose among 2,000 drawn items where the pool is \
larger. Written by `python -m benchmarks.queries --page docs/curves.md`.

*Behind ours*: area under the curve from 10 to 200 labels that a strategy loses to ours (herding \
with a share of discovery), in points, with the standard error over seeds; negative where it wins. \
*Labels to 95 %*: median over seeds, and as a share of what chance needs. *Least beside chance*: \
the budget at which the strategy does worst beside chance, in points. *s a batch*: of one \
core, query and fit, up to 200 labels.
"""
MOST_FULL = 3_000  # labels that stand for "all": a ridge gains little from more, and takes long


class Known(SkactivemlClassifier):
    """Our head, as scikit-activeml asks for one: probabilities of the pool's own rows."""

    def __init__(self, pool: Pool, classes: list[int]) -> None:
        super().__init__(classes=classes)
        self.pool = pool
        self._places = {row.tobytes(): place for place, row in enumerate(pool.vectors)}

    def fit(self, X: object, y: object) -> Known:
        """Nothing is left to learn."""
        del X, y
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """What the head said of these rows."""
        rows = np.ascontiguousarray(X, np.float32)
        return np.asarray(self.pool.probabilities)[[self._places[row.tobytes()] for row in rows]]


def theirs(name: str) -> Chooser:
    """A strategy of scikit-activeml, given our vectors and our head's probabilities.

    The first batch is ours: most of theirs need labels, and so all start alike. Theirs form n x n
    matrices, so from a large pool they choose among 2,000 drawn items.
    """

    def choose(pool: Pool, taught: Taught, n: int, seed: int) -> np.ndarray:
        if taught.head is None:
            return Herding()(pool, n, seed=seed).indices
        y = np.full(len(pool.vectors), np.nan)
        y[taught.rows] = taught.answers
        candidates = np.flatnonzero(~pool.labelled)
        rng = np.random.default_rng([seed, len(taught.rows)])
        candidates = rng.permutation(candidates)[:MOST_CANDIDATES]
        query = getattr(skactiveml.pool, name)(random_state=seed + len(taught.rows))
        options = {"candidates": candidates, "batch_size": n}
        if name == "Badge":
            classes = [int(c) for c in taught.head.head.classes]
            options |= {"clf": Known(pool, classes), "fit_clf": False}
        return np.asarray(query.query(pool.vectors, y, **options), int)

    return choose


STRATEGIES: dict[str, Chooser] = {
    "chance": by_query(Chance()),
    "margin": by_query(Margin()),
    "herding": by_query(Herding()),
    "herding without uncertainty": by_query(Herding(weighted=False)),
    OURS: by_query(Mixture()),
    "scikit-activeml TypiClust": theirs("TypiClust"),
    "scikit-activeml MaxHerding": theirs("MaxHerding"),
    "scikit-activeml Badge": theirs("Badge"),
}


def main() -> None:
    """Run what is missing, for so many minutes; print tables of what is there; write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default=",".join(available()))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--strategies", default=",".join(STRATEGIES))
    parser.add_argument("--minutes", type=float, default=4.0, help="then stop; run again to go on")
    parser.add_argument("--page", help="write the tables and curves into this Markdown file")
    options = parser.parse_args()
    print_conditions(f"Learning curves, {options.seeds} seeds, batches of ten")
    kept = Kept(kept_for("curves"), minutes=options.minutes)
    names, strategies = options.sets.split(","), options.strategies.split(",")
    missing = sum(_run(name, strategies, options.seeds, kept) for name in names)
    tables = [table for name in names if (table := _table(name, strategies, options.seeds, kept))]
    print("\n".join(tables))
    if options.page:
        parts = [HEADER, *tables]
        Path(options.page).write_text("\n".join(parts) + "\n", encoding="utf-8")
    if missing:
        print(f"\n{missing} curves are missing: run the same command again", file=sys.stderr)


def _run(name: str, strategies: list[str], num_seeds: int, kept: Kept) -> int:
    """Add the curves that are missing, seed by seed; returns how many still are."""
    wanted = [
        (strategy, seed)
        for seed in range(num_seeds)
        for strategy in ("full", *strategies)
        if (strategy != "full" or seed < FULL_SEEDS) and _key(name, strategy, seed) not in kept
    ]
    if not wanted or kept.is_time_up():
        return len(wanted)
    data = SETS[name]()
    vectors = steering(data.X)
    for place, (strategy, seed) in enumerate(wanted):
        if kept.is_time_up():
            return len(wanted) - place
        if strategy == "full":
            kept.add(_key(name, strategy, seed), {"accuracy": _full(data, seed)})
            continue
        budgets = BUDGETS + LONGER * (strategy in {"chance", OURS})
        curve, seconds = _one(data, vectors, STRATEGIES[strategy], budgets, seed)
        kept.add(_key(name, strategy, seed), {"curve": curve, "seconds": seconds})
    return 0


def _key(name: str, strategy: str, seed: int) -> str:
    return f"{name} | {strategy} | {seed}"


def _table(name: str, strategies: list[str], num_seeds: int, kept: Kept) -> str:
    """Mean curves over the seeds that every strategy has, and how they stand to chance."""
    whole = [all(_key(name, one, seed) in kept for one in strategies) for seed in range(num_seeds)]
    num_seeds = whole.index(False) if False in whole else num_seeds
    if not num_seeds:
        return ""
    curves = {
        strategy: [kept[_key(name, strategy, seed)]["curve"] for seed in range(num_seeds)]
        for strategy in strategies
    }
    full = [
        kept[key]["accuracy"]
        for seed in range(FULL_SEEDS)
        if (key := _key(name, "full", seed)) in kept
    ]
    if "chance" not in curves or not full:
        return ""
    goal = 0.95 * float(np.mean(full))
    chance = np.array(curves["chance"])
    base = float(np.median([labels_to_reach(row, goal) for row in chance]))
    own = np.array([area(np.array(row)) for row in curves.get(OURS, curves["chance"])])
    lines = [
        f"## {TITLES[name]}",
        "",
        f"Mean of {num_seeds} seeds. All labels give {np.mean(full):.3f}; "
        f"95 % of that is {goal:.3f}.",
        "",
        "| strategy | " + " | ".join(map(str, BUDGETS)) + " | area | behind ours | labels to 95 % "
        "| least beside chance | s a batch |",
        "| --- |" + " ---: |" * (len(BUDGETS) + 5),
    ]
    for strategy, rows in curves.items():
        values = np.array([row[: len(BUDGETS)] for row in rows])
        areas = np.array([area(row) for row in values])
        behind = 100 * (own - areas)
        difference = values - chance[:, : len(BUDGETS)]
        worst = int(difference.mean(axis=0).argmin())
        noise = 100 * _error(difference[:, worst])
        reached = float(np.median([labels_to_reach(np.array(row), goal) for row in rows]))
        seconds = np.median(
            [kept[_key(name, strategy, seed)]["seconds"] for seed in range(num_seeds)]
        )
        lines.append(
            f"| {strategy} | "
            + " | ".join(f"{mean:.3f}" for mean in values.mean(axis=0))
            + f" | {areas.mean():.4f} | {behind.mean():+.2f} ± {_error(behind):.2f}"
            + f" | {_labels(reached, base)}"
            + f" | {100 * difference.mean(axis=0)[worst]:+.1f} ± {noise:.1f} at {BUDGETS[worst]}"
            + f" | {seconds:.2f} |"
        )
    return "\n".join([*lines, ""])


def _error(values: np.ndarray) -> float:
    """Standard error of the mean over seeds."""
    return float(values.std() / np.sqrt(max(len(values) - 1, 1)))


def _labels(reached: float, base: float) -> str:
    if np.isinf(reached):
        return f"over {BUDGETS[-1]}"
    return f"{reached:.0f} ({reached / base:.2f})"


def _split(data: Set, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng([seed, 99]).permutation(len(data.y))
    return order[: data.num_pool], order[data.num_pool :]


def _one(
    data: Set, vectors: np.ndarray, choose: Chooser, budgets: tuple[int, ...], seed: int
) -> tuple[list[float], float]:
    """Accuracy at each budget, and seconds of one core that a batch takes up to 200 labels."""
    pool, test = _split(data, seed)
    start = time.process_time()
    points = curve(
        (data.X[pool], data.y[pool], vectors[pool]),
        (data.X[test], data.y[test]),
        choose,
        budgets,
        blocks=data.blocks,
        batch=BATCH,
        seed=seed,
    )
    accuracies, ends = [], []
    for _, accuracy in points:
        accuracies.append(accuracy)
        ends.append(time.process_time())
    return accuracies, (ends[len(BUDGETS) - 1] - start) / (BUDGETS[-1] / BATCH)


def _full(data: Set, seed: int) -> float:
    pool, test = _split(data, seed)
    pool = pool[:MOST_FULL]
    labels = [str(c) for c in data.y[pool]]
    head = fit(data.X[pool], labels, units=pool, blocks=data.blocks, seed=seed).head
    said = np.array([int(c) for c in head.classes])[head.logits(data.X[test]).argmax(axis=1)]
    return float((said == data.y[test]).mean())


def area(accuracies: np.ndarray) -> float:
    """Mean accuracy over 10 to 200 labels, by trapezes."""
    accuracies = accuracies[: len(BUDGETS)]
    return float(np.trapezoid(accuracies, BUDGETS) / (BUDGETS[-1] - BUDGETS[0]))


def labels_to_reach(accuracies: np.ndarray, goal: float) -> float:
    """Labels at which the curve first reaches the goal, between budgets by a line; inf if never."""
    budgets = BUDGETS + LONGER
    above = np.flatnonzero(np.asarray(accuracies) >= goal)
    if not len(above):
        return float("inf")
    if above[0] == 0:
        return float(budgets[0])
    at = above[0]
    share = (goal - accuracies[at - 1]) / (accuracies[at] - accuracies[at - 1])
    return budgets[at - 1] + share * (budgets[at] - budgets[at - 1])


if __name__ == "__main__":
    main()
