"""Fine-tuning by folds: a model for each, each measured on what it did not see, then one of all.

Every fold's probe is fitted and its tail trained without the fold, so what it says of the fold is
out of sample. All start from the same tail and end in the same valley, so the mean of their weights
is a model that has seen every item, and better than any of them: on the plain view alone it says
what a fold's model says on average over views (docs/log.md). So scores of a fold are averaged
over views, which stands for what the mean of the weights does, and the shipped model takes one.

Source:
    Wortsman et al., arXiv:2203.05482 (averaging fine-tuned weights); Kumar et al.,
    arXiv:2202.10054 (probe first).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handful.deep.cut import Activations
from handful.deep.groups import groups
from handful.deep.history import History
from handful.deep.hooks import Hook, Moment, deadline
from handful.deep.loop import train
from handful.deep.model import Cached, Deepened, Head, predict
from handful.deep.run import Run, Training
from handful.encoders.encoder import Block
from handful.errors import DataError
from handful.heads.calibration import fit_scale, log_shares, out_of_sample_probabilities
from handful.heads.fit import fit
from handful.heads.linear import LinearHead

HEAD_FACTOR = 1 / 3  # the probe's rate, against the tail's
STEPS_KEPT = 32  # between checkpoints: a kill costs some ten seconds
AVERAGED = 2.5  # the running average forgets over the last 1 / 2.5 of a run
SCORED_VIEWS = 2  # of an item left out; four take twice the time and differ by a hair
MOST_FOLDS_LEFT = 2  # classes that training without a fold must still have


@dataclass(frozen=True, slots=True, eq=False)
class Learner:
    """All that fine-tuning learns from.

    Args:
        activations: of n items, at the cut, in every view.
        vectors: (n, d) of the frozen encoder, plain view.
        targets: (n,) class of each.
        units: (n,) items with one number are never parted.
        classes: k names, sorted.
        blocks: of the vector.
        weights: the encoder's.
    """

    activations: Activations
    vectors: Float[np.ndarray, "n d"]
    targets: Int[np.ndarray, " n"]
    units: Int[np.ndarray, " n"]
    classes: tuple[str, ...]
    blocks: Sequence[Block]
    weights: Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class FineTuned:
    """What came of it.

    Args:
        arrays: of the tail, by their names in the graph.
        head: calibrated, on the tail's vector.
        probabilities: (n, k) out of sample, calibrated on other units' scores.
        probed: (n, k) what the frozen probe of the same fold says: learned from the same items.
        histories: of each fold's run.
        notes: what happened that is worth a line.
    """

    arrays: Mapping[str, np.ndarray]
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
    """Trains a tail for each fold, and averages them.

    Args:
        training: how each fold is trained; its rate is the tail's.
        folds: at least 2.
        seconds: that all training may take; late runs are shortened.
        folder: where checkpoints are kept; None: nowhere. A run that was killed goes on from there.
        progress: called with (steps done, steps in all, items per second).
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
    trained_s = 0.0
    for number in range(folds):
        inside, outside = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        probe = probed(learner, inside, seed=training.seed)
        columns = [learner.classes.index(name) for name in probe.classes]
        frozen[np.ix_(outside, np.array(columns))] = probe.probabilities(learner.vectors[outside])
        model = started(learner, inside, probe)
        left = (seconds - trained_s) / (folds - number)
        begun = time.perf_counter()
        run = train(
            model,
            Cached(learner.activations.chosen(inside), learner.targets[inside], k),
            _averaging(training, len(inside), seed=training.seed + number),
            parameters=groups(model, {"head": HEAD_FACTOR}, weight_decay=training.weight_decay),
            hooks=[deadline(left), _teller(progress, number, folds), *hooks],
            checkpoint=folder / f"fold-{number}.npz" if folder else None,
            every_steps=STEPS_KEPT,
        )
        notes += [f"fold {number + 1}: {note}" for note in [*run.notes, run.stopped] if note]
        trained_s += time.perf_counter() - begun
        aside = learner.activations.chosen(outside)
        scores[outside] = predict(model, aside, views=SCORED_VIEWS)
        tails.append(model.tail.arrays())
        heads.append(model.head.plain())
        histories.append(run.history)
    log_prior = log_shares(learner.targets, k)
    scale = fit_scale(scores, learner.targets, log_prior)
    weight, bias = (np.mean([pair[part] for pair in heads], axis=0) for part in (0, 1))
    head = LinearHead(
        (scale.slope * weight).astype(np.float32),
        scale.logits(bias[None], log_prior)[0].astype(np.float32),
        learner.classes,
    )
    probabilities = out_of_sample_probabilities(
        scores, learner.targets, log_prior, scale, units=learner.units, seed=training.seed
    )
    return FineTuned(
        {name: np.mean([one[name] for one in tails], axis=0) for name in tails[0]},
        head,
        probabilities.astype(np.float32),
        frozen,
        tuple(histories),
        tuple(notes),
    )


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


def _averaging(training: Training, items: int, *, seed: int) -> Training:
    """With a running average as long as the run deserves."""
    from dataclasses import replace

    steps = training.epochs * -(-items // training.batch_size)
    return replace(training, seed=seed, average=max(0.0, 1 - AVERAGED / max(steps, AVERAGED)))


def _teller(progress: Callable[..., None] | None, number: int, folds: int) -> Hook:
    """Tells how far all folds are."""
    started: list[Any] = []

    def hook(moment: Moment, run: Run) -> None:
        if moment == "begin":
            started[:] = [time.perf_counter(), run.step]
        if moment == "step" and progress is not None and run.step % 8 == 0:
            spent = max(time.perf_counter() - started[0], 1e-9)
            rate = (run.step - started[1]) * run.training.batch_size / spent
            progress(number * run.total + run.step, folds * run.total, rate)

    return hook
