"""Answers in a file: CSV and TSV for spreadsheets, JSON Lines and Parquet for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from handful.cli.places import check_place
from handful.errors import SettingError, StoreError
from handful.system.spreadsheet import MARK, guarded
from handful.system.whole_file import write_whole

if TYPE_CHECKING:
    from handful.bundle.predict import Prediction

ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")
COLUMNS = ("path", "answer", "label", "probability", "set", "why", "error")


def check_answers(path: str) -> Path:
    """The place for the answers, looked at before the work.

    Raises:
        SettingError: the name ends in nothing that can be written.
        StoreError: it cannot be written, or something else is in the place.
    """
    place = Path(path)
    if place.suffix.lower() not in ENDINGS:
        raise SettingError(
            "The answers cannot be written in this form.",
            found=path,
            expected="a name that ends in " + ", ".join(ENDINGS),
            attempt="handful predict MODEL PATH -o answers.csv",
        )
    return check_place(place, "The answers", ours=_starts_ours(place), option="-o FILE")


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


def _starts_ours(place: Path) -> Callable[[bytes], bool]:
    """Whether a file of this ending begins as answers of an earlier run do."""
    starts = {
        ".csv": MARK.encode() + ",".join(COLUMNS).encode(),
        ".tsv": MARK.encode() + "\t".join(COLUMNS).encode(),
        ".jsonl": b'{"path": ',
        ".parquet": b"PAR1",
    }

    def ours(start: bytes) -> bool:
        if not start.startswith(starts[place.suffix.lower()]):
            return False
        if place.suffix.lower() != ".parquet":
            return True
        content = place.read_bytes()  # names of columns stand at a Parquet file's end
        return all(one.encode() in content for one in COLUMNS)

    return ours


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
    return guarded(text.encode("utf-8", "backslashreplace").decode())


def _table(answers: Sequence[Prediction], separator: str) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(cell) for cell in _row(one)] for one in answers)
    return (MARK + stream.getvalue()).encode()


def _parquet(answers: Sequence[Prediction]) -> bytes:
    from handful.datasets.sheets.parquet_writer import parquet

    rows = [[c.encode("utf-8", "backslashreplace").decode() for c in _row(o)] for o in answers]
    return parquet(COLUMNS, rows, numbers=("probability",))
