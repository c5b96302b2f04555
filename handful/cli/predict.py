"""`handful predict MODEL PATH...`: answers, with probability and "cannot say"."""

from __future__ import annotations

import click

from handful.cli.options import MODEL
from handful.cli.output import Output, common


@click.command()
@MODEL
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=str))
@common
def predict(model: str, paths: tuple[str, ...], *, output: Output) -> None:
    """Name the class of each picture, or say that it cannot be said.

    PATH is a picture or a folder of pictures. The answer "cannot say" comes where more than one
    class is plausible at the coverage that the model was made for; those classes are then named.
    """
    import handful
    from handful.bundle.predict import expand

    loaded = handful.load(model)
    predictions = loaded.predict(expand(paths))
    output.answer([one.to_json() for one in predictions])
    if output.as_json:
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("picture", "answer", "probability", "plausible"):
        table.add_column(
            name, justify="right" if name == "probability" else "left", overflow="fold"
        )
    for one in predictions:
        if one.error:
            table.add_row(one.path, "[red]not readable[/]", "", one.error)
            continue
        answer = "[yellow]cannot say[/]" if one.abstained else f"[bold]{one.label}[/]"
        table.add_row(one.path, answer, f"{one.probability:.1%}", ", ".join(one.set))
    output.say(table)
