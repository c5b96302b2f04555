"""`handful predict MODEL PATH...`: answers, with probability and "cannot say"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from handful.cli.answers import check_answers, write_answers
from handful.cli.options import MODEL, PLACE
from handful.cli.output import Output, common

if TYPE_CHECKING:
    from rich.table import Table

    from handful.bundle.predict import Prediction

NONE_READ = 1


@click.command()
@MODEL
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=PLACE)
@click.option(
    "-o",
    "--output",
    "answers",
    metavar="FILE",
    help="Write the answers to a file too: .csv, .tsv, .jsonl or .parquet.",
)
@common
def predict(model: str, paths: tuple[str, ...], *, answers: str | None, output: Output) -> int:
    """Name the class of each picture, or say that it cannot be said.

    PATH is a picture or a folder of pictures. The answer "cannot say" comes where more than one
    class is plausible at the coverage that the model was made for; those classes are then named.
    It comes too where a picture is unlike all that the model learned from.
    A picture that cannot be read is named with the reason; exit status 1 means that none could.
    """
    import handful
    from handful.bundle.predict import expand

    place = check_answers(answers) if answers is not None else None
    loaded = handful.load(model)
    predictions = loaded.predict(expand(paths))
    if place is not None:
        write_answers(predictions, place)
    output.answer([one.to_json() for one in predictions])
    output.say(_table(predictions))
    return NONE_READ if all(one.error for one in predictions) else 0


def _table(predictions: Sequence[Prediction]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("picture", overflow="fold")
    table.add_column("answer", overflow="fold")
    table.add_column("probability", justify="right")
    table.add_column("plausible", overflow="fold")
    for one in predictions:
        path = Text(one.path)
        if one.error:
            table.add_row(path, Text("not readable", "red"), "", Text(one.error))
            continue
        answer = Text("cannot say", "yellow") if one.abstained else Text(one.label or "", "bold")
        plausible = Text(", ".join(one.set)) if one.set else Text(one.why, "yellow")
        for warning in one.warnings:
            plausible.append(f"\n{warning}", "yellow")
        table.add_row(path, answer, f"{one.probability:.1%}", plausible)
    return table
