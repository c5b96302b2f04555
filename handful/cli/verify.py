"""`handful verify MODEL`: does it still answer here as it did when it was saved?"""

from __future__ import annotations

import click

from handful.cli.options import MODEL
from handful.cli.output import Output, common


@click.command()
@MODEL
@common
def verify(model: str, *, output: Output) -> int:
    """Answer the test pictures inside the file again, from file to label, and compare.

    Exit status 1 means that this machine answers otherwise than the one that saved the model.
    """
    from handful.bundle.verify import verify as check

    result = check(model)
    output.say(result.summary())
    output.answer(result.to_json())
    return 0 if result.ok else 1
