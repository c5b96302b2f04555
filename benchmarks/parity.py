"""Claim: a bundle answers as the live model and as a route of its own do, to 1e-5; also without
scikit-learn, SciPy and PyTorch.

Four answers for the same real photographs, each from the file's bytes:
- live: the model as it was built;
- apart: the encoder alone, then the head in NumPy's float64;
- saved: the bundle, read back from disk;
- bare: the bundle in a process that cannot import scikit-learn, SciPy or PyTorch.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import handful
from benchmarks.report import print_conditions
from handful.bundle.manifest import DataFacts
from handful.bundle.verify import verify
from handful.bundle.write import build
from handful.datasets.solar_cells import solar_cells
from handful.encoders import registry
from handful.encoders.encoder import Encoder
from handful.heads.linear import LinearHead
from handful.items.item import Item
from handful.modalities.image.decode import decode
from handful.system.machine import conditions

NUM_LEARNED, NUM_ASKED = 200, 200
LIMIT = 1e-5
BARE = """
import sys
for name in ("sklearn", "scipy", "torch"):
    sys.modules[name] = None  # importing it now raises ImportError
import json, handful
model = handful.load(sys.argv[1])
print(json.dumps([list(one.probabilities.values()) for one in model.predict(sys.argv[2:])]))
"""


def main() -> int:
    """Ask the four, and compare."""
    print_conditions("Answers of a bundle against three other routes")
    items = solar_cells().items
    chosen = np.random.default_rng(0).permutation(len(items))[: NUM_LEARNED + NUM_ASKED]
    learned = [items[place] for place in chosen[:NUM_LEARNED]]
    asked = [items[place] for place in chosen[NUM_LEARNED:]]
    encoder = registry.load()
    head = quick_head(vectors(encoder, learned), [str(item.label) for item in learned])
    model = small_model(encoder, head)
    logits = vectors(encoder, asked).astype(np.float64) @ head.weight.astype(np.float64) + head.bias
    apart = np.exp(logits - logits.max(axis=1, keepdims=True))
    apart /= apart.sum(axis=1, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        path = model.save(Path(folder) / "model.handful")
        command = [sys.executable, "-c", BARE, str(path), *(str(item.source) for item in asked)]
        bare = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        answers = {
            "live": answers_of(model, asked),
            "apart": apart,
            "saved": answers_of(handful.load(path), asked),
            "bare": np.array(json.loads(bare)),
        }
        verified = verify(path)
        print(f"the bundle: {path.stat().st_size:,} bytes, {len(asked)} photographs asked")
    live = answers["live"]
    print(f"probabilities from {live.min():.2e} to {live.max():.6f}")
    differences = {name: float(abs(live - answer).max()) for name, answer in answers.items()}
    for name, difference in list(differences.items())[1:]:
        print(f"largest difference, live against {name:<6} {difference:.1e}   (limit {LIMIT:.0e})")
    print(f"golden pictures: {verified.max_difference:.1e}, verified: {verified.ok}")
    return 0 if max(differences.values()) <= LIMIT and verified.ok else 1


def vectors(encoder: Encoder, items: list[Item]) -> np.ndarray:
    """The items' vectors, by the encoder's own session."""
    parts = []
    for start in range(0, len(items), 16):
        pictures = [
            decode(item.source.read_bytes(), target=encoder.recipe.size)
            for item in items[start : start + 16]
        ]
        parts.append(encoder.encode(np.stack([encoder.prepare(one) for one in pictures])))
    return np.concatenate(parts)


def quick_head(X: np.ndarray, labels: list[str]) -> LinearHead:
    """Ridge regression on standardised columns, the standardisation folded in: sure enough of
    itself that its probabilities cover the whole range."""
    classes = tuple(sorted(set(labels)))
    mean, scale = X.mean(axis=0), X.std(axis=0) + 1e-3
    Z = (X - mean) / scale
    Y = np.array([[name == label for name in classes] for label in labels]) - 1 / len(classes)
    weight = 8 * Z.T @ np.linalg.solve(Z @ Z.T + 0.1 * X.shape[1] * np.eye(len(Z)), Y)
    weight /= scale[:, None]
    return LinearHead(weight.astype(np.float32), (-mean @ weight).astype(np.float32), classes)


def small_model(encoder: Encoder, head: LinearHead) -> handful.Model:
    """A model of this head; its figures say nothing, for nothing is measured here."""
    from handful.estimate.figure import Estimate, Figure
    from handful.heads.conformal import Thresholds

    unknown = Figure(0.5, 0.0, 1.0, 0.95, 0, "not measured")
    return build(
        encoder,
        head,
        estimate=Estimate(0, "not measured", *[unknown] * 5),
        thresholds=Thresholds(0.95, (0.1,) * len(head.classes)),
        data=DataFacts("0" * 64, NUM_LEARNED),
        conditions=conditions(),
    )


def answers_of(model: handful.Model, items: list[Item]) -> np.ndarray:
    """Probabilities, (n, k)."""
    return np.array([list(one.probabilities.values()) for one in model.predict(items)])


if __name__ == "__main__":
    sys.exit(main())
