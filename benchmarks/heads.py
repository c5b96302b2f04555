"""Claim: a head is fitted in 15 ms, 2 s and 60 s at n = 100, 2,000 and 60,000 of 6,192 numbers.

Vectors are drawn at random around two means, in the encoder's stages; the peer is scikit-learn's
LogisticRegressionCV and RidgeClassifierCV on the same, where they end in reasonable time.
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np

from benchmarks.report import print_conditions, seconds_of, spread
from handful.encoders.efficientnet_lite import blocks
from handful.heads.fit import fit

SIZES = {100: 7, 2_000: 3, 60_000: 1}
PEER_MOST = 2_000


def main() -> None:
    """Fit at each size named on the command line, or at all."""
    print_conditions("Fitting a head")
    dimension = blocks()[-1].stop
    for n in [int(word) for word in sys.argv[1:]] or SIZES:
        random = np.random.default_rng(0)
        y = random.integers(0, 2, n)
        X = random.standard_normal((n, dimension), dtype=np.float32)
        X[:, :300] += 0.15 * y[:, None]
        labels = np.array(["no", "yes"])[y].tolist()
        ours = seconds_of(lambda: fit(X, labels, blocks=blocks()), repeats=SIZES.get(n, 3))  # noqa: B023
        print(f"n = {n:<7,} handful {spread(ours)}", flush=True)
        if n <= PEER_MOST:
            _peers(X, y)


def _peers(X: np.ndarray, y: np.ndarray) -> None:
    from sklearn.linear_model import LogisticRegressionCV, RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    peers = {
        "RidgeClassifierCV, 20 penalties": RidgeClassifierCV(np.logspace(0, 6, 20)),
        "LogisticRegressionCV, 5 penalties, 5 folds": LogisticRegressionCV(
            Cs=np.logspace(-5, -1, 5), cv=5, n_jobs=2
        ),
    }
    for name, peer in peers.items():
        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            make_pipeline(StandardScaler(), peer).fit(X, y)
        print(f"              {name}: {time.perf_counter() - start:.3g} s", flush=True)


if __name__ == "__main__":
    main()
