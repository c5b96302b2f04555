"""`handful report MODEL`: open the report page that was written with a model."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from handful.cli.options import MODEL
from handful.cli.output import Output, common


@click.command()
@MODEL
@click.option(
    "--print", "only_print", is_flag=True, help="Print where the page is; do not open it."
)
@common
def report(model: str, *, only_print: bool, output: Output) -> None:
    """Open the report that `handful train` wrote beside this model."""
    import handful
    from handful.review.report import find_report

    page = find_report(Path(model), handful.load(model).identity)
    output.answer({"model": model, "report": str(page)})
    output.line(str(page))
    if not (only_print or output.as_json):
        webbrowser.open(page.resolve().as_uri())
