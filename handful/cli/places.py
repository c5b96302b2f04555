"""Places that a command will write to, looked at before the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from handful.errors import StoreError
from handful.system.whole_file import why_not_writable

MODEL_START = b"PK\x03\x04"
REPORT_MARK = b'<meta name="generator" content="handful">'
HEAD_BYTES = 4096


def check_place(path: str | Path, what: str, *, ours: Callable[[bytes], bool], option: str) -> Path:
    """The place as a path, if a file can be written there and none of somebody else's is there.

    Args:
        path: where the file is to be.
        what: what will be written there, as a subject: "The report".
        ours: tells from its first bytes whether a file that is there already is such a one.
        option: by which another place is given.
    Raises:
        StoreError: it cannot be written, or another kind of file is there.
    """
    place = Path(path)
    why = why_not_writable(place)
    if not why and place.exists():
        with place.open("rb") as file:
            start = file.read(HEAD_BYTES)
        if start and not ours(start):
            why = "there is a file of another kind; it was left alone"
    if why:
        raise StoreError(
            f"{what} could not be written, so nothing was begun.",
            found=f"{path} ({why})",
            expected="a place that can be written",
            attempt=f"another place: {option}",
        )
    return place


def check_model(path: str | Path) -> Path:
    """The place for a model; see `check_place`."""
    return check_place(
        path, "The model", ours=lambda start: start.startswith(MODEL_START), option="-o MODEL"
    )


def check_report(path: str | Path) -> Path:
    """The place for a report; see `check_place`."""
    return check_place(
        path, "The report", ours=lambda start: REPORT_MARK in start, option="--report PAGE"
    )
