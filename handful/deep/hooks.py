"""The named moments of a run, and the hooks that come with handful.

A hook is a function of (moment, run). What it may change is `run.total` (to end sooner or later),
`run.optimizer` and the model; to stop at once it calls `run.stop(why)`. An object with `__call__`,
`state_dict` and `load_state_dict` is a hook whose state is in the checkpoint.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, final, runtime_checkable

from handful.deep.groups import unfreeze
from handful.deep.history import losses_line
from handful.deep.run import Run
from handful.errors import SettingError

Moment = Literal["begin", "epoch", "batch", "loss", "step", "epoch_end", "end"]
"""begin: all is ready. epoch: one starts. batch: it is on the device. loss: it is computed, nothing
has changed yet. step: the optimizer has stepped. epoch_end: it is measured. end: over, however."""

Hook = Callable[[Moment, Run], None]


@runtime_checkable
class Stateful(Protocol):
    """A hook whose state is in the checkpoint, so that a resumed run ends as a whole one would.

    A resumed run tells it "begin" again (and "epoch", if it was killed within one), then puts its
    state back. A state is numbers, texts, tensors, arrays, and lists, tuples and dicts of them.
    """

    def state_dict(self) -> dict[str, Any]:
        """All that changes while a run goes on."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> object:
        """Puts back what `state_dict` gave."""
        ...


SHORTENED = "shortened to "


def deadline(seconds: float, *, clock: Callable[[], float] = time.perf_counter) -> Hook:
    """Shortens the run so that it ends in time: the schedule then falls sooner, but to its end.

    Looks every 16 steps. A run that is in time is not touched, and so stays the same to the bit.
    """
    start: list[tuple[float, int]] = []

    def hook(moment: Moment, run: Run) -> None:
        if moment == "begin":
            start[:] = [(clock(), run.step)]
        elif moment == "step" and run.step % 16 == 0:
            began, first = start[0]
            spent = clock() - began
            affordable = first + (run.step - first) * seconds / max(spent, 1e-9)
            if affordable < run.total:
                run.total = max(int(affordable), run.step + 1)
                run.notes[:] = [note for note in run.notes if not note.startswith(SHORTENED)]
                run.notes.append(f"{SHORTENED}{run.total} steps, to end in time")

    return hook


def early_stop(
    patience: int,
    *,
    watch: str = "valid_loss",
    direction: str = "down",
    least: float = 0.0,
) -> EarlyStop:
    """Stops a run that gets no better, and leaves the best weights when it ends, however it ends.

    With averaging, those are the averaged weights, which `validate` has measured.

    Args:
        patience: epochs in a row without progress after which the run stops, 1 or more.
        watch: a name in the history: what `validate` returned as "loss" is "valid_loss" there;
            "loss" is of the training.
        direction: which way is better, "down" or "up".
        least: a change smaller than this is no progress; 0 or more.
    Raises:
        SettingError: a setting is out of its range. While training: no such name is in the history.
    """
    wrong = {
        "patience": patience < 1,
        "direction": direction not in ("down", "up"),
        "least": not 0 <= least < math.inf,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise SettingError(
                "A run cannot be stopped like this.",
                found=f"{name} = {locals()[name]!r}",
                expected="patience of 1 or more, direction down or up, least of 0 or more",
                attempt=f"choose another {name}",
            )
    return EarlyStop(patience, watch, -1.0 if direction == "up" else 1.0, least)


@final
@dataclass(eq=False)
class EarlyStop:
    """The hook that `early_stop` makes; its state is in the checkpoint.

    Args:
        sign: 1 where less is better, -1 where more is.
        best: sign times the best number so far.
        reached: sign times the number from which progress is counted, seen in `epoch`.
        weights: of the best epoch.
    """

    patience: int
    watch: str
    sign: float
    least: float
    best: float = math.inf
    reached: float = math.inf
    epoch: int = -1
    weights: dict[str, Any] = field(default_factory=dict)

    def __call__(self, moment: Moment, run: Run) -> None:
        """Looks at the end of each epoch, and puts the best weights back at the end of the run."""
        if moment == "begin":
            self.best, self.reached, self.epoch, self.weights = math.inf, math.inf, -1, {}
        elif moment == "epoch_end":
            self._look(run)
        elif moment == "end" and self.weights:
            run.put_back(self.weights)

    def _look(self, run: Run) -> None:
        row = run.history[-1]
        if self.watch not in row:
            raise SettingError(
                "The number to stop by is not in the history.",
                found=f"watch = {self.watch!r}",
                expected=f"one of {', '.join(sorted(row))}",
                attempt="choose one of those, or let `validate` return it (as valid_ and its name)",
            )
        value = self.sign * float(row[self.watch])
        diverged = (run.stopped or "").startswith("diverged")  # the row is of weights thrown away
        if value < self.best and not diverged:
            self.best, self.weights = value, run.kept_weights()
        if value < self.reached - self.least:
            self.reached, self.epoch = value, run.epoch
        elif run.epoch - self.epoch >= self.patience and not run.stopped:
            run.stop(f"no better since epoch {self.epoch}" if self.weights else "never a number")

    def state_dict(self) -> dict[str, Any]:
        """All that changes while a run goes on."""
        names = ("best", "reached", "epoch", "weights")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Puts back what `state_dict` gave."""
        for name, value in state.items():
            setattr(self, name, value)


def gradual_unfreezing(when: Mapping[int, str]) -> Hook:
    """At the start of each epoch named, lets the parameters under a name learn.

    Freeze them first, with `groups.freeze`: the optimizer passes over what has no gradient.

    Source:
        Howard & Ruder, arXiv:1801.06146.
    """

    def hook(moment: Moment, run: Run) -> None:
        if moment == "epoch":
            for epoch, start in when.items():
                if run.epoch >= epoch:
                    unfreeze(run.model, start)

    return hook


def drawn(*, every: int = 8) -> Hook:
    """Draws the losses while the run goes on: in a notebook in place, in a terminal as a line.

    Where there is neither (a log, a pipe), it draws nothing: the history has it all.

    Args:
        every: steps between two lines; a notebook's picture changes once an epoch.
    """
    losses: list[float] = []
    picture: list[Any] = []

    def hook(moment: Moment, run: Run) -> None:
        notebook = _in_notebook()
        if moment == "begin" and notebook:
            from IPython.display import display

            picture[:] = [display(run.history, display_id=True)]  # type: ignore[no-untyped-call]
        elif moment == "step":
            losses.append(run.loss)
            if not notebook and sys.stderr.isatty() and run.step % every == 0:
                sys.stderr.write(f"\r{run.step:,} of {run.total:,} steps, {losses_line(losses)} ")
        elif moment == "epoch_end" and picture:
            picture[0].update(run.history)
        elif moment == "end" and losses and not notebook and sys.stderr.isatty():
            sys.stderr.write("\n")

    return hook


def _in_notebook() -> bool:
    """A front end is there that shows pictures, and can change one that it has shown."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and hasattr(shell, "kernel")
