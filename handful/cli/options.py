"""Options that several commands share: what to read, and how."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

# What may not be read is told by whoever opens it, in words of its own.
PLACE = click.Path(path_type=str, readable=False)
DATA = click.argument("data", metavar="DATA", type=PLACE)
MODEL = click.argument("model", metavar="MODEL", type=PLACE)
SEED = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),  # what both NumPy and scikit-learn take
    metavar="N",
    default=0,
    show_default=True,
    help="Seed of every choice made at random.",
)

_READING = (
    click.option("--labels", metavar="COLUMN", help="Column of the table that holds the class."),
    click.option(
        "--group",
        metavar="COLUMN|PATTERN",
        help="What must not be parted (a patient, a site): a column of the table, or a regular"
        " expression on the file name.",
    ),
    click.option(
        "--folders",
        metavar="LEVELS",
        help="What each level of folders means, from the top: class, class/group, group/class,"
        " split/class, ignore, or auto. Remembered in the project.",
    ),
    click.option(
        "--path",
        metavar="COLUMN",
        help="Column of the table that names the pictures, if it is not `path`.",
    ),
    click.option(
        "--root",
        metavar="DIR",
        help="Folder that the table's paths start from, if it is not the table's own.",
    ),
    click.option(
        "--encoding",
        metavar="NAME",
        help="How a CSV or TSV table is encoded, such as windows-1252; guessed otherwise.",
    ),
    click.option(
        "--sheet",
        metavar="NAME",
        help="Sheet of the workbook; the one that has the columns otherwise.",
    ),
    click.option(
        "--project",
        metavar="DIR",
        help="Where to keep what was computed, if not in DATA/.handful.",
    ),
)


_NAMES = ("labels", "group", "folders", "path", "root", "encoding", "sheet", "project")


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """All options that say how DATA is read; the command gets them as one mapping, `how`.

    `handful.open(data, **how)` takes them.
    """

    @functools.wraps(command)
    def with_how(**given: Any) -> Any:
        how = {name: given.pop(name) for name in _NAMES}
        return command(how=how, **given)

    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(_READING), with_how)
