"""What to train in the minutes given: measured on this machine, told before it starts, kept to.

The plan knows what a picture costs to run through the frozen part, and a step of the tail, because
it tries both; the rest is arithmetic.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from handful.deep.cut import CUTS, CutEncoder, disk_bytes
from handful.deep.fine_tune import seen
from handful.deep.loop import train
from handful.deep.model import Deepened, Head
from handful.deep.run import Training
from handful.deep.views import views_for
from handful.encoders.image import ImageEncoder
from handful.encoders.views import PLAIN
from handful.errors import SettingError
from handful.heads.linear import LinearHead
from handful.items.decode import DecodeFailure, decode
from handful.machine import num_cores

if TYPE_CHECKING:
    from handful.items.item import Item

BATCH = 32
SAMPLE = 24  # pictures that are tried, twice
TRIED_STEPS = 4
STARTING_S = 5.0  # libraries, weights, the frozen fit, the bundle and the report
PER_FOLD_S = 1.0  # the probe of a fold
ROOM = 0.98  # of the time is planned: what follows may not run over
PREDICTING = 0.35  # a forward pass, against a training step, per item
MOST_FOR_VIEWS = 0.35  # of the time
ENOUGH_EPOCHS, MOST_EPOCHS = 8.0, 12.0
SOUND_EPOCHS, LEAST_EPOCHS = 3.0, 1.0
FOLDS = 3  # of two, each learns from half: on the solar cells no match for the frozen model
SPARE_DISK = 1.2  # times what the plan takes must be free


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds on this machine, all cores at work.

    Args:
        plain, view: a picture through the frozen part, with the whole vector or without.
        item: one item of a training step.
        memory_bytes: of the process after the trial.
    """

    plain: float
    view: float
    item: float
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done.

    Args:
        minutes: that were given.
        cut: where the encoder is parted.
        views: of each picture.
        folds: models that are trained, each without its share of the items.
        epochs: of each; 0: there is no time, or no room, to train at all.
        seconds: planned for each part.
        memory_bytes: of the process, about.
        disk_bytes: that activations and checkpoints take.
        why: what was given up, in words; may be empty.
    """

    minutes: float
    cut: str
    views: tuple[str, ...]
    folds: int
    epochs: float
    seconds: dict[str, float]
    memory_bytes: int = 0
    disk_bytes: int = 0
    why: str = ""

    def lines(self) -> list[str]:
        """For a person, before it starts."""
        if not self.epochs:
            return [f"Deep    nothing to train: {self.why}"]
        total = sum(self.seconds.values()) / 60
        what = f"cut after {self.cut}, {len(self.views)} views, {self.folds} folds"
        return [
            f"Deep    {what}, {self.epochs:.1f} epochs each",
            f"        {total:.1f} of {self.minutes:g} minutes, {self.memory_bytes / 1e9:.1f} GB of"
            f" memory, {self.disk_bytes / 1e6:,.0f} MB of disk",
            *([f"        {self.why}"] if self.why else []),
        ]

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return asdict(self)

    @classmethod
    def read(cls, path: Path) -> Plan | None:
        """The plan that `save` wrote; None where there is none."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**found, "views": tuple(found["views"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None  # no plan, or one of another version: a new one is made

    def save(self, path: Path) -> None:
        """Keeps it, so that a run that is killed goes on by the same plan."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")


def choose(
    costs: dict[str, Costs],
    *,
    minutes: float,
    items: int,
    learned: int,
    views: Sequence[str],
    picture_bytes: dict[tuple[str, int], int],
    free_bytes: int,
    checkpoint_bytes: int = 0,
    spent: float = 0.0,
) -> Plan:
    """The deepest cut that leaves enough epochs, with the views, folds and epochs that fit.

    Shallow cuts come first where time or disk is short; what was given up is said.

    Args:
        costs: of each cut that may be chosen, the shallowest last.
        items: pictures in all; `learned` of them are learned from.
        views: that the data may allow.
        picture_bytes: on disk, by cut and number of views.
        free_bytes: on the disk.
        checkpoint_bytes: of the trained part.
        spent: seconds that have gone already.
    """
    whole = 60 * minutes * ROOM - spent
    why = ""
    best: Plan | None = None
    for cut in costs:
        cost = costs[cut]
        for count in range(len(views), 0, -1):
            disk = items * picture_bytes[cut, count] + FOLDS * checkpoint_bytes
            if disk * SPARE_DISK > free_bytes:
                why = f"the disk has {free_bytes / 1e6:,.0f} MB free, too few for a deeper cut"
                continue
            passed = items * (cost.plain + (count - 1) * cost.view)
            if count > 2 and passed > MOST_FOR_VIEWS * whole:
                continue
            fixed = passed + STARTING_S + FOLDS * PER_FOLD_S
            fixed += learned * cost.item * PREDICTING
            an_epoch = cost.item * seen(learned, FOLDS)
            epochs = min(MOST_EPOCHS, (whole - fixed) / an_epoch)
            seconds = {"measuring": spent, "activations": passed, "rest": fixed - passed}
            seconds["training"] = max(0.0, epochs) * an_epoch
            plan = Plan(
                minutes,
                cut,
                tuple(views[:count]),
                FOLDS,
                round(epochs, 2),
                {name: round(value, 1) for name, value in seconds.items()},
                cost.memory_bytes,
                disk,
                why,
            )
            if epochs >= ENOUGH_EPOCHS and count == len(views):
                return plan
            if epochs >= LEAST_EPOCHS and (best is None or _worth(plan) > _worth(best)):
                best = plan
    if best is not None:
        return best
    nothing = why or f"{minutes:g} minutes are too few for {learned:,} pictures"
    first = next(reversed(costs))
    return Plan(minutes, first, (PLAIN,), 0, 0.0, {}, why=nothing)


def _worth(plan: Plan) -> tuple[bool, int, int, float]:
    """Where time is short: three epochs or more, then a shallow cut, views, epochs."""
    sound = plan.epochs >= SOUND_EPOCHS
    return sound, CUTS.index(plan.cut), len(plan.views) if sound else 0, plan.epochs


def measure(
    encoder: ImageEncoder,
    items: Sequence[Item],
    weights: dict[str, np.ndarray],
    *,
    classes: int,
    cuts: Sequence[str] = CUTS,
) -> dict[str, Costs]:
    """What each cut costs here; takes some seconds for each.

    Args:
        items: pictures of the user's, of which a few are tried.
        cuts: that are tried.
    """
    pictures = []
    for item in items[:: max(1, len(items) // SAMPLE)][:SAMPLE]:
        try:
            content = item.source.read_bytes()
            decode(content)
        except (OSError, DecodeFailure):
            continue
        pictures.append(content)
    found = {}
    for cut in cuts:
        item_s = _step_seconds(encoder, weights, cut, classes)
        plain, view = (
            _picture_seconds(CutEncoder(encoder, cut, name), pictures) for name in (PLAIN, "flip")
        )
        found[cut] = Costs(plain, view, item_s, _resident_bytes())
    return found


def _picture_seconds(encoder: CutEncoder, contents: Sequence[bytes]) -> float:
    """Wall time of a picture from bytes to activations, every core at work."""

    def work(content: bytes) -> None:
        picture = decode(content, target=encoder.recipe.decode_side)
        encoder.encode(encoder.prepare(picture)[None])

    if not contents:
        return 0.0
    with ThreadPoolExecutor(num_cores()) as pool:
        list(pool.map(work, contents[: num_cores()]))
        start = time.perf_counter()
        list(pool.map(work, contents))
        return (time.perf_counter() - start) / len(contents)


def _step_seconds(
    encoder: ImageEncoder, weights: dict[str, np.ndarray], cut: str, classes: int
) -> float:
    """Wall time of a training step, per item."""
    part = CutEncoder(encoder, cut, "flip")
    d = encoder.dimension
    names = tuple(f"{number:06}" for number in range(classes))
    head = LinearHead(np.zeros((d, classes), np.float32), np.zeros(classes, np.float32), names)
    vectors = np.random.default_rng(0).random((2, d), np.float32)
    model = Deepened(weights, Head(vectors, head, names), cut=cut)
    early = part.blocks[1].stop - part.blocks[1].start
    times: list[float] = []

    class Noise:
        """As many numbers as there will be."""

        def __len__(self) -> int:
            return BATCH

        def batch(self, items: np.ndarray, random: np.random.Generator) -> Any:
            from handful.deep.batch import Batch

            del items, random
            times.append(time.perf_counter())
            return Batch(
                (torch.rand(BATCH, *part.map_shape), torch.rand(BATCH, early)),
                torch.full((BATCH, classes), 1 / classes),
            )

    train(model, Noise(), Training(epochs=TRIED_STEPS + 2, batch_size=BATCH, rate=1e-9))
    return float(np.median(np.diff(times)[1:])) / BATCH


def _resident_bytes() -> int:
    """The most memory that this process has had; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def make_plan(
    encoder: ImageEncoder,
    items: Sequence[Item],
    weights: dict[str, np.ndarray],
    *,
    folder: Path,
    minutes: float,
    learned: int,
    classes: int,
    turns: str,
) -> Plan:
    """Measures this machine and chooses.

    Args:
        folder: whose disk is to hold the activations.
        learned: items that are learned from.
        turns: what the data allows, see `views.ALLOWED`; "auto": what a test will show, and the
            plan leaves time for it.
    Raises:
        SettingError: `minutes` is not above 0, or there is no such permission.
    """
    if not 0 < minutes < 1e5:
        raise SettingError(
            "there must be some time to train in.",
            first=f"--minutes {minutes:g}",
            expected="minutes above 0",
            attempt="--minutes 5",
        )
    views = views_for("flips" if turns == "auto" else turns, 8)
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()

    def with_cuts(cuts: Sequence[str]) -> Plan:
        costs = measure(encoder, items, weights, classes=classes, cuts=cuts)
        return choose(
            costs,
            minutes=minutes,
            items=len(items),
            learned=learned,
            views=views,
            picture_bytes={
                (cut, count): disk_bytes(encoder, cut, views[:count])
                for cut in costs
                for count in range(1, len(views) + 1)
            },
            free_bytes=shutil.disk_usage(folder).free,
            checkpoint_bytes=4 * 4 * sum(one.size for one in weights.values()),
            spent=time.perf_counter() - start,
        )

    shallow = with_cuts(CUTS[-1:])
    # deeper cuts cost more: they are only tried where the shallowest leaves time over
    return with_cuts(CUTS) if shallow.epochs == MOST_EPOCHS else shallow
