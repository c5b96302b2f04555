"""`handful label DATA`: labels unknown; open the workbench."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click

from handful.cli.asking import open_asking
from handful.cli.options import DATA, SEED, reading
from handful.cli.output import Output, common
from handful.errors import SettingError

_TUNNEL = (
    "Ctrl-C ends it. It listens on this machine alone; what your tunnel carries to its address"
    " leaves it. Whoever has that whole address can look and label."
)
_SHOWN_CLASSES = 5


@click.command()
@DATA
@reading
@click.option(
    "--as",
    "annotator",
    metavar="NAME",
    help="Who labels, if the page's address does not say; default: your user name.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="Port on this machine; default: that of last time, or any that is free.",
)
@click.option(
    "--at",
    metavar="ORIGIN",
    help="Where a tunnel or proxy of yours shows the page, such as https://work.example or"
    " https://hub.example/user/ann/proxy/8888/; default: on this machine alone.",
)
@click.option(
    "--import",
    "imported",
    metavar="FILE",
    help="Take in labels first: CSV, JSON Lines, Label Studio, COCO, FiftyOne, CVAT, Pascal VOC.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="With --import: where another label is there, take the file's.",
)
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.option(
    "--encoder",
    metavar="NAME",
    default="efficientnet-lite0",
    show_default=True,
    help="What turns a picture into numbers; `handful encoders` lists them.",
)
@SEED
@common
def label(
    data: str,
    *,
    how: Mapping[str, Any],
    annotator: str | None,
    port: int | None,
    at: str | None,
    imported: str | None,
    overwrite: bool,
    no_browser: bool,
    encoder: str,
    seed: int,
    output: Output,
) -> None:
    """Open the workbench on pictures without labels, in your browser, on this machine alone.

    DATA is a folder of pictures, or a table with the column `path`. Labels that the data has
    already, as class folders or a column, are learned from too. Ctrl-C ends it; every label that
    the page showed as saved is kept in the project folder.
    """
    import webbrowser

    from handful.workbench.annotators import named
    from handful.workbench.bench import Bench
    from handful.workbench.endpoint import Door, user_name
    from handful.workbench.origin import Origin, port_for

    origin = None if at is None else Origin.of(at)
    number = port_for(origin, port)
    name = named(annotator.strip() if annotator else user_name())
    if overwrite and imported is None:
        raise SettingError(
            "--overwrite would change nothing.",
            found="--overwrite without --import",
            expected="--import FILE, whose labels may overwrite others",
            attempt="leave it out",
        )
    opened = open_asking(output, data, encoder=encoder, seed=seed, **how)
    came = None
    if imported is not None:
        came = opened.import_labels(imported, by=name, overwrite=overwrite)
        output.note(*came.notes())
    door = Door(opened.folder, port=number, at=origin)
    bench = Bench(opened, annotator=name, token=door.token, port=door.port, at=origin)
    bench.start()
    from handful.workbench.serve import serve  # half a second, in which the work has begun

    output.note(*opened.notes)
    output.line(f"{opened.name}: {len(opened.items):,} pictures")
    given = [item.label for item in opened.items if item.label is not None]
    if given:
        output.line(_labelled_already(given, len(opened.items)))
    if not output.as_json:
        click.echo(f"Label them at {door.address}")
        if origin is not None:
            click.echo(f"On this machine: {door.local}")
    output.remark("Ctrl-C ends it. Nothing leaves this machine." if origin is None else _TUNNEL)
    output.answer(
        {
            "address": door.address,
            "items": len(opened.items),
            "labelled_by_data": len(given),
            "annotator": name,
            **({} if came is None else {"imported": came.to_json()}),
        }
        | ({} if origin is None else {"local": door.local})
    )

    def show() -> None:
        if not no_browser and origin is None:
            webbrowser.open(door.address)

    serve(bench, door, opened=show)


def _labelled_already(given: Sequence[str], num_items: int) -> str:
    """How many labels the folders or the table give, and what to do if they are none."""
    counts = Counter(given).most_common()
    named = ", ".join(f"{name} {count:,}" for name, count in counts[:_SHOWN_CLASSES])
    more = f" and {len(counts) - _SHOWN_CLASSES:,} more" if len(counts) > _SHOWN_CLASSES else ""
    said = (
        f"{len(given):,} of {num_items:,} pictures are labelled by their folders or table"
        f" ({named}{more})."
    )
    if len(given) < num_items:
        return said
    return f"{said} Nothing is left to ask; if the folders are no classes: --folders ignore"
