"""Fine-tuning by folds: a tail for each, measured on what it did not see; then one that settles.

Every fold's probe is fitted and its tail trained without the fold, so what it says of the fold is
out of sample. All start from the same tail, so the mean of their weights is a good place to go on
from, but not to stay: its classes have shifted against each other. A short run of all items, at a
rate that falls to nothing, ends in a model that is better than any fold's and than their mean
(docs/log.md). That one is shipped; what is said of it is the folds', which learned from less.

The frozen model keeps a share of the answer: the two err in different places, and the maps before
the cut serve both.

Source:
    Wortsman et al., arXiv:2203.05482 (averaging fine-tuned weights); Jordan et al.,
    arXiv:2211.08403 (what averaging does to statistics, and that little mends it); Kumar et al.,
    arXiv:2202.10054 (probe first).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handful.deep.cut import Activations
from handful.deep.finder import Finding, find_rate
from handful.deep.groups import groups
from handful.deep.history import History, losses_line
from handful.deep.hooks import Hook, Moment, deadline
from handful.deep.loop import train
from handful.deep.model import LEAST_SHARE, Cached, Deepened, Head, predict
from handful.deep.run import Run, Training
from handful.deep.schedules import linear
from handful.encoders.encoder import Block
from handful.errors import DataError
from handful.estimate.compare import Comparison, compare
from handful.estimate.metrics import log_loss
from handful.heads.calibration import Scale, fit_scale, log_shares, out_of_sample_probabilities
from handful.heads.fit import fit
from handful.heads.linear import LinearHead

HEAD_FACTOR = 1 / 3  # the probe's rate, against the tail's
RATES_TRIED, LOWEST_RATE, HIGHEST_RATE = 12, 1e-5, 1e-2  # by the finder, before training
TOLD_STEPS = 8  # between two words of how far it is
STEPS_KEPT = 32  # between checkpoints: a kill costs some ten seconds
SETTLING = 0.25  # of a fold's epochs, with all items, from the mean of the folds
SETTLING_RATE = 1 / 3  # of a fold's
AVERAGED = 2.5  # the running average forgets over the last 1 / 2.5 of a run
FROZEN_SHARE = 0.3  # of the answer; from 0.2 to 0.4 its log-loss is the same to a thousandth
MOST_FOLDS_LEFT = 2  # classes that training without a fold must still have


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """All that fine-tuning learns from.

    Args:
        activations: of n items, at the cut, in every view.
        vectors: (n, d) of the frozen encoder, plain view.
        head: of the frozen model, fitted on all of these vectors.
        targets: (n,) class of each.
        units: (n,) items with one number are never parted.
        classes: k names, sorted.
        blocks: of the vector.
        weights: the encoder's.
    """

    activations: Activations
    vectors: Float[np.ndarray, "n d"]
    head: LinearHead
    targets: Int[np.ndarray, " n"]
    units: Int[np.ndarray, " n"]
    classes: tuple[str, ...]
    blocks: Sequence[Block]
    weights: Mapping[str, np.ndarray]

    def data(self, items: Int[np.ndarray, " m"] | None = None) -> Cached:
        """Batches of these items; None: of all."""
        items = np.arange(len(self.targets)) if items is None else items
        return Cached(self.activations.chosen(items), self.targets[items], len(self.classes))


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One depth at which all folds are trained.

    Args:
        learner: with the activations at this round's cut.
        training: of each fold; its rate is the tail's.
        seconds: that the round, and a settling run after it, may take; late runs are shortened.
    """

    learner: Learner
    training: Training
    seconds: float = float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """A tail for each fold, trained without it, and what they say of it.

    Args:
        round: in which they were trained.
        arrays: of each tail, by their names in the graph.
        heads: of each, for the tail's vector.
        probed: (n, k) what the frozen probe of the same fold says: learned from the same items.
        scale: that calibrates what tails and probes say together.
        probabilities: (n, k) of both out of sample, calibrated on other units' scores.
    """

    round: Round
    arrays: tuple[Mapping[str, np.ndarray], ...]
    heads: tuple[LinearHead, ...]
    probed: Float[np.ndarray, "n k"]
    scale: Scale
    probabilities: Float[np.ndarray, "n k"]

    @property
    def log_loss(self) -> float:
        """In nats, out of sample."""
        return log_loss(self.probabilities, self.round.learner.targets)

    @property
    def against_probes(self) -> Comparison:
        """Which is better out of sample: both learned from the same items and speak of others."""
        learner = self.round.learner
        return compare(self.probabilities, self.probed, learner.targets, units=learner.units)


