"""`handful encoders`: what is installed, and what each costs on this machine."""

from __future__ import annotations

from typing import Any

import click

from handful.cli.output import Output, common


@click.command()
@click.option("--no-measure", is_flag=True, help="Do not measure the speed (saves a few seconds).")
@common
def encoders(*, no_measure: bool, output: Output) -> None:
    """List the encoders, their licences and sizes, and how fast they are here."""
    from handful.encoders.registry import catalogue, measure

    rows: list[dict[str, Any]] = []
    for entry in catalogue():
        speed = measure(entry.name) if entry.installed and not no_measure else None
        rows.append({**entry.to_json(), "images_per_second": speed})
    output.answer(rows)
    if output.as_json:
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("encoder", "numbers", "size", "licence", "installed", "pictures/s here"):
        table.add_column(
            name, justify="right" if name in ("numbers", "size", "pictures/s here") else "left"
        )
    for row in rows:
        speed = row["images_per_second"]
        table.add_row(
            str(row["name"]),
            f"{row['dimension']:,}",
            f"{row['size_bytes'] / 1e6:,.0f} MB",
            str(row["licence"]),
            "yes" if row["installed"] else str(row["install"]),
            f"{speed:,.0f}" if speed else "–",
        )
    output.say(table)
