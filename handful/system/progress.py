"""How far long work is: a bar on standard error, in a terminal or a notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

Told = Callable[..., None]
"""Called with (done, total), and if wanted items per second, and what is going on now."""

Progress = Told | Literal[False] | None
"""What a user gives: a function to be told, False for silence, None for a bar where one is seen."""


@contextmanager
def shown(progress: Progress, what: str) -> Iterator[Told | None]:
    """Whom long work tells how far it is, while the block runs; None: nobody.

    Args:
        progress: what the user gave. With None there is a bar if standard error is a terminal or
            the code runs in a notebook, and nothing in a log or a pipe.
        what: what is going on, in a word or two.
    """
    if progress is not None:
        yield progress or None
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not (console.is_terminal or console.is_jupyter):
        yield None
        return
    with bar(what) as update:
        yield update


@contextmanager
def bar(what: str, unit: str = "pictures") -> Iterator[Told]:
    """A progress bar on standard error while the block runs; it appears at the first call."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]}", style="dim"),
        TimeRemainingColumn(compact=True),
    )
    with Bar(*columns, console=Console(stderr=True), transient=False) as drawn:
        task = drawn.add_task(what, total=None, rate="", visible=False)

        def update(done: int, total: int, per_second: float = 0.0, now: str = "") -> None:
            rate = f"{per_second:,.0f} {unit}/s" if per_second and not now else ""
            drawn.update(
                task,
                completed=done,
                total=total,
                description=now or what,
                rate=rate,
                visible=True,
            )

        yield update
