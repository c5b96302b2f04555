"""The named moments of a run, and the hooks that come with handful.

A hook is a function of (moment, run). What it may change is `run.total` (to end sooner or later)
and the model; to stop at once it calls `run.stop(why)`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from handful.deep.groups import unfreeze
from handful.deep.history import losses_line
from handful.deep.run import Run

Moment = Literal["begin", "epoch", "batch", "loss", "step", "epoch_end", "end"]
"""begin: all is ready. epoch: one starts. batch: it is on the device. loss: it is computed, nothing
has changed yet. step: the optimizer has stepped. epoch_end: it is measured. end: over, however."""

Hook = Callable[[Moment, Run], None]
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


def early_stop(patience: int, *, watch: str = "loss", least: float = 0.0) -> Hook:
    """Stops when `watch`, as `validate` measures it, has not fallen by `least` for so many epochs.

    The best weights so far are put back.
    """
    best: list[tuple[float, int, dict[str, object]]] = []

    def hook(moment: Moment, run: Run) -> None:
        if moment != "epoch_end" or watch not in run.history[-1]:
            return
        value = float(run.history[-1][watch])
        if not best or value < best[0][0] - least:
            best[:] = [(value, run.epoch, run.weights())]
        elif run.epoch - best[0][1] >= patience:
            run.put_back(best[0][2])
            run.stop(f"no better since epoch {best[0][1]}")

    return hook


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
