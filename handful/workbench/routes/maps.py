"""The map in binary: positions of all items, their colours, and maps that part two sets."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response
from jaxtyping import UInt8

from handful.active.assignment import probabilities_for
from handful.errors import DataError
from handful.targets.one_of_k import ONE_OF_K
from handful.workbench.bench import Bench
from handful.workbench.layout import parted
from handful.workbench.routes.asking import BenchOf, item_of
from handful.workbench.schemas import Parted

router = APIRouter(prefix="/api")
BINARY = "application/octet-stream"
NO_COLOUR = 255
MOST_COLOURS = 255
KEPT_COLOURS = 16  # versions; a page that is farther behind gets all of them
BYTES_CHANGED = 5  # a place and what stands there


@router.get("/positions", response_class=Response)
def positions(bench: BenchOf) -> Response:
    """(N, 2) float32, little-endian, in [-1, 1]; NaN for items that are not embedded yet."""
    places, version = bench.layout.positions(len(bench.session.items))
    return Response(
        places.astype("<f4").tobytes(), media_type=BINARY, headers={"X-Version": str(version)}
    )


@router.post("/positions", response_class=Response)
def part(body: Parted, bench: BenchOf) -> Response:
    """Positions on a map whose x parts the two sets of items."""
    sets = [np.array([item_of(bench, at) for at in part]) for part in (body.a, body.b)]
    known = bench.session.known
    if known is None:
        raise DataError(
            "No item is embedded yet.",
            found=f"0 of {len(bench.session.items):,}",
            expected="some items on the map",
            attempt="wait a second",
        )
    places = parted(known, *sets)
    return Response(
        places.astype("<f4").tobytes(),
        media_type=BINARY,
        headers={"X-Version": str(bench.layout.version)},
    )


@router.get("/colours", response_class=Response)
def colours(bench: BenchOf, since: Annotated[str | None, Query(max_length=100)] = None) -> Response:
    """One byte an item: the class given or suggested, 255 for none and for what stays blind.

    The version is opaque: give back in `since` what the header `X-Version` said. 204: no change.
    With the header `X-Changed: k` only what changed: k places as uint32, little-endian, then the k
    bytes that stand there now.
    """
    steered, known = bench.session.steered, bench.session.known
    model = 0 if steered is None else steered.given.version
    embedded = 0 if known is None else len(known.places)
    version = f"{bench.session.given().version}.{model}.{embedded}"
    headers = {"X-Version": version}
    if since == version:
        return Response(status_code=204, headers=headers)
    with bench.painting:
        before, now = bench.painted.get(since or ""), bench.painted.get(version)
        if now is None:
            now = bench.painted[version] = all_colours(bench)
            for oldest in list(bench.painted)[:-KEPT_COLOURS]:
                del bench.painted[oldest]
    changed = np.arange(len(now)) if before is None else np.flatnonzero(now != before)
    if BYTES_CHANGED * len(changed) >= len(now):
        return Response(now.tobytes(), media_type=BINARY, headers=headers)
    headers["X-Changed"] = str(len(changed))
    body = changed.astype("<u4").tobytes() + now[changed].tobytes()
    return Response(body, media_type=BINARY, headers=headers)


def all_colours(bench: Bench) -> UInt8[np.ndarray, " n"]:
    """The class of each item, given or suggested; reserved items without a label stay blind."""
    session = bench.session
    given, steered, known = session.given(), session.steered, session.known
    shown = np.full(len(session.items), NO_COLOUR, np.int64)
    said = None if known is None else probabilities_for(known, steered)
    if said is not None and known is not None and steered is not None:
        number = {name: at for at, name in enumerate(given.classes)}
        places = [number.get(name, NO_COLOUR) for name in steered.given.classes]
        shown[known.places] = np.array(places)[ONE_OF_K.decide(said)]
    shown[given.reserve] = NO_COLOUR
    labelled = given.labels >= 0
    shown[labelled] = given.labels[labelled]
    return np.where(shown < MOST_COLOURS, shown, NO_COLOUR).astype(np.uint8)
