"""The page's own files, the door with the token, the session, the items and their pictures."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath

from handful.workbench.guard import cookie_name, is_token
from handful.workbench.problems import NotThereError, WrongTokenError
from handful.workbench.routes.asking import Annotator, BenchOf, item_of
from handful.workbench.schemas import ItemsOut, Nothing, SessionOut
from handful.workbench.summary import summary

router = APIRouter()
STATIC = Path(__file__).parents[1] / "static"
HOUSE = Path(__file__).parents[2] / "review" / "page"
SHARED = frozenset({"dom.js", "numbers.js", "theme.js", "look.css"})
ONWARDS = '<!doctype html><meta http-equiv="refresh" content="0; url=./">'
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


@router.get("/open", response_class=Response)
def open_page(
    request: Request,
    bench: BenchOf,
    token: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Take the token that the terminal printed, and give the cookie for it.

    Through a tunnel the cookie is for encrypted connections and for the tunnel's own path alone:
    other servers may lie behind the same host.
    """
    if not is_token(token, bench.token):
        raise WrongTokenError(
            "The token is not that of this workbench.",
            found="an old address, perhaps of an earlier start",
            expected="the address that the terminal shows now",
            attempt="open the address printed in the terminal",
        )
    if request.headers.get("sec-fetch-site") == "cross-site":
        # A redirect would count as the other site's, and the strict cookie would not be sent.
        response = Response(ONWARDS, media_type=KINDS[".html"])
    else:
        response = Response(status_code=303, headers={"Location": "./"})
    at, host = bench.at, request.headers.get("host", "").lower()
    is_tunnel = at is not None and host.removesuffix(":443") == at.host
    response.set_cookie(
        cookie_name(bench.port),
        token,
        httponly=True,
        samesite="strict",
        path=f"{at.prefix}/" if at is not None and is_tunnel else "/",
        secure=at is not None and is_tunnel and at.scheme == "https",
        max_age=2**31,
    )
    return response


@router.get("/", response_class=Response)
def index(request: Request) -> Response:
    """The page."""
    return _file(request, STATIC, "index.html")


@router.get("/static/{path:path}", response_class=Response)
def static(request: Request, path: str) -> Response:
    """A file of the page."""
    return _file(request, STATIC, path)


@router.get("/house/{name}", response_class=Response)
def house(request: Request, name: str) -> Response:
    """One of the files that the page shares with the report."""
    if name not in SHARED:
        raise _not_there(name)
    return _file(request, HOUSE, name)


@router.get("/api/session")
def session(bench: BenchOf, by: Annotator) -> SessionOut:
    """All that the page shows but pictures and labels."""
    return summary(bench, by)


@router.get("/api/items")
def items(bench: BenchOf) -> ItemsOut:
    """All items, in the order in which they are numbered."""
    return ItemsOut(
        paths=[item.path for item in bench.session.items],
        groups=[item.group for item in bench.session.items],
    )


@router.post("/api/fit")
def fit(_: Nothing, bench: BenchOf, by: Annotator) -> SessionOut:
    """Fit now, whether or not anything has changed."""
    bench.fitting.wake()
    return summary(bench, by)


@router.get("/pictures/{item}", response_class=Response)
def picture(
    request: Request,
    bench: BenchOf,
    item: Annotated[int, InPath(ge=0)],
    side: Literal["128", "480", "1600"] = "480",
) -> Response:
    """An item's picture as WebP, its longer side at most `side` pixels."""
    at = item_of(bench, item)
    bench.see_file(at)
    data, content = bench.pictures.get(at, int(side))
    return _tagged(request, data, f"{content}-{side}", "image/webp")


@router.get("/pictures/{item}/full", response_class=Response)
def full_picture(request: Request, bench: BenchOf, item: Annotated[int, InPath(ge=0)]) -> Response:
    """An item's picture at its full size: an image file, or of more than 8 bits, 16-bit codes.

    The codes are little-endian, row by row, `X-Width` by `X-Height` by `X-Channels`; a value is
    `X-Lowest` + `X-Step` times its code; at first `X-Black` to `X-White` is shown; `X-Shrunk` is
    the factor by which a very large picture was averaged down.
    """
    at = item_of(bench, item)
    tag = f"{bench.see_file(at)}-full"
    if request.headers.get("if-none-match") == f'"{tag}"':
        return _tagged(request, b"", tag, "")
    whole = bench.pictures.full(at)
    answer = _tagged(request, whole.data, tag, whole.kind)
    answer.headers.update({} if whole.depth is None else whole.depth.headers())
    return answer


def _file(request: Request, folder: Path, name: str) -> Response:
    path = (folder / name).resolve()
    kind = KINDS.get(path.suffix)
    if kind is None or not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise _not_there(name)
    data = path.read_bytes()
    return _tagged(request, data, hashlib.blake2b(data, digest_size=16).hexdigest(), kind)


def _tagged(request: Request, data: bytes, tag: str, kind: str) -> Response:
    """The browser keeps it, and asks each time whether it is still the same."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)


def _not_there(name: str) -> NotThereError:
    return NotThereError(
        "There is no such page.",
        found=name[:200],
        expected="an address of the page",
        attempt="open the address printed in the terminal",
    )
