"""`handful inspect MODEL`: every array and string in the file."""

from __future__ import annotations

import click

from handful.cli.options import MODEL
from handful.cli.output import Output, common


@click.command()
@MODEL
@common
def inspect(model: str, *, output: Output) -> int:
    """List all that a model file holds, and fail if anything of your data is inside.

    Exit status 1 means that something was found that a model does not need.
    """
    from handful.bundle.inspect import inspect as look

    result = look(model)
    output.say(result.summary(full=not output.quiet))
    output.answer(result.to_json())
    return 0 if result.ok else 1
