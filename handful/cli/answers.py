"""Answers in a file: CSV and TSV for spreadsheets, JSON Lines and Parquet for programs."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handful.errors import SettingError, StoreError
from handful.whole_file import write_whole

if TYPE_CHECKING:
    from handful.bundle.predict import Prediction

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")
COLUMNS = ("path", "answer", "label", "probability", "set", "why", "error")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")  # the last, so that the mark can be taken off


def check_answers(path: str) -> Path:
    """The place for the answers, looked at before the work.

    Raises:
        SettingError: the name ends in nothing that can be written.
        StoreError: the folder is not there or cannot be written, or something else is in the place.
    """
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise SettingError(
            "The answers cannot be written in this form.",
            found=path,
            expected="a name that ends in " + ", ".join(ENDINGS),
            attempt="handful predict MODEL PATH -o answers.csv",
        )
    folder = place.parent
    why = ""
    if place.is_dir():
        why = "there is a folder of that name"
    elif not folder.is_dir():
        why = "its folder is not there"
    elif not os.access(folder, os.W_OK):
        why = "its folder cannot be written"
    elif place.exists() and not _ours(place):
        why = "there is a file that holds no answers; it was left alone"
    if why:
        raise StoreError(
            "The answers cannot be written; nothing was asked yet.",
            found=f"{path} ({why})",
            expected="a folder that can be written",
            attempt="another place: -o FILE",
        )
    return place


def write_answers(answers: Sequence[Prediction], place: Path) -> None:
    """Write one row an answer, whatever its path holds; the file is there whole or not at all.

    Raises:
        StoreError: the place cannot be written, or is full.
    """
    kind = place.suffix.lower()
    try:
        if kind == ".parquet":
            content = _parquet(answers)
        elif kind == ".jsonl":
            content = b"".join(json.dumps(one.to_json()).encode() + b"\n" for one in answers)
        else:
            content = _table(answers, "," if kind == ".csv" else "\t")
        write_whole(place, content)
    except OSError as error:
        raise StoreError(
            "The answers could not be written.",
            found=f"{place} ({error.strerror or error})",
            expected="a place that can be written, with room",
            attempt="another place: -o FILE",
        ) from error


def _ours(place: Path) -> bool:
    """Whether a file that is there holds answers of an earlier run, or nothing."""
    content = place.read_bytes()
    starts = {
        ".csv": b"\xef\xbb\xbf" + ",".join(COLUMNS).encode(),
        ".tsv": b"\xef\xbb\xbf" + "\t".join(COLUMNS).encode(),
        ".jsonl": b'{"path": ',
        ".parquet": b"PAR1",
    }
    if not content.startswith(starts[place.suffix.lower()]):
        return not content
    return place.suffix.lower() != ".parquet" or all(one.encode() in content for one in COLUMNS)


def _row(one: Prediction) -> list[str]:
    known = not one.error
    return [
        one.path,
        "" if not known else "cannot say" if one.abstained else one.label or "",
        one.label or "",
        f"{one.probability:.6g}" if known else "",
        json.dumps(list(one.set), ensure_ascii=False) if known else "",
        one.why,
        one.error,
    ]


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula; the apostrophe in front is ours to take off."""
    safe = text.encode("utf-8", "backslashreplace").decode()
    return f"'{safe}" if safe.startswith(_FORMULA) else safe


def _table(answers: Sequence[Prediction], separator: str) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(cell) for cell in _row(one)] for one in answers)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()  # the mark by which Excel knows UTF-8


def _parquet(answers: Sequence[Prediction]) -> bytes:
    from handful.items.sheets.parquet_writer import parquet

    rows = [[c.encode("utf-8", "backslashreplace").decode() for c in _row(o)] for o in answers]
    return parquet(COLUMNS, rows, numbers=("probability",))
