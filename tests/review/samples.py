"""Reviews to test with: real ones from digits and photographs, and those that strain the page.

The figures of the estimates are computed here in the simplest way; what they mean is tested where
they are made, in tests/estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np

from handful.estimate.figure import Blocked, ClassFigures, Estimate, Figure
from handful.heads.binomial import wilson
from handful.heads.linear import Candidate
from handful.items.finding import Finding
from handful.items.item import Item, Quarantined
from handful.modalities.image.thumbnails import encode_thumbnail
from handful.review.review import Review
from handful.system.machine import Conditions
from handful.targets.one_of_k import softmax

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(2)>",
    "<!--<script>%DATA%</title>",
    "名前 \u202e drawkcab",
    "a" * 120,
    "javascript:alert(3)",
)
CONDITIONS = Conditions(
    cores=2, memory_gib=7.8, processor="A processor", system="Linux x86_64", python="3.12.1"
)


def share(value: float, n: int) -> Figure:
    """A share of `n` with Wilson's interval."""
    low, high = wilson(float(value), float(n))
    return Figure(float(value), low, high, 0.95, n, f"Wilson on {n:,} units")


def spread(value: float, n: int) -> Figure:
    """A figure that is no share, with an interval of a tenth."""
    return Figure(float(value), float(value) * 0.9, float(value) * 1.1, 0.95, n, "bootstrap")


def estimate(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], method: str
) -> Estimate:
    """The figures of `probabilities` against `labels`."""
    n = len(labels)
    called = probabilities.argmax(axis=1)
    right = called == labels
    per_class = {}
    for k, name in enumerate(classes):
        own, named = labels == k, called == k
        per_class[name] = ClassFigures(
            int(own.sum()),
            share(right[own].mean() if own.any() else 0.0, int(own.sum())),
            share(right[named].mean() if named.any() else 0.0, int(named.sum())),
        )
    given = probabilities[np.arange(n), labels]
    truth = np.eye(len(classes))[labels]
    return Estimate(
        n=n,
        method=method,
        accuracy=share(right.mean(), n),
        balanced_accuracy=share(np.mean([c.recall.value for c in per_class.values()]), n),
        log_loss=spread(-np.log(np.maximum(given, 1e-9)).mean(), n),
        brier=spread(((probabilities - truth) ** 2).sum(axis=1).mean(), n),
        calibration_error=share(abs(probabilities.max(axis=1).mean() - right.mean()), n),
        auroc=share(0.931, n) if len(classes) == 2 else None,
        positive=classes[1] if len(classes) == 2 else None,
        per_class=per_class,
    )


