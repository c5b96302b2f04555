"""What to train in the minutes given: measured on this machine, told before it starts, kept to.

The plan knows what a picture costs to run through the frozen part, and a step of the tail, because
it tries both; the rest is arithmetic.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from handful.deep.costs import BATCH, Costs, measure
from handful.deep.cut import CUTS, disk_bytes
from handful.deep.finder import JUDGED_BY
from handful.deep.fine_tune import RATES_TRIED, seen
from handful.deep.views import views_for
from handful.encoders.image import ImageEncoder
from handful.errors import SettingError
from handful.modalities.image.views import PLAIN

if TYPE_CHECKING:
    from handful.items.item import Item

STARTING_S = 5.0  # libraries, weights, the frozen fit, the bundle and the report
PER_FOLD_S = 1.0  # the probe of a fold
ROOM = 0.98  # of the time is planned: what follows may not run over
PREDICTING = 0.35  # a forward pass, against a training step, per item
MOST_FOR_VIEWS, MOST_VIEWS = 0.35, 10  # of the time; and of each picture
MOST_EPOCHS, SOUND_EPOCHS, LEAST_EPOCHS = 12.0, 3.0, 1.0
FIRST_EPOCHS, FIRST_SHARE = 6.0, 1 / 3  # behind the shallowest cut, and at most of the time
DEEP_EPOCHS = 5.0  # with fewer, shallow epochs in the same time are as good (docs/log.md)
DEEPER_AFTER = 8.0  # shallow epochs that fit: then the costs of deeper cuts are measured
FOLDS = 3  # of two, each learns from half: on the solar cells no match for the frozen model
SPARE_DISK = 1.2  # times what the plan takes must be free


@dataclass(frozen=True, slots=True)
class Depth:
    """A round of training at one cut.

    Args:
        cut: where the encoder is parted.
        epochs: of each fold.
        before_s: seconds planned for the activations, and at first for the rate finder.
        training_s: and for training.
    """

    cut: str
    epochs: float
    before_s: float
    training_s: float

    @property
    def seconds(self) -> float:
        """Both."""
        return self.before_s + self.training_s


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done.

    Args:
        minutes: that were given.
        depths: rounds, the shallowest first; the next is begun only where the last one paid.
            Empty: there is no time, or no room, to train at all.
        views: of each picture.
        folds: models that are trained, each without its share of the items.
        measuring_s, rest_s: seconds planned beside the rounds.
        memory_bytes: of the process, about.
        disk_bytes: that activations and checkpoints take.
        why: what was given up, in words; may be empty.
    """

    minutes: float
    depths: tuple[Depth, ...] = ()
    views: tuple[str, ...] = (PLAIN,)
    folds: int = FOLDS
    measuring_s: float = 0.0
    rest_s: float = 0.0
    memory_bytes: int = 0
    disk_bytes: int = 0
    why: str = ""

    @property
    def seconds(self) -> float:
        """Of all parts, if every round pays."""
        return self.measuring_s + self.rest_s + sum(one.seconds for one in self.depths)

    def lines(self) -> list[str]:
        """For a person, before it starts."""
        if not self.depths:
            return [f"Deep    nothing to train: {self.why}"]
        first, *deeper = self.depths
        what = f"cut after {first.cut}, {len(self.views)} views, {self.folds} folds"
        return [
            f"Deep    {what}, {first.epochs:.1f} epochs each",
            *(f"        while it pays: cut after {d.cut}, {d.epochs:.1f} epochs" for d in deeper),
            f"        {self.seconds / 60:.1f} of {self.minutes:g} minutes,"
            f" {self.memory_bytes / 1e9:.1f} GB of memory, {self.disk_bytes / 1e6:,.0f} MB of disk",
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
            depths = tuple(Depth(**one) for one in found["depths"])
            return cls(**{**found, "depths": depths, "views": tuple(found["views"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None  # no plan, or one of another version: a new one is made

    def save(self, path: Path) -> None:
        """Keeps it, so that a run that is killed goes on by the same plan."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Task:
    """What there is to plan for.

    Args:
        minutes: that were given.
        items: pictures in all; `learned` of them are learned from.
        views: that the data may allow.
        picture_bytes: on disk, by cut and number of views.
        free_bytes: on the disk.
        checkpoint_bytes: of the trained part.
        spent: seconds that have gone already.
    """

    minutes: float
    items: int
    learned: int
    views: Sequence[str]
    picture_bytes: Mapping[tuple[str, int], int]
    free_bytes: int
    checkpoint_bytes: int = 0
    spent: float = 0.0

    @property
    def whole(self) -> float:
        """Seconds that are left."""
        return 60 * self.minutes * ROOM - self.spent

    def fits(self, depths: Sequence[str], count: int) -> int:
        """Bytes that these cuts take with so many views; 0 where the disk has too few."""
        an_item = sum(self.picture_bytes[cut, count] for cut in depths)
        disk = self.items * an_item + FOLDS * len(depths) * self.checkpoint_bytes
        return disk if disk * SPARE_DISK <= self.free_bytes else 0


def choose(costs: Mapping[str, Costs], task: Task) -> Plan:
    """The deepest cut with enough epochs; where there is time for both, after the shallowest one.

    What was given up is said.

    Args:
        costs: of each cut that may be chosen, the shallowest first.
    """
    (cut, cost), *deeper = costs.items()
    shallow = _alone(cut, cost, task)
    if not shallow.depths:
        return shallow
    (depth,) = shallow.depths
    an_epoch = depth.training_s / depth.epochs
    training_s = task.whole + task.spent - shallow.seconds + depth.training_s
    first = replace(depth, epochs=FIRST_EPOCHS, training_s=round(FIRST_EPOCHS * an_epoch, 1))
    for cut, cost in reversed(deeper):
        plans = [_alone(cut, cost, task)]
        if first.training_s <= FIRST_SHARE * training_s:
            plans.insert(0, _deeper(replace(shallow, depths=(first,)), cut, cost, task))
        for one in plans:
            if one.depths and one.depths[-1].epochs >= DEEP_EPOCHS and one.views == shallow.views:
                return one
    return shallow


def _alone(cut: str, cost: Costs, task: Task) -> Plan:
    """One round. Where time is short: three epochs or more, then views, then epochs."""
    best, most, why = Plan(task.minutes), (False, 0, 0.0), ""
    for count in range(len(task.views), 0, -1):
        disk = task.fits([cut], count)
        if not disk:
            why = f"the disk has {task.free_bytes / 1e6:,.0f} MB free, too few for more"
            continue
        passed = task.items * (cost.plain + (count - 1) * cost.view)
        if count > 2 and passed > MOST_FOR_VIEWS * task.whole:
            continue
        before = passed + cost.item * RATES_TRIED * (BATCH + JUDGED_BY * PREDICTING)
        rest = STARTING_S + FOLDS * PER_FOLD_S + task.learned * cost.item * PREDICTING
        an_epoch = cost.item * seen(task.learned, FOLDS)
        epochs = min(MOST_EPOCHS, (task.whole - before - rest) / an_epoch)
        worth = (epochs >= SOUND_EPOCHS, count if epochs >= SOUND_EPOCHS else 0, epochs)
        if epochs >= LEAST_EPOCHS and worth > most:
            depth = Depth(cut, round(epochs, 2), round(before, 1), round(epochs * an_epoch, 1))
            best, most = (
                Plan(
                    task.minutes,
                    (depth,),
                    tuple(task.views[:count]),
                    FOLDS,
                    round(task.spent, 1),
                    round(rest, 1),
                    cost.memory_bytes,
                    disk,
                    why,
                ),
                worth,
            )
    few = f"{task.minutes:g} minutes are too few for {task.learned:,} pictures"
    return best if best.depths else replace(best, why=why or few)


def _deeper(plan: Plan, cut: str, cost: Costs, task: Task) -> Plan:
    """With a round more at this cut; without any if time or room are too few for it."""
    count = len(plan.views)
    disk = task.fits([*(one.cut for one in plan.depths), cut], count)
    if not disk:
        return replace(plan, depths=())
    passed = task.items * (cost.plain + (count - 1) * cost.view)
    more = task.learned * cost.item * PREDICTING
    left = task.whole + task.spent - plan.seconds - passed - more
    an_epoch = cost.item * seen(task.learned, FOLDS)
    epochs = min(MOST_EPOCHS, left / an_epoch)
    if epochs < DEEP_EPOCHS:
        return replace(plan, depths=())
    depth = Depth(cut, round(epochs, 2), round(passed, 1), round(epochs * an_epoch, 1))
    return replace(
        plan,
        depths=(*plan.depths, depth),
        rest_s=round(plan.rest_s + more, 1),
        memory_bytes=max(plan.memory_bytes, cost.memory_bytes),
        disk_bytes=disk,
    )


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
    zoom: bool = False,
) -> Plan:
    """Measures this machine and chooses.

    Args:
        folder: whose disk is to hold the activations.
        learned: items that are learned from.
        turns: what the data allows, see `views.ALLOWED`; "auto": what a test will show, and the
            plan leaves time for it.
        zoom: nearer and farther views are allowed too.
    Raises:
        SettingError: `minutes` is not above 0, or there is no such permission.
    """
    if not 0 < minutes < 1e5:
        raise SettingError(
            "There must be some time to train in.",
            found=f"--minutes {minutes:g}",
            expected="minutes above 0",
            attempt="--minutes 5",
        )
    views = views_for("flips" if turns == "auto" else turns, MOST_VIEWS, zoom=zoom)
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    costs: dict[str, Costs] = {}

    def with_cuts(cuts: Sequence[str]) -> Plan:
        costs.update(measure(encoder, items, weights, classes=classes, cuts=cuts))
        task = Task(
            minutes,
            len(items),
            learned,
            views,
            {
                (cut, count): disk_bytes(encoder, cut, views[:count])
                for cut in costs
                for count in range(1, len(views) + 1)
            },
            shutil.disk_usage(folder).free,
            4 * 4 * sum(one.size for one in weights.values()),
            time.perf_counter() - start,
        )
        return choose(costs, task)

    *deeper, shallowest = CUTS
    shallow = with_cuts([shallowest])
    # deeper cuts cost more: they are only tried where the shallowest leaves time over
    has_time = shallow.depths and shallow.depths[0].epochs >= DEEPER_AFTER
    return with_cuts(deeper[::-1]) if has_time else shallow
