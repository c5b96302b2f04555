"""The training loop, whole. Read `train` from top to bottom: nothing happens elsewhere.

What a step draws at random is a function of (seed, step), what an epoch shuffles of (seed, epoch):
so a run that was killed and goes on from its checkpoint ends as one that was not, to the bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from handful.deep.batch import Data, each
from handful.deep.device import DTYPES, Place, place_for
from handful.deep.groups import Group
from handful.deep.hooks import Hook, Moment
from handful.deep.losses import Loss, chosen_loss, guessing, one_number
from handful.deep.optimizer import clip, decayed_groups, make_optimizer, training_mode
from handful.deep.randomness import random_state_kept, seed_step
from handful.deep.reading import batches
from handful.deep.resuming import Checkpoint, checked_hooks, settings_of
from handful.deep.run import Run, Training
from handful.errors import SettingError


@random_state_kept()
def train(
    model: nn.Module,
    data: Data,
    training: Training,
    *,
    loss: Loss | None = None,
    parameters: Sequence[Group] | None = None,
    validate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    hooks: Sequence[Hook] = (),
    checkpoint: str | Path | None = None,
    every_steps: int = 0,
    read_ahead: int = 0,
    place: Place | None = None,
) -> Run:
    """Trains `model` in place, and leaves it with its last good weights, averaged if asked for.

    A loss that is not a number, or far above where it began, ends the run with the weights of the
    last epoch that was sound. Items that hold a number that is not finite are left out and counted.
    The global random state (PyTorch, NumPy, Python) is seeded at each step, and left as it was.

    Args:
        loss: a function of (outputs, targets) that gives the mean over items; None: cross-entropy
            of classes, with the training's class weights and label smoothing.
        parameters: from `groups.groups`; None: all, at one rate.
        validate: asked after each epoch (of the averaged weights); its numbers join the history.
        hooks: called at each named moment, in this order. The state of one that has `state_dict`
            and `load_state_dict` is in the checkpoint.
        checkpoint: where to keep the run; if it is there, the run goes on from it, with the
            settings it began with. More epochs than it began with extend it.
        every_steps: between two checkpoints; 0: at the end of each epoch.
        read_ahead: batches made on threads while a step computes; the data must then draw from the
            generator that it is given alone. 0: none.
        place: device, precision and share of the work; None: found.
    Raises:
        SettingError: there is nothing to learn from, no parameter learns, the loss cannot learn
            these targets, a setting would be ignored, or the checkpoint is of a run with other
            settings, data or hooks.
        DataError: a batch has not one target for each item.
        StoreError: the checkpoint cannot be written or read.
    """
    place = place or place_for(training.precision)
    _refuse_what_is_ignored(training, place, checkpoint, every_steps, read_ahead)
    model = model.to(place.device)
    chosen = decayed_groups(model, parameters, training)
    if not len(data) or not any(p.requires_grad for g in chosen for p in g["params"]):
        raise SettingError(
            "There is nothing to train.",
            found=f"{len(data)} items"
            if not len(data)
            else "no parameter of the groups takes a gradient",
            expected="one item or more, and a parameter that learns",
            attempt="give it items; groups.unfreeze(model, name) lets a frozen part learn",
        )
    measure = chosen_loss(loss, training, place.device)
    per_epoch = math.ceil(len(data) / training.batch_size)
    total = max(1, round(training.epochs * per_epoch))
    run = Run(model, make_optimizer(chosen, training), training, total, per_epoch)
    run.average = run.weights() if training.average else {}
    run.good = run.weights()
    settings, checked = settings_of(training, chosen, measure), checked_hooks(hooks)
    kept = Checkpoint(Path(checkpoint), settings, checked) if checkpoint else None
    if kept:
        kept.restore(run)
    resumed_at = run.step
    compute: Callable[..., Any] = place.spread(model)
    if training.compile:
        compute = torch.compile(compute)

    def tell(moment: Moment) -> None:
        for hook in hooks:
            hook(moment, run)

    tell("begin")
    if kept:
        kept.restore_states(run)  # "begin" was told before the run was killed
    while run.step < run.total and not run.stopped:
        run.epoch, first = divmod(run.step, per_epoch)
        shuffled = np.random.default_rng([training.seed, run.epoch]).permutation(len(data))
        steps = np.array_split(shuffled, per_epoch)  # nearly equal: no batch is left with one item
        start = time.perf_counter() - run.spent_s
        tell("epoch")
        if kept and first and run.step == resumed_at:
            kept.restore_states(run)  # and so was "epoch"
        training_mode(model)
        coming = batches(data, steps, run, place, ahead=read_ahead)
        for items in steps[first:]:
            if run.step >= run.total or run.stopped:
                break
            run.rate = training.schedule(run.step, run.total, training.rate)
            for group in run.optimizer.param_groups:
                group["lr"] = run.rate * group.get("factor", 1.0)
            seed_step(place.device, training.seed, run.step)
            asked = time.perf_counter()
            run.parts, run.outputs = next(coming), []
            run.wait_s += time.perf_counter() - asked
            run.left_out += len(place.share(items)) - sum(map(len, run.parts))
            run.step += 1
            if not run.parts:
                continue
            tell("batch")
            run.optimizer.zero_grad(set_to_none=True)
            run.loss, size = 0.0, sum(map(len, run.parts))
            for part in run.parts:
                with place.autocast():
                    outputs = compute(*part.inputs)
                part_loss = one_number(measure(place.in_float32(outputs), part.targets))
                (part_loss * (len(part) / size)).backward()  # type: ignore[no-untyped-call]
                run.loss += float(part_loss.detach()) * len(part) / size
                run.outputs.append(each(outputs, torch.Tensor.detach))
            tell("loss")
            if run.diverged(guessing(measure, outputs)):
                run.put_back(run.good)
                run.stop(f"diverged at step {run.step:,}: loss {run.loss:.3g}; last good weights")
                break
            clip(run.optimizer, training.clip)
            run.optimizer.step()
            if run.average:
                run.averaged()
            run.losses.append(run.loss)
            tell("step")
            if kept and every_steps and run.step % every_steps == 0:
                run.spent_s = time.perf_counter() - start
                kept.write(run)
        row = {
            "epoch": run.epoch,
            "step": run.step,
            "loss": float(np.mean(run.losses or [math.nan])),
        }
        row |= {"rate": run.rate, "seconds": time.perf_counter() - start}
        row |= {"wait_s": run.wait_s}
        run.history.append(row | ({"left_out": run.left_out} if run.left_out else {}))
        run.losses, run.left_out, run.wait_s, run.spent_s = [], 0, 0.0, 0.0
        if validate is not None:
            run.history[-1] |= _measured(run, validate)
        tell("epoch_end")
        if not run.stopped:
            run.good = run.weights()
        if kept:
            kept.write(run)
    if run.average and not (run.stopped or "").startswith("diverged"):
        run.put_back(run.average)
    model.eval()
    tell("end")
    return run


def _measured(run: Run, validate: Callable[[nn.Module], Mapping[str, float]]) -> dict[str, float]:
    """What `validate` says of the weights that would be kept now."""
    own = run.weights() if run.average else {}
    if run.average:
        run.put_back(run.kept_weights())
    run.model.eval()
    measured = {f"valid_{name}": float(value) for name, value in validate(run.model).items()}
    if run.average:
        run.put_back(own)
    return measured


def _refuse_what_is_ignored(
    training: Training,
    place: Place,
    checkpoint: str | Path | None,
    every_steps: int,
    read_ahead: int,
) -> None:
    """A setting of `train` that would do nothing, or that it cannot obey, is an error."""
    wanted = DTYPES[training.precision]
    wrong = {
        f"every_steps = {every_steps}, and no checkpoint": every_steps and checkpoint is None,
        f"every_steps = {every_steps}": every_steps < 0,
        f"read_ahead = {read_ahead}": read_ahead < 0,
        f"precision = {training.precision}, and a place with {place.dtype}": place.dtype != wanted,
    }
    for found, is_wrong in wrong.items():
        if is_wrong:
            raise SettingError(
                "This is no way to train.",
                found=found,
                expected="a checkpoint with every_steps, the precision of the place, 0 or more",
                attempt="leave the setting out, or give both alike",
            )
