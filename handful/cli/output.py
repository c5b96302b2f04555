"""What commands print: for people with rich, for programs as one JSON object.

Answers go to standard output, progress and errors to standard error. `--json` leaves one JSON
object on standard output and nothing else; `--quiet` leaves out progress and pleasantries.
Markup is for our own words alone: names of files and classes may hold anything, brackets too.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from handful.errors import HandfulError, StoreError
from handful.system.progress import Progress, Told, bar

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COULD_NOT_RUN = 2


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

        return Console(highlight=False, soft_wrap=False, emoji=False)

    def say(self, *renderables: Any) -> None:
        """Print for a person, text as rich's markup; nothing under `--json`."""
        self._print(*renderables)

    def line(self, text: str | Text) -> None:
        """Print text as it stands, whatever it holds and however long; nothing under `--json`."""
        self._print(text, markup=False, soft_wrap=True)

    def steps(self, *renderables: Any) -> None:
        """As `say`, each on lines of its own."""
        for one in renderables:
            self.say(one)

    def remark(self, text: str) -> None:
        """A line that is nice to know; nothing under `--json` or `--quiet`."""
        if not self.quiet:
            self.line(text)

    def note(self, *lines: str) -> None:
        """What is worth knowing before the answer, on standard error; nothing under `--quiet`."""
        if not self.quiet:
            for line in lines:
                click.echo(line, err=True)

    def answer(self, value: object) -> None:
        """The whole answer as JSON; nothing without `--json`."""
        if self.as_json:
            write(json.dumps(value, allow_nan=False) + "\n")

    def _print(self, *renderables: Any, **how: Any) -> None:
        if self.as_json:
            return
        console = self.console
        with _standard_output(), console.capture() as caught:
            console.print(*renderables, **how)
        write(caught.get())

    @contextmanager
    def progress(self, what: str, unit: str = "pictures") -> Iterator[Progress]:
        """Whom work tells how far it is: a bar on standard error, or lines where that is a log.

        Under `--quiet` it is False, which work takes for silence.
        """
        if self.quiet:
            yield False
        elif sys.stderr.isatty():
            with bar(what, unit) as update:
                yield update
        else:
            yield _plain_progress(what, unit)


def _plain_progress(what: str, unit: str) -> Told:
    """For logs and pipes: a line at each quarter, not a bar."""
    last, before = -1, 0

    def update(done: int, total: int, per_second: float = 0.0, now: str = "") -> None:
        nonlocal last, before
        quarter = 4 * done // max(total, 1)
        if done < before:
            last = -1  # something else has begun
        before = done
        if quarter > last and done:
            last = quarter
            rate = f", {per_second:,.0f} {unit}/s" if per_second else ""
            click.echo(f"{now or what}: {done:,} of {total:,}{rate}", err=True)

    return update


class ReaderGone(Exception):  # noqa: N818  (no failure: `handful inspect | head` is done)
    """Nobody reads standard output any more."""


def write(text: str) -> None:
    """Put an answer on standard output, at once.

    Raises:
        ReaderGone: nobody reads it any more.
        StoreError: it cannot be written (the disk is full).
    """
    with _standard_output():
        click.echo(text, nl=False, color=True)


@contextmanager
def _standard_output() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _forget_standard_output()
        if isinstance(error, BrokenPipeError):  # click would end the program itself, with 1
            raise ReaderGone from error
        raise StoreError(
            "The answer cannot be written.",
            found=f"standard output ({error.strerror or error})",
            expected="a terminal, a pipe, or a file on a disk with room",
            attempt="send it elsewhere; what was computed is kept",
        ) from error


def _forget_standard_output() -> None:
    """Send what is still to come nowhere, so that Python does not fail on it while it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_error(error: HandfulError, *, as_json: bool) -> int:
    """Four lines on standard error, or the same four fields as JSON. Returns the exit status."""
    if as_json:
        with suppress(ReaderGone, StoreError):
            write(json.dumps(error.to_json()) + "\n")
    click.echo(error.report(), err=True)
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
