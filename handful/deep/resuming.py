"""What of a run goes into its checkpoint, and how a run goes on from there.

The file's form is `checkpoint.py`. A checkpoint met with other settings is refused, because they
would be ignored or would mix two runs; only `epochs` may change, which extends the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, final

import torch

from handful.deep import checkpoint as checkpoints
from handful.deep.groups import Group
from handful.deep.history import History
from handful.deep.hooks import SHORTENED, Hook, Stateful
from handful.deep.run import Run, Training
from handful.errors import HandfulError, SettingError

FACTS = ("step", "total", "notes", "stopped", "per_epoch", "spent_s")
FACTS_OF_EPOCH = ("begun", "losses", "left_out", "wait_s")


def settings_of(training: Training, groups: Sequence[Group], loss: object) -> dict[str, Any]:
    """All settings of a run as JSON has them; a function is known by its name alone.

    Args:
        training: its decay is not looked at, since each group has its own.
        groups: with their decay.
        loss: that the run makes smaller.
    """
    found: dict[str, Any] = {one.name: getattr(training, one.name) for one in fields(training)}
    del found["weight_decay"]
    found["loss"] = _name(loss)
    if training.class_weights is not None:
        found["class_weights"] = [float(one) for one in training.class_weights]
    found["parameters"] = [
        [one.get("name", ""), one.get("factor", 1.0), one.get("weight_decay"), len(one["params"])]
        for one in groups
    ]
    named: dict[str, Any] = json.loads(json.dumps(found, default=_name))
    return named


def checked_hooks(hooks: Sequence[Hook]) -> list[Stateful]:
    """The hooks that have a state, in order.

    Raises:
        SettingError: one gives its state but cannot take it back, or the other way round.
    """
    for hook in hooks:
        has = [name for name in ("state_dict", "load_state_dict") if hasattr(hook, name)]
        if len(has) == 1:
            raise SettingError(
                "A hook has half of what a checkpoint needs.",
                found=f"{_name(hook)} has only {has[0]}",
                expected="state_dict and load_state_dict, or neither",
                attempt="write the other one",
            )
    asked: Sequence[object] = hooks
    return [hook for hook in asked if isinstance(hook, Stateful)]


@final
@dataclass(eq=False)
class Checkpoint:
    """Where a run is kept, under which settings, with which hooks.

    Args:
        path: of the file.
        settings: of `settings_of`.
        hooks: those that have a state.
    """

    path: Path
    settings: Mapping[str, Any]
    hooks: Sequence[Stateful]
    arrays: dict[str, torch.Tensor] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def write(self, run: Run) -> None:
        """All that the rest of the run depends on."""
        parts = {"model": run.model.state_dict(), "average": run.average}
        if run.spent_s:  # within an epoch; at its end the model's weights are the last sound ones
            parts["good"] = run.good
        arrays = {f"{part}/{name}": v for part, own in parts.items() for name, v in own.items()}
        facts = {name: getattr(run, name) for name in (*FACTS, *FACTS_OF_EPOCH)}
        facts |= {"history": list(run.history), "settings": self.settings}
        facts["optimizer"] = [
            type(run.optimizer).__qualname__,
            checkpoints.packed(run.optimizer.state_dict(), "optimizer", arrays),
        ]
        facts["hooks"] = [
            [_name(hook), checkpoints.packed(hook.state_dict(), f"hooks/{number}", arrays)]
            for number, hook in enumerate(self.hooks)
        ]
        checkpoints.save(self.path, arrays, facts)

    def restore(self, run: Run) -> None:
        """The run as it was written, if it was; the states of optimizer and hooks come later."""
        found = checkpoints.load(self.path)
        if found is None:
            return
        self.arrays, self.facts = found
        self._check(run)
        planned, facts = run.total, self.facts
        run.put_back(self._part("model"))
        run.good = {n: v.to(run.good[n]) for n, v in self._part("good").items()} or run.weights()
        run.average = {n: v.to(run.average[n]) for n, v in self._part("average").items()}
        run.history = History(facts["history"])
        for name in (*FACTS, *FACTS_OF_EPOCH):
            setattr(run, name, facts[name])
        run.epoch = run.step // run.per_epoch
        if facts["settings"]["epochs"] != self.settings["epochs"]:
            run.total = planned
            run.notes = [note for note in run.notes if not note.startswith(SHORTENED)]

    def restore_states(self, run: Run) -> None:
        """The states of the optimizer and of every hook that has one.

        Raises:
            SettingError: a hook has put in another optimizer than the one that was written.
        """
        if not self.facts:
            return
        kind, state = self.facts["optimizer"]
        if kind != type(run.optimizer).__qualname__:
            raise self._other(f"optimizer: {kind} there, {type(run.optimizer).__qualname__} here")
        _restore_optimizer(run.optimizer, checkpoints.unpacked(state, self.arrays))
        for hook, (_, kept) in zip(self.hooks, self.facts["hooks"], strict=True):
            hook.load_state_dict(checkpoints.unpacked(kept, self.arrays))

    def _part(self, name: str) -> dict[str, torch.Tensor]:
        start = f"{name}/"
        return {n.removeprefix(start): v for n, v in self.arrays.items() if n.startswith(start)}

    def _check(self, run: Run) -> None:
        facts, own = self.facts, self.settings
        there = facts["settings"]
        differ = [
            f"{name}: {there.get(name)} there, {own[name]} here"
            for name in own
            if name != "epochs" and there.get(name) != own[name]
        ]
        if facts["per_epoch"] != run.per_epoch:
            differ.append(f"{facts['per_epoch']} steps an epoch there, {run.per_epoch} here")
        kept, given = [name for name, _ in facts["hooks"]], [_name(hook) for hook in self.hooks]
        if kept != given:
            differ.append(f"hooks with a state: {kept} there, {given} here")
        if there["epochs"] != own["epochs"] and facts["stopped"]:
            differ.append(f"epochs: {own['epochs']} here, but it was stopped: {facts['stopped']}")
        elif there["epochs"] != own["epochs"] and run.total < facts["step"]:
            differ.append(f"{facts['step']} steps taken there, {run.total} wanted here")
        if differ:
            raise self._other("; ".join(differ))

    def _other(self, found: str) -> HandfulError:
        return SettingError(
            "The checkpoint is of another run.",
            found=f"{self.path}: {found}",
            expected="the same data, settings and hooks; only epochs may grow",
            attempt=f"give those, or delete {self.path} to start over",
        )


def _restore_optimizer(optimizer: torch.optim.Optimizer, kept: dict[str, Any]) -> None:
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for number, moments in kept["state"].items():
        own = parameters[number]
        for name, value in moments.items():
            # fused optimizers need the parameter's own memory format
            if isinstance(value, torch.Tensor) and value.shape == own.shape:
                moments[name] = torch.empty_like(own, dtype=value.dtype).copy_(value)
    optimizer.load_state_dict(kept)


def _name(one: object) -> str:
    """Of a function or class its own name, of anything else that of its class."""
    return str(getattr(one, "__qualname__", type(one).__qualname__))
