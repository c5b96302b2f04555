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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handful.deep.cut import Activations
from handful.deep.groups import groups
from handful.deep.history import History
from handful.deep.hooks import Hook, Moment, deadline
from handful.deep.loop import train
from handful.deep.model import LEAST_SHARE, Cached, Deepened, Head, predict
from handful.deep.run import Run, Training
from handful.deep.schedules import linear
from handful.encoders.encoder import Block
from handful.errors import DataError
from handful.heads.calibration import fit_scale, log_shares, out_of_sample_probabilities
from handful.heads.fit import fit
from handful.heads.linear import LinearHead

HEAD_FACTOR = 1 / 3  # the probe's rate, against the tail's
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


@dataclass(frozen=True, slots=True, eq=False)
class FineTuned:
    """What came of it.

    Args:
        arrays: of the settled tail, by their names in the graph.
        weight: (d, k) of its head, for the tail's vector.
        head: the frozen model's share, for the frozen vector. The logits of both, added, are
            calibrated.
        probabilities: (n, k) of both out of sample, calibrated on other units' scores.
        probed: (n, k) what the frozen probe of the same fold says: learned from the same items.
        histories: of each fold's run, and of the last one.
        notes: what happened that is worth a line.
    """

    arrays: Mapping[str, np.ndarray]
    weight: Float[np.ndarray, "d k"]
    head: LinearHead
    probabilities: Float[np.ndarray, "n k"]
    probed: Float[np.ndarray, "n k"]
    histories: tuple[History, ...]
    notes: tuple[str, ...] = field(default=())


def fine_tune(
    learner: Learner,
    training: Training,
    *,
    folds: int,
    seconds: float = float("inf"),
    folder: Path | None = None,
    progress: Callable[..., None] | None = None,
    hooks: Sequence[Hook] = (),
) -> FineTuned:
    """Trains a tail for each fold, averages them, and lets the mean settle on all items.

    Args:
        training: how each fold is trained; its rate is the tail's.
        folds: at least 2.
        seconds: that all training may take; late runs are shortened.
        folder: where checkpoints are kept; None: nowhere. A run that was killed goes on from there.
        progress: called with (items seen, items in all, items per second).
    Raises:
        DataError: some class lies in one unit, so there is no fold to learn without it.
        StoreError: a checkpoint cannot be written.
    """
    n, k = len(learner.targets), len(learner.classes)
    fold = stratified_folds(learner.targets, learner.units, folds, seed=training.seed)
    scores = np.empty((n, k), np.float64)
    frozen = np.zeros((n, k), np.float32)
    tails: list[dict[str, np.ndarray]] = []
    heads: list[tuple[np.ndarray, np.ndarray]] = []
    histories, notes = [], []
    runner = _Runner(learner, training, folds, seconds, folder, progress, tuple(hooks))
    for number in range(folds):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        probe = probed(learner, inside, seed=training.seed)
        columns = [learner.classes.index(name) for name in probe.classes]
        frozen[np.ix_(outside, np.array(columns))] = probe.probabilities(learner.vectors[outside])
        model = started(learner, inside, probe)
        own = _averaging(training, len(inside), seed=training.seed + number)
        run = runner.train(model, inside, own, f"fold-{number}")
        notes += [f"fold {number + 1}: {note}" for note in [*run.notes, run.stopped] if note]
        aside = learner.activations.chosen(outside)
        scores[outside] = predict(model, aside)
        tails.append(model.tail.arrays())
        heads.append(model.head.plain())
        histories.append(run.history)
    weight, bias = (np.mean([pair[part] for pair in heads], axis=0) for part in (0, 1))
    middle = LinearHead(weight.astype(np.float32), bias.astype(np.float32), learner.classes)
    model = started(learner, np.arange(n), middle)
    model.tail.put({name: np.mean([one[name] for one in tails], axis=0) for name in tails[0]})
    run = runner.train(model, np.arange(n), settling(training, folds), "settled")
    notes += [f"settling: {note}" for note in [*run.notes, run.stopped] if note]
    histories.append(run.history)
    weight, bias = model.head.plain()
    log_prior = log_shares(learner.targets, k)
    scores = both(scores, np.log(np.maximum(frozen, LEAST_SHARE / n)))
    scale = fit_scale(scores, learner.targets, log_prior)
    head = LinearHead(
        (scale.slope * FROZEN_SHARE * learner.head.weight).astype(np.float32),
        scale.logits(both(bias, learner.head.bias)[None], log_prior)[0].astype(np.float32),
        learner.classes,
    )
    probabilities = out_of_sample_probabilities(
        scores, learner.targets, log_prior, scale, units=learner.units, seed=training.seed
    )
    return FineTuned(
        model.tail.arrays(),
        (scale.slope * (1 - FROZEN_SHARE) * weight).astype(np.float32),
        head,
        probabilities.astype(np.float32),
        frozen,
        tuple(histories),
        tuple(notes),
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
                first=f"{len(names):,} units in {folds} folds leave {len(left)} classes to learn",
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
    """Runs one after another that share the time."""

    learner: Learner
    training: Training
    folds: int
    seconds: float
    folder: Path | None
    progress: Callable[..., None] | None
    hooks: tuple[Hook, ...]
    spent_s: float = 0.0
    done: float = 0.0  # items seen, by plan

    def train(
        self, model: Deepened, items: Int[np.ndarray, " m"], training: Training, name: str
    ) -> Run:
        """One run, in its share of the time that is left."""
        whole = self.training.epochs * seen(len(self.learner.targets), self.folds)
        own = training.epochs * len(items)
        begun = time.perf_counter()
        left = (self.seconds - self.spent_s) * own / (whole - self.done)
        run = train(
            model,
            Cached(
                self.learner.activations.chosen(items),
                self.learner.targets[items],
                len(self.learner.classes),
            ),
            training,
            parameters=groups(model, {"head": HEAD_FACTOR}, weight_decay=training.weight_decay),
            hooks=[deadline(left), self._tell(own, whole), *self.hooks],
            checkpoint=self.folder / f"{name}.npz" if self.folder else None,
            every_steps=STEPS_KEPT,
        )
        self.spent_s += time.perf_counter() - begun
        self.done += own
        return run

    def _tell(self, own: float, whole: float) -> Hook:
        """Tells how far all runs are."""
        started: list[Any] = []

        def hook(moment: Moment, run: Run) -> None:
            if moment == "begin":
                started[:] = [time.perf_counter(), run.step]
            if moment == "step" and self.progress is not None and run.step % 8 == 0:
                spent = max(time.perf_counter() - started[0], 1e-9)
                rate = (run.step - started[1]) * run.training.batch_size / spent
                items = self.done + own * run.step / run.total
                self.progress(round(items), round(whole), rate)

        return hook
