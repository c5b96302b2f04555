"""What commands print: for people with rich, for programs as one JSON object.

Answers go to standard output, progress and errors to standard error. `--json` leaves one JSON
object on standard output and nothing else; `--quiet` leaves out progress and pleasantries.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from handful.errors import HandfulError

if TYPE_CHECKING:
    from rich.console import Console

COULD_NOT_RUN = 2
Progress = Callable[..., None]


class Output:
    """Where one command's words go.

    Args:
        as_json: print one JSON object at the end and nothing else on standard output.
        quiet: no progress, no pleasantries.
    """

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json = as_json
        self.quiet = quiet

    @property
    def console(self) -> Console:
        """For the answer, on standard output."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=False)

    def say(self, *renderables: Any) -> None:
        """Print for a person; nothing under `--json`."""
        if not self.as_json:
            self.console.print(*renderables)

    def steps(self, *renderables: Any) -> None:
        """As `say`, each on lines of its own."""
        for one in renderables:
            self.say(one)

    def remark(self, text: str) -> None:
        """A line that is nice to know; nothing under `--json` or `--quiet`."""
        if not (self.quiet or self.as_json):
            self.console.print(text, soft_wrap=True)

    def note(self, *lines: str) -> None:
        """What is worth knowing before the answer, on standard error; nothing under `--quiet`."""
        if not self.quiet:
            for line in lines:
                click.echo(line, err=True)

    def answer(self, value: object) -> None:
        """The whole answer as JSON; nothing without `--json`."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=None))

    @contextmanager
    def progress(self, what: str, unit: str = "pictures") -> Iterator[Progress | None]:
        """A progress bar on standard error while the block runs: call it with (done, total)."""
        if self.quiet or not sys.stderr.isatty():
            yield None if self.quiet else _plain_progress(what, unit)
            return
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
            TextColumn("{task.fields[rate]}", style="dim"),
            TimeRemainingColumn(compact=True),
        )
        with Bar(*columns, console=Console(stderr=True), transient=False) as bar:
            task = bar.add_task(what, total=None, rate="", visible=False)

            def update(done: int, total: int, per_second: float = 0.0) -> None:
                rate = f"{per_second:,.0f} {unit}/s" if per_second else ""
                bar.update(task, completed=done, total=total, rate=rate, visible=True)

            yield update


def _plain_progress(what: str, unit: str) -> Progress:
    """For logs and pipes: a line at each quarter, not a bar."""
    last = -1

    def update(done: int, total: int, per_second: float = 0.0) -> None:
        nonlocal last
        quarter = 4 * done // max(total, 1)
        if quarter > last and done:
            last = quarter
            rate = f", {per_second:,.0f} {unit}/s" if per_second else ""
            click.echo(f"{what}: {done:,} of {total:,}{rate}", err=True)

    return update


def print_error(error: HandfulError, *, as_json: bool) -> int:
    """Four lines on standard error, or the same four fields as JSON. Returns the exit status."""
    if as_json:
        print(json.dumps(error.to_json(), ensure_ascii=False))
    click.echo(str(error), err=True)
    return COULD_NOT_RUN


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options that every command takes; the command receives `output` in their place."""
    import functools

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
    @click.option("--quiet", is_flag=True, help="No progress and no pleasantries.")
    @functools.wraps(command)
    def wrapped(*args: Any, as_json: bool, quiet: bool, **options: Any) -> Any:
        return command(*args, output=Output(as_json=as_json, quiet=quiet), **options)

    return wrapped
