"""Claim: a class that is one item in 200 is found nearly as early where discovery gives way.

    python -m benchmarks.rare_class [--most LABELS]

Fashion-MNIST, 10,000 items; each of its ten classes in turn is made rare, and labels are asked for
in batches of ten until one of it turns up.
"""

from __future__ import annotations

import argparse
from statistics import mean, median

import numpy as np

from benchmarks.report import print_conditions
from benchmarks.simulation.session import Taught
from benchmarks.simulation.sets import Set, fashion
from handful.queries.chance import Chance
from handful.queries.herding import Herding
from handful.queries.mixture import Mixture
from handful.queries.query import Pool, Query
from handful.queries.space import steering

SHARE, BATCH = 0.005, 10
QUERIES: dict[str, Query] = {
    "chance": Chance(),
    "herding": Herding(),
    "herding with discovery": Mixture(),
    "… whose share never falls": Mixture(least=Mixture().most),
}


def main() -> None:
    """A line for each query."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=400)
    most = parser.parse_args().most
    print_conditions("Fashion-MNIST, one class of ten made rare: labels until it turns up")
    data = fashion()
    vectors = steering(data.X)
    print("| query | median | mean | not found in time | each class |")
    print("| --- | ---: | ---: | ---: | --- |")
    for name, query in QUERIES.items():
        found = [found_after(data, vectors, query, rare, most) for rare in range(data.num_classes)]
        late = sum(labels > most for labels in found)
        said = ", ".join(f"{labels}" if labels <= most else "–" for labels in found)
        print(f"| {name} | {median(found):.0f} | {mean(found):.0f} | {late} | {said} |", flush=True)


def found_after(data: Set, vectors: np.ndarray, query: Query, rare: int, most: int) -> int:
    """Labels asked for when the first item of class `rare` comes; more than `most` if none does."""
    random = np.random.default_rng(rare)
    pool = random.permutation(len(data.y))[: data.num_pool]
    few = random.permutation(pool[data.y[pool] == rare])[: round(SHARE * len(pool))]
    pool = np.concatenate([pool[data.y[pool] != rare], few])
    X, y, near = data.X[pool], data.y[pool], vectors[pool]
    n = len(pool)
    taught = Taught(X, np.arange(n), [], [], data.blocks)
    labelled, closed = np.zeros(n, bool), np.zeros(n, bool)
    while len(taught.rows) < most:
        known = None if taught.head is None else taught.head.head.probabilities(X)
        seen = Pool(near, np.arange(n), labelled, closed, known, taught.counts())
        picks = query(seen, BATCH, seed=rare).indices
        hits = np.flatnonzero(y[picks] == rare)
        if len(hits):
            return len(taught.rows) + int(hits[0]) + 1
        taught.rows += picks.tolist()
        taught.answers += y[picks].tolist()
        labelled[picks] = True
        taught.head = taught.learn(seed=rare)
    return most + 1


if __name__ == "__main__":
    main()
