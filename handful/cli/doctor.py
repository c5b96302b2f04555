"""`handful doctor DATA`: what is wrong with the data, before anything is learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from handful.cli.asking import open_asking
from handful.cli.findings import described, tally
from handful.cli.options import DATA, reading
from handful.cli.output import Output, common

FAULTS_FOUND = 1


@click.command()
@DATA
@reading
@common
def doctor(data: str, *, how: Mapping[str, Any], output: Output) -> int:
    """Check the data: unreadable files, duplicates, leaks, conflicting labels, classes too small.

    Nothing is changed and nothing is deleted. Exit status 1 means that faults were found.
    """
    opened = open_asking(output, data, **how)
    with output.progress("Checking") as progress:
        findings = opened.doctor(progress=progress)
    faults = sum(one.severity == "fault" for one in findings)
    output.say(f"[bold]{len(opened.items):,} pictures[/]: {tally(findings)}")
    for note in opened.notes:
        output.line(note)
    for finding in described(findings):
        output.line(finding)
    output.answer(
        {
            "items": len(opened.items),
            "faults": faults,
            "findings": [one.to_json() for one in findings],
            "quarantined": [one.to_json() for one in opened.quarantined],
            "notes": list(opened.notes),
        }
    )
    return FAULTS_FOUND if faults else 0