def nearest(vectors: np.ndarray, m: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Places of the `m` most alike other items and their cosine similarity, by brute force."""
    centred = vectors - vectors.mean(axis=0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    places = np.argsort(-similarity, axis=1)[:, : min(m, len(vectors) - 1)]
    return places, np.take_along_axis(similarity, places, axis=1)


def plane(vectors: np.ndarray) -> np.ndarray:
    """The two directions in which the vectors vary most."""
    left, scale, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    return np.c_[left * scale, np.zeros((len(vectors), 2))][:, :2]


def build(
    name: str,
    paths: Sequence[str],
    classes: Sequence[str],
    labels: np.ndarray,
    probabilities: np.ndarray,
    vectors: np.ndarray,
    *,
    held_out: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Review:
    """A Review of items that are described by `vectors`."""
    n = len(paths)
    out = np.zeros(n, dtype=bool) if held_out is None else held_out
    neighbours, similarities = nearest(vectors)
    test = estimate(labels[out], probabilities[out], classes, "test split") if out.any() else None
    return Review(
        name=name,
        items=[Item(path, Path("/nowhere") / str(i)) for i, path in enumerate(paths)],
        classes=tuple(classes),
        labels=labels.astype(np.int64),
        probabilities=probabilities,
        held_out=out,
        clusters=np.arange(n) if clusters is None else clusters,
        units=np.arange(n) if clusters is None else clusters,
        neighbours=neighbours,
        similarities=similarities,
        positions=plane(vectors),
        estimate=estimate(labels[~out], probabilities[~out], classes, "leave-group-out"),
        test=test,
        candidates=(Candidate("ridge", 0.312, {"penalty": 31.6, "temperature": 1.21}),),
        findings=(),
        quarantined=(),
        conditions=CONDITIONS,
        seconds={"embed": 4.2, "fit": 0.083, "total": 5.1},
        encoder="efficientnet-lite0",
        coverage=0.95,
        created=datetime(2026, 11, 22, 21, 40, 12, tzinfo=UTC),
        novelty={"limit": 2.51, "units": n, "lost": 0.009},
    )


def out_of_sample(vectors: np.ndarray, labels: np.ndarray, *, folds: int = 4) -> np.ndarray:
    """Probabilities of a ridge that did not see the item, by folds."""
    k = int(labels.max()) + 1
    centred = np.c_[
        (vectors - vectors.mean(axis=0)) / (vectors.std(axis=0) + 1e-6), np.ones(len(vectors))
    ]
    probabilities = np.empty((len(vectors), k))
    part = np.random.default_rng(0).integers(folds, size=len(vectors))
    for fold in range(folds):
        seen = part != fold
        gram = centred[seen].T @ centred[seen] + 50 * np.eye(centred.shape[1])
        weight = np.linalg.solve(gram, centred[seen].T @ (np.eye(k)[labels[seen]] - 1 / k))
        probabilities[~seen] = softmax(6 * centred[~seen] @ weight)
    return probabilities


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)


@cache
def digits(n: int = 600) -> Review:
    """Handwritten digits with real out-of-sample answers, 3 % wrong labels, and a test split."""
    pixels, truth = _digits()
    vectors, labels = pixels[:n], truth[:n].copy()
    rng = np.random.default_rng(1)
    wrong = rng.choice(n, n * 3 // 100, replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    clusters = np.arange(n)
    clusters[10:13] = 10
    clusters[wrong[0]] = clusters[wrong[1]] = wrong[0]
    review = build(
        "digits",
        [f"digits/{i:04}.png" for i in range(n)],
        [str(k) for k in range(10)],
        labels,
        out_of_sample(vectors, labels),
        vectors,
        held_out=rng.random(n) < 0.25,
        clusters=clusters,
    )
    return replace(
        review,
        findings=(
            Finding("near-duplicate", (review.items[10].path, review.items[11].path), "Alike."),
            Finding("unreadable", ("digits/broken.png",), "Cannot be read.", severity="fault"),
        ),
        quarantined=(Quarantined("digits/broken.png", "truncated: 512 of about 4,000 bytes"),),
    )


@cache
def two_classes(n: int = 300) -> Review:
    """Three against eight, without a test split; an earlier model sat a final exam."""
    pixels, truth = _digits()
    chosen = np.flatnonzero(np.isin(truth, (3, 8)))[:n]
    vectors, labels = pixels[chosen], (truth[chosen] == 8).astype(int)
    probabilities = out_of_sample(vectors, labels)
    paths = [f"pairs/{i:04}.png" for i in chosen]
    review = build("pairs", paths, ["eight", "three"], 1 - labels, probabilities[:, ::-1], vectors)
    return replace(review, exams={"986a5c2e": share(0.91, 100)})


@cache
def tiny() -> Review:
    """Ten items, all right, nothing to say about any of them."""
    rng = np.random.default_rng(0)
    labels = np.arange(10) % 2
    probabilities = np.where(labels[:, None] == np.arange(2), 0.97, 0.03)
    paths = [f"{k}/{i}.png" for i, k in enumerate(labels)]
    return build("tiny", paths, ["cat", "dog"], labels, probabilities, rng.normal(size=(10, 4)))


@cache
def many_classes(k: int = 200, n: int = 2000) -> Review:
    """So many classes that most cells of the confusion matrix are empty."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(k, 6))
    labels = rng.integers(k, size=n)
    vectors = centres[labels] + rng.normal(size=(n, 6)) * 0.45
    distance = ((vectors[:, None, :] - centres) ** 2).sum(axis=2)
    names = [f"species {i:03}" for i in rng.permutation(k)]
    paths = [f"{names[label]}/{i}.jpg" for i, label in enumerate(labels)]
    return build("species", paths, names, labels, softmax(-2 * distance), vectors)


@cache
def hostile() -> Review:
    """Class and file names that would be markup, script or layout if they were let."""
    rng = np.random.default_rng(0)
    n, k = 120, len(HOSTILE)
    labels = np.arange(n) % k
    vectors = np.eye(k)[labels] + rng.normal(size=(n, k)) * 0.35
    paths = [f"{HOSTILE[i % k]}/{i}{HOSTILE[(i + 1) % k]}" for i in range(n)]
    paths[0] = "not utf-8 \udcff\udcfe.png"
    review = build(HOSTILE[0] + "%DATA%", paths, HOSTILE, labels, softmax(3 * vectors), vectors)
    return replace(
        review,
        findings=tuple(Finding(name, (name,), name, suggestion=name) for name in HOSTILE),
        quarantined=tuple(Quarantined(name, name) for name in HOSTILE),
        candidates=tuple(Candidate(name, 0.5, {name: name}) for name in HOSTILE),
        attributes={HOSTILE[1]: [HOSTILE[i // 60] for i in range(n)]},
    )


@cache
def of_digits(item: Item) -> bytes:
    """A digit's picture, by the place that its source names."""
    pixels = _digits()[0][int(item.source.name)].reshape(8, 8, 1)
    grey = (255 - 15.9 * pixels).astype(np.uint8)
    return encode_thumbnail(np.kron(grey, np.ones((8, 8, 1), dtype=np.uint8)))


@cache
def plain(item: Item) -> bytes:
    """A picture of one colour, not square; every seventh item has a PNG."""
    place = int(item.source.name)
    colour = np.random.default_rng(place).integers(60, 230, 3)
    pixels = np.full((40 + place % 50, 64, 3), colour, dtype=np.uint8)
    if place % 7:
        return encode_thumbnail(pixels)
    from PIL import Image

    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


BIRDS = (
    "حسون ذهبي أوروبي صغير الحجم",
    "זמיר",
    "=HYPERLINK(1)",
    "-1+1|cmd",
    'Larus "argentatus", adult',
    "Very long name of a species that nobody abbreviates, subspecies of the far north, juvenile",
)


@cache
def birds() -> Review:
    """Forty classes, some named from right to left or as formulas, and a camera that fails."""
    rng = np.random.default_rng(2)
    n, k = 400, 40
    names = [*BIRDS, *(f"bird {i}" for i in range(k - len(BIRDS)))]
    labels = np.arange(n) % k
    camera = rng.choice(["north", "south", "east"], n)
    noise = np.where(camera == "north", 1.1, 0.25)
    vectors = np.eye(k)[labels] + rng.normal(size=(n, k)) * noise[:, None]
    paths = [f"{names[label]}/{i}.jpg" for i, label in enumerate(labels)]
    review = build("ציפורים", paths, names, labels, softmax(6 * vectors), vectors)
    items = [
        replace(item, attributes={"camera": str(camera[i]), "ring": f"R{i}"})
        for i, item in enumerate(review.items)
    ]
    apart = estimate(labels, np.eye(k)[(labels + (rng.random(n) < 0.45)) % k], names, "runs")
    return replace(
        review,
        items=items,
        sizes=np.tile([4000, 3000], (n, 1)),
        blocked=Blocked("file names", 20, 20, apart, 0.7, 0.005, leads=True),
        warnings=("3 items are there more than once with different labels.",),
    )


@cache
def lonely() -> Review:
    """Three items, of which the only one held out is of one class."""
    labels = np.array([0, 1, 0])
    probabilities = np.array([[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    return build(
        "lonely",
        ["a.png", "b.png", "c.png"],
        ["cat", "dog"],
        labels,
        probabilities,
        np.eye(3),
        held_out=np.array([False, False, True]),
    )


def deepened() -> Review:
    """Digits, with what `--deep` told of two rounds."""
    falls = {"stage5": (0.52, 0.44, 0.4, 0.37), "stage4": (0.36, 0.33, 0.31)}
    histories = {
        f"{cut}, fold {fold}": [
            {"epoch": epoch, "loss": loss + 0.01 * fold} for epoch, loss in enumerate(losses)
        ]
        for cut, losses in falls.items()
        for fold in (1, 2, 3)
    }
    histories["settling"] = [{"epoch": 0, "loss": 0.3}]
    rates = np.geomspace(1e-6, 1e-2, 30)
    deep = {
        "shipped": "deep",
        "why": "log-loss -0.024 (-0.036 to -0.012) against frozen features",
        "difference": {"value": -0.024, "low": -0.036, "high": -0.012},
        "rounds": {"stage5": 0.285, "stage4": 0.279},
        "histories": histories,
        "rates": {
            "rates": rates.tolist(),
            "losses": (0.24 + 40 * rates).tolist(),
            "taken": 3e-4,
        },
        "notes": ["stage5, fold 2: shortened to 310 steps, to end in time"],
    }
    return replace(digits(), name="deepened", deep=deep)


SAMPLES: dict[str, tuple[Callable[[], Review], Callable[[Item], bytes]]] = {
    "birds": (birds, plain),
    "deepened": (deepened, of_digits),
    "digits": (digits, of_digits),
    "hostile": (hostile, plain),
    "lonely": (lonely, plain),
    "many": (many_classes, plain),
    "pairs": (two_classes, plain),
    "tiny": (tiny, plain),
}
