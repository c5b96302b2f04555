"""What every route asks for: the bench, the annotator, and a number that is an item."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Request

from handful.workbench.annotators import named
from handful.workbench.bench import Bench
from handful.workbench.problems import NoSuchItemError


def bench_of(request: Request) -> Bench:
    """The bench that this server shows."""
    bench: Bench = request.app.state.bench
    return bench


def annotator(request: Request, x_annotator: Annotated[str | None, Header()] = None) -> str:
    """Who is at the page: header `X-Annotator`, percent-encoded; else who started the server."""
    name = unquote(x_annotator or "").strip() or bench_of(request).annotator
    return named(name)


def item_of(bench: Bench, at: int) -> int:
    """The number, if it is that of an item.

    Raises:
        NoSuchItemError: it is not.
    """
    if not 0 <= at < len(bench.session.items):
        raise NoSuchItemError(
            "There is no such item.",
            found=f"item {at}",
            expected=f"0 to {len(bench.session.items) - 1}",
            attempt="reload the page",
        )
    return at


BenchOf = Annotated[Bench, Depends(bench_of)]
Annotator = Annotated[str, Depends(annotator)]
