"""What is shown in a notebook."""

from __future__ import annotations

import html
from collections.abc import Mapping


def small_table(caption: str, rows: Mapping[str, object]) -> str:
    """Names and what stands beside each, as an HTML table."""
    body = "".join(
        f'<tr><th style="text-align:left">{html.escape(name)}</th>'
        f'<td style="text-align:left">{html.escape(str(value))}</td></tr>'
        for name, value in rows.items()
    )
    style = "text-align:left;white-space:nowrap"  # else a long caption is squeezed over short rows
    return f'<table><caption style="{style}">{html.escape(caption)}</caption>{body}</table>'
