"""Opens the data for a command; where folders can be read in several ways, a person is asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from handful.cli.output import Output
from handful.errors import AmbiguousFoldersError

if TYPE_CHECKING:
    from handful.project.project import Project

_NONE_OF_THEM = "ignore", "ignore: folders mean nothing; labels are given in `handful label`"


def open_asking(output: Output, data: str, **how: Any) -> Project:
    """`handful.open`; on a terminal it asks how folders are to be read where that is not plain.

    Args:
        output: of the command; under `--json` and `--quiet` nobody is asked.
        data: as the command takes it.
        how: as `handful.open` takes it.
    Raises:
        AmbiguousFoldersError: it is not plain and there is nobody to ask.
    """
    import handful

    try:
        return handful.open(data, **how)
    except AmbiguousFoldersError as error:
        if output.as_json or output.quiet or not _somebody_is_there():
            raise
        choices = (*error.readings, _NONE_OF_THEM)
        click.echo(f"The folders can be read in {len(choices)} ways ({error.found}):", err=True)
        for number, (_, told) in enumerate(choices, 1):
            click.echo(f"  {number}  {told}", err=True)
        number = click.prompt(
            "Which is meant? It is remembered",
            type=click.IntRange(1, len(choices)),
            err=True,
        )
        return handful.open(data, **{**how, "folders": choices[number - 1][0]})


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()
