"""Writes the report: one HTML file that needs no server and no network.

What the page shows is `payload.py`'s; how it is folded into one file, `pack.py`'s.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from handful.errors import DataError, StoreError
from handful.items.item import Item
from handful.review import pack
from handful.review.payload import Payload
from handful.review.review import Review
from handful.review.wording import printable
from handful.system.whole_file import write_whole

MAX_BYTES = 12_000_000  # goes through most mail servers, and opens in about a second
HEAD_BYTES = 4_096  # of a page, in which the model's identity stands
MAX_THUMBNAILS = 4_000
MAX_PREVIEWS = 160
PREVIEW_SHARE = 0.5  # of the room for pictures: few, but the ones that are looked at longest

Thumbnail = Callable[[Item], bytes | None]


def write_report(
    review: Review, path: Path, *, thumbnail: Thumbnail, preview: Thumbnail | None = None
) -> None:
    """Write the report page of `review` to `path`, whole or not at all.

    Pictures are embedded in the order in which a reader wants them (errors, suspects, duplicates,
    then a random choice of the rest) until the file would pass 12 MB; the page says its weight and
    how many were left out.

    Args:
        review: what the page shows.
        path: the file to write; one that is there is replaced.
        thumbnail: an item's small picture as JPEG, WebP or PNG, or None where there is none.
        preview: a larger one, asked for the worst errors and suspects alone.
    Raises:
        StoreError: the file cannot be written.
    """
    _write(path, render(review, thumbnail=thumbnail, preview=preview))


def render(review: Review, *, thumbnail: Thumbnail, preview: Thumbnail | None = None) -> bytes:
    """The page itself, UTF-8."""
    payload = Payload(review)
    data = _embedded(payload.data)
    room = MAX_BYTES - len(pack.template().encode()) - len(data)
    small: dict[int, str] = {}
    large: dict[int, str] = {}
    if preview is not None:
        most = payload.wanted[:MAX_PREVIEWS]
        room -= _collect(review, payload, most, preview, int(room * PREVIEW_SHARE), large)
    room -= _collect(review, payload, payload.wanted[:MAX_THUMBNAILS], thumbnail, room, small)
    pictures = {"thumbnails": small, "previews": large, "weight": MAX_BYTES - room}
    words = html.escape(str(payload.data["headline"]))
    page = pack.filled(
        {
            "TITLE": html.escape(printable(review.name)),
            "MODEL": html.escape(review.model),
            "NOSCRIPT": words,
            "DATA": data,
            "PICTURES": _embedded(pictures),
        }
    )
    return page.encode("utf-8")


def _collect(
    review: Review,
    payload: Payload,
    wanted: Sequence[int],
    picture: Thumbnail,
    room: int,
    into: dict[int, str],
) -> int:
    """Embed the pictures wanted until `room` bytes are used; returns how many were."""
    used = 0
    for i in wanted:
        content = picture(review.items[i])
        if content is None:
            continue
        text = f"data:{_media_type(content)};base64,{base64.b64encode(content).decode('ascii')}"
        if used + len(text) > room:
            break
        used += len(text) + 12
        into[payload.places([i])[0]] = text
    return used


def _media_type(content: bytes) -> str:
    if content.startswith(b"\xff\xd8"):
        return "image/jpeg"
    if content.startswith(b"RIFF"):
        return "image/webp"
    return "image/png"


def _embedded(value: object) -> str:
    """JSON that is safe inside a script element: no `<` can begin a tag or end the element.

    ASCII alone, so that a file name that is not UTF-8 (a lone surrogate) survives as an escape.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise StoreError(
            "The report cannot be written.",
            found=f"{path} ({error.strerror or error})",
            expected="a folder that can be written, with room for about 12 MB",
            attempt="--report PAGE with a place that can be written",
        ) from error


def find_report(model: Path, identity: str) -> Path:
    """The page beside a model file that speaks of it; known by what stands in it, not by name.

    Args:
        model: place of the model file.
        identity: of the model.
    Raises:
        DataError: no page beside it speaks of this model.
    """
    folder = model.resolve().parent
    mark = f'<meta name="handful-model" content="{identity}">'.encode()
    for page in sorted(folder.glob("*.html")):
        with page.open("rb") as file:
            if mark in file.read(HEAD_BYTES):
                return page
    raise DataError(
        "There is no report of this model beside it.",
        found=f"{printable(str(folder))} holds no page that was written with {model.name}",
        expected="the page that `handful train` wrote, in the model's folder",
        attempt="handful train DATA -o MODEL writes both anew",
    )
