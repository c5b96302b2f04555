"""The training loop, whole. Read `train` from top to bottom: nothing happens elsewhere.

What a step draws at random is a function of (seed, step), what an epoch shuffles of (seed, epoch):
so a run that was killed and goes on from its checkpoint ends as one that was not, to the bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from handful.deep.batch import Data, sound
from handful.deep.device import Place, place_for
from handful.deep.groups import Group, groups
from handful.deep.hooks import Hook, Moment
from handful.deep.randomness import random_state_kept, seed_step
from handful.deep.resuming import Checkpoint, checked_hooks, settings_of
from handful.deep.run import Run, Training
from handful.errors import SettingError

DIVERGED = 4.0  # times the loss of the first steps, or of guessing: a rate too high gets there fast


@random_state_kept()
def train(
    model: nn.Module,
    data: Data,
    training: Training,
    *,
    parameters: Sequence[Group] | None = None,
    validate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    hooks: Sequence[Hook] = (),
    checkpoint: Path | None = None,
    every_steps: int = 0,
    place: Place | None = None,
) -> Run:
    """Trains `model` in place, and leaves it with its last good weights, averaged if asked for.

    A loss that is not a number, or far above where it began, ends the run with the weights of the
    last epoch that was sound. Items that hold a number that is not finite are left out and counted.
    The global random state (PyTorch, NumPy, Python) is seeded at each step, and left as it was.

    Args:
        parameters: from `groups.groups`; None: all, at one rate.
        validate: asked after each epoch (of the averaged weights); its numbers join the history.
        hooks: called at each named moment, in this order. The state of one that has `state_dict`
            and `load_state_dict` is in the checkpoint.
        checkpoint: where to keep the run; if it is there, the run goes on from it, with the
            settings it began with. More epochs than it began with extend it.
        every_steps: between two checkpoints; 0: at the end of each epoch.
        place: device, precision and share of the work; None: found.
    Raises:
        SettingError: there is nothing to learn from, no parameter learns, or the checkpoint is of
            a run with other settings, data or hooks.
        StoreError: the checkpoint cannot be written or read.
    """
    place = place or place_for(training.precision)
    model = model.to(place.device)
    chosen = list(parameters or groups(model, weight_decay=training.weight_decay))
    optimizer = _optimizer(chosen, training)
    per_epoch = math.ceil(len(data) / training.batch_size)
    total = max(1, round(training.epochs * per_epoch))
    if not len(data) or not any(p.requires_grad for g in chosen for p in g["params"]):
        raise SettingError(
            "There is nothing to train.",
            found=f"{len(data)} items",
            expected="one item or more",
            attempt="give it items; project.fit() takes them from the labels",
        )
    run = Run(model, optimizer, training, total, per_epoch)
    run.average = run.weights() if training.average else {}
    run.good = run.weights()
    checked = checked_hooks(hooks)
    kept = Checkpoint(checkpoint, settings_of(training, chosen), checked) if checkpoint else None
    if kept:
        kept.restore(run)
    resumed_at = run.step
    compute: Callable[..., Tensor] = place.spread(model)
    if training.compile:
        compute = torch.compile(compute)
    weights = None
    if training.class_weights is not None:
        weights = torch.tensor(training.class_weights, device=place.device)

    def tell(moment: Moment) -> None:
        for hook in hooks:
            hook(moment, run)

    tell("begin")
    if kept:
        kept.restore_states(run)  # "begin" was told before the run was killed
    model.train()
    while run.step < run.total and not run.stopped:
        epoch, first = divmod(run.step, per_epoch)
        run.epoch = epoch
        shuffled = np.random.default_rng([training.seed, epoch]).permutation(len(data))
        parts = np.array_split(shuffled, per_epoch)  # nearly equal: no batch is left with one item
        start = time.perf_counter() - run.spent_s
        tell("epoch")
        if kept and first and run.step == resumed_at:
            kept.restore_states(run)  # and so was "epoch"
        for items in parts[first:]:
            if run.step >= run.total or run.stopped:
                break
            run.rate = training.schedule(run.step, run.total, training.rate)
            for group in run.optimizer.param_groups:
                group["lr"] = run.rate * group.get("factor", 1.0)
            seed_step(place.device, training.seed, run.step)
            random = np.random.default_rng([training.seed, epoch, run.step])
            asked = time.perf_counter()
            parted = [
                place.take(sound(data.batch(part, random)))
                for part in np.array_split(place.share(items), training.accumulate)
            ]
            run.wait_s += time.perf_counter() - asked
            sizes = [len(part.targets) for part in parted]
            run.left_out += len(place.share(items)) - sum(sizes)
            run.step += 1
            if not sum(sizes):
                continue
            tell("batch")
            run.optimizer.zero_grad(set_to_none=True)
            run.loss = 0.0
            for part, size in zip(parted, sizes, strict=True):
                with place.autocast():
                    logits = compute(*part.inputs)
                loss = F.cross_entropy(
                    logits.float(), part.targets, weights, label_smoothing=training.label_smoothing
                )
                (loss * (size / sum(sizes))).backward()  # type: ignore[no-untyped-call]
                run.loss += float(loss.detach()) * size / sum(sizes)
            tell("loss")
            run.begun = run.begun or max(run.loss, math.log(part.targets.shape[1]))
            if not run.loss <= DIVERGED * run.begun:
                run.put_back(run.good)
                run.stop(f"diverged at step {run.step:,}: loss {run.loss:.3g}; last good weights")
                break
            if training.clip:
                nn.utils.clip_grad_norm_(model.parameters(), training.clip)
            run.optimizer.step()
            if run.average:
                share = 1 - min(training.average, (1 + run.step) / (10 + run.step))
                for name, one in model.state_dict().items():
                    run.average[name].lerp_(one, share) if one.is_floating_point() else None
            run.losses.append(run.loss)
            tell("step")
            if kept and every_steps and run.step % every_steps == 0:
                run.spent_s = time.perf_counter() - start
                kept.write(run)
        row = {"epoch": epoch, "step": run.step, "loss": float(np.mean(run.losses or [math.nan]))}
        row |= {"rate": run.rate, "seconds": time.perf_counter() - start, "wait_s": run.wait_s}
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


def _optimizer(parameters: list[Group], training: Training) -> torch.optim.Optimizer:
    own = [dict(one) for one in parameters]  # an optimizer adds its settings to the dicts it gets
    if callable(training.optimizer):
        made: object = training.optimizer(own)
        if not isinstance(made, torch.optim.Optimizer):
            raise SettingError(
                "The optimizer is none of PyTorch's kind.",
                found=f"{type(made).__name__}, made by the function given as optimizer",
                expected="a torch.optim.Optimizer of the groups it is given",
                attempt="optimizer=lambda groups: torch.optim.RMSprop(groups, momentum=0.9)",
            )
        return made
    if training.optimizer == "sgd":
        return torch.optim.SGD(own, lr=training.rate, momentum=0.9, nesterov=True, fused=True)
    # the second moment forgets sooner than the default: runs have hundreds of steps, not millions
    return torch.optim.AdamW(own, lr=training.rate, betas=(0.9, 0.99), fused=True)


def _measured(run: Run, validate: Callable[[nn.Module], Mapping[str, float]]) -> dict[str, float]:
    """What `validate` says of the weights that would be kept now."""
    own = run.weights() if run.average else {}
    if run.average:
        run.put_back(run.kept_weights())
    run.model.eval()
    measured = {f"valid_{name}": float(value) for name, value in validate(run.model).items()}
    if run.average:
        run.put_back(own)
    run.model.train()
    return measured