@dataclass(frozen=True, slots=True, eq=False)
class FineTuned:
    """What came of it.

    Args:
        cut: behind which arrays were trained.
        arrays: of the settled tail, by their names in the graph.
        weight: (d, k) of its head, for the tail's vector.
        head: the frozen model's share, for the frozen vector. The logits of both, added, are
            calibrated.
        probabilities: (n, k) of both out of sample, calibrated on other units' scores.
        compared: with the frozen probes of the same folds.
        rounds: log-loss out of sample after each, by its cut.
        histories: of each fold's run in each round, and of the last one, by name.
        notes: what happened that is worth a line.
    """

    cut: str
    arrays: Mapping[str, np.ndarray]
    weight: Float[np.ndarray, "d k"]
    head: LinearHead
    probabilities: Float[np.ndarray, "n k"]
    compared: Comparison
    rounds: Mapping[str, float]
    histories: Mapping[str, History]
    notes: tuple[str, ...] = field(default=())


def fine_tune(
    rounds: Iterable[Round],
    *,
    folds: int,
    folder: Path | None = None,
    progress: Callable[..., None] | None = None,
    hooks: Sequence[Hook] = (),
) -> FineTuned:
    """Trains a tail for each fold, deeper while that pays; their mean then settles on all items.

    Args:
        rounds: of the same items, the shallowest first; the best one settles. The second is asked
            for unless the first is clearly worse than the frozen probes, a further one if the last
            one lowered the log-loss: until then its activations need not exist. Each begins with
            the pretrained tail: going on from a shallower one gained nothing (docs/log.md).
        folds: at least 2.
        folder: where checkpoints are kept; None: nowhere. A run that was killed goes on from there.
        progress: called with (items seen, items in all, items per second, what is going on).
    Raises:
        DataError: some class lies in one unit, so there is no fold to learn without it.
        StoreError: a checkpoint cannot be written.
    """
    runner = _Runner(folds, folder, progress, tuple(hooks))
    probes: _Probes | None = None
    best: Folded | None = None
    reached: dict[str, float] = {}
    for one in rounds:
        probes = probes or _probes(one.learner, folds, seed=one.training.seed)
        cut = one.learner.activations.cut
        folded = _folded(one, runner, probes)
        reached[cut] = folded.log_loss
        if best is None:
            best = folded
            if folded.against_probes.better == "second":
                break
        elif folded.log_loss < best.log_loss:
            best = folded
        else:
            runner.notes.append(f"{cut}: no better, so not kept")
            break
    assert best is not None, "one round at least"
    return _settled(best, runner, reached)


@dataclass(frozen=True, slots=True, eq=False)
class _Probes:
    """The fold of each item, a frozen head without each fold, and what those say of their folds."""

    fold: Int[np.ndarray, " n"]
    heads: tuple[LinearHead, ...]
    said: Float[np.ndarray, "n k"]


def _probes(learner: Learner, folds: int, *, seed: int) -> _Probes:
    fold = stratified_folds(learner.targets, learner.units, folds, seed=seed)
    heads = tuple(
        probed(learner, np.flatnonzero(fold != number), seed=seed) for number in range(folds)
    )
    said = np.zeros((len(fold), len(learner.classes)), np.float32)
    for number, head in enumerate(heads):
        outside = np.flatnonzero(fold == number)
        columns = np.array([learner.classes.index(name) for name in head.classes])
        said[np.ix_(outside, columns)] = head.probabilities(learner.vectors[outside])
    return _Probes(fold, heads, said)


