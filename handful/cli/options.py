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
        "--project",
        metavar="DIR",
        help="Where to keep what was computed, if not in DATA/.handful.",
    ),
)


def reading(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--labels`, `--group`, `--folders` and `--project`: how DATA is read."""
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(_READING), command)