def _folded(one: Round, runner: _Runner, probes: _Probes) -> Folded:
    """All folds of a round, each from the pretrained tail and its probe."""
    learner, training, cut = one.learner, one.training, one.learner.activations.cut
    n, k = len(learner.targets), len(learner.classes)
    scores = np.empty((n, k), np.float64)
    arrays, heads = [], []
    runner.begin(one)
    for number, probe in enumerate(probes.heads):
        inside, outside = (
            np.flatnonzero(part) for part in (probes.fold != number, probes.fold == number)
        )
        model = started(learner, inside, probe)
        own = _averaging(training, len(inside), seed=training.seed + number)
        runner.train(learner, model, inside, own, f"{cut}, fold {number + 1}")
        scores[outside] = predict(model, learner.activations.chosen(outside))
        arrays.append(model.tail.arrays())
        heads.append(LinearHead(*model.head.plain(), learner.classes))
    log_prior = log_shares(learner.targets, k)
    mixed = both(scores, np.log(np.maximum(probes.said, LEAST_SHARE / n)))
    scale = fit_scale(mixed, learner.targets, log_prior)
    probabilities = out_of_sample_probabilities(
        mixed, learner.targets, log_prior, scale, units=learner.units, seed=training.seed
    )
    return Folded(
        one,
        tuple(arrays),
        tuple(heads),
        probes.said,
        scale,
        probabilities.astype(np.float32),
    )


def _settled(folded: Folded, runner: _Runner, reached: Mapping[str, float]) -> FineTuned:
    """The mean of all folds' weights after a short run of all items."""
    learner, training = folded.round.learner, folded.round.training
    items = np.arange(len(learner.targets))
    weight = np.mean([head.weight for head in folded.heads], axis=0).astype(np.float32)
    bias = np.mean([head.bias for head in folded.heads], axis=0).astype(np.float32)
    middle = LinearHead(weight, bias, learner.classes)
    model = started(learner, items, middle)
    names = folded.arrays[0]
    model.tail.put({name: np.mean([one[name] for one in folded.arrays], axis=0) for name in names})
    runner.train(learner, model, items, settling(training, runner.folds), "settling")
    weight, bias = model.head.plain()
    log_prior = log_shares(learner.targets, len(learner.classes))
    scale = folded.scale
    head = LinearHead(
        (scale.slope * FROZEN_SHARE * learner.head.weight).astype(np.float32),
        scale.logits(both(bias, learner.head.bias)[None], log_prior)[0].astype(np.float32),
        learner.classes,
    )
    return FineTuned(
        learner.activations.cut,
        model.tail.arrays(),
        (scale.slope * (1 - FROZEN_SHARE) * weight).astype(np.float32),
        head,
        folded.probabilities,
        folded.against_probes,
        reached,
        runner.histories,
        tuple(runner.notes),
    )


def rates_tried(learner: Learner, training: Training) -> Finding:
    """The rate finder on the tail that training begins from, in some seconds."""
    model = started(learner, np.arange(len(learner.targets)), learner.head)
    return find_rate(
        model,
        learner.data(),
        training,
        parameters=groups(model, {"head": HEAD_FACTOR}),
        steps=RATES_TRIED,
        lowest=LOWEST_RATE,
        highest=HIGHEST_RATE,
    )


def both(trained: np.ndarray, frozen: np.ndarray) -> np.ndarray:
    """Logits of the two, each with its share."""
    return (1 - FROZEN_SHARE) * trained + FROZEN_SHARE * frozen


def probed(learner: Learner, items: Int[np.ndarray, " m"], *, seed: int) -> LinearHead:
    """A head fitted on these items' frozen vectors."""
    labels = [learner.classes[target] for target in learner.targets[items]]
    vectors, units = learner.vectors[items], learner.units[items]
    return fit(vectors, labels, units=units, blocks=learner.blocks, seed=seed).head


def started(learner: Learner, items: Int[np.ndarray, " m"], probe: LinearHead) -> Deepened:
    """The tail as it was pretrained, with the probe on it: what training begins from."""
    stages = [slice(block.start, block.stop) for block in learner.blocks]
    head = Head(learner.vectors[items], probe, learner.classes, stages)
    return Deepened(learner.weights, head, cut=learner.activations.cut)


def stratified_folds(
    targets: Int[np.ndarray, " n"], units: Int[np.ndarray, " n"], folds: int, *, seed: int
) -> Int[np.ndarray, " n"]:
    """A fold for each item: units whole, each class dealt out evenly.

    Raises:
        DataError: without some fold fewer than two classes would be left.
    """
    names, where = np.unique(units, return_inverse=True)
    first = np.full(len(names), -1)
    first[where[::-1]] = targets[::-1]  # a unit goes with the class of its first item
    dealt = np.empty(len(names), np.int64)
    random, start = np.random.default_rng(seed), 0
    for target in np.unique(first):
        own = random.permutation(np.flatnonzero(first == target))
        dealt[own] = (np.arange(len(own)) + start) % folds
        start += len(own)
    fold: Int[np.ndarray, " n"] = dealt[where]
    for number in range(folds):
        left = np.unique(targets[fold != number])
        if len(left) < MOST_FOLDS_LEFT or not (fold == number).any():
            raise DataError(
                "There are too few items to fine-tune and measure it.",
                found=f"{len(names):,} units in {folds} folds leave {len(left)} classes to learn",
                expected="every class in two units or more",
                attempt="train without --deep",
            )
    return fold


def settling(training: Training, folds: int) -> Training:
    """How the mean of the folds is trained on."""
    return replace(
        training,
        epochs=SETTLING * training.epochs,
        rate=SETTLING_RATE * training.rate,
        schedule=linear,
        average=0.0,
        seed=training.seed + folds,
    )


def seen(items: int, folds: int) -> float:
    """Items that all runs see, for each epoch of a fold."""
    return items * (folds - 1 + SETTLING)


def _averaging(training: Training, items: int, *, seed: int) -> Training:
    """With a running average as long as the run deserves."""
    steps = training.epochs * -(-items // training.batch_size)
    return replace(training, seed=seed, average=max(0.0, 1 - AVERAGED / max(steps, AVERAGED)))


@dataclass(slots=True)
class _Runner:
    """Runs one after another that share the time of their round."""

    folds: int
    folder: Path | None
    progress: Callable[..., None] | None
    hooks: tuple[Hook, ...]
    histories: dict[str, History] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    round: Round | None = None
    spent_s: float = 0.0
    done: float = 0.0  # items seen in this round, by plan

    def begin(self, one: Round) -> None:
        """The next round."""
        self.round, self.spent_s, self.done = one, 0.0, 0.0

    def train(
        self,
        learner: Learner,
        model: Deepened,
        items: Int[np.ndarray, " m"],
        training: Training,
        name: str,
    ) -> None:
        """One run, in its share of the time that is left."""
        assert self.round is not None
        whole = self.round.training.epochs * seen(len(learner.targets), self.folds)
        own = training.epochs * len(items)
        begun = time.perf_counter()
        left = (self.round.seconds - self.spent_s) * own / max(whole - self.done, own)
        run = train(
            model,
            learner.data(items),
            training,
            parameters=groups(model, {"head": HEAD_FACTOR}),
            hooks=[deadline(left), self._tell(own, whole, name), *self.hooks],
            checkpoint=self.folder / f"{name.replace(', ', '-')}.npz" if self.folder else None,
            every_steps=STEPS_KEPT,
        )
        self.spent_s += time.perf_counter() - begun
        self.done += own
        self.histories[name] = run.history
        self.notes += [f"{name}: {note}" for note in [*run.notes, run.stopped] if note]

    def _tell(self, own: float, whole: float, name: str) -> Hook:
        """Tells how far all runs of the round are, and how the losses of this one went."""
        started: list[Any] = []
        losses: list[float] = []

        def hook(moment: Moment, run: Run) -> None:
            if moment == "begin":
                started[:] = [time.perf_counter(), run.step]
            if moment != "step" or self.progress is None:
                return
            losses.append(run.loss)
            if run.step % TOLD_STEPS == 0:
                spent = max(time.perf_counter() - started[0], 1e-9)
                rate = (run.step - started[1]) * run.training.batch_size / spent
                items = self.done + own * run.step / run.total
                self.progress(round(items), round(whole), rate, f"{name}: {losses_line(losses)}")

        return hook
