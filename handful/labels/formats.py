"""Labels in and out, in the format that the file's ending and content name.

    with Ledger(path) as ledger:
        write_labels(rows_of(ledger.state), Path("labels.csv"))
        reading = read_labels(Path("labels.csv"), items=paths)

Bad rows are set aside and named; the rest goes on. What one format looks like is in a file of its
own: `tabular.py`, `label_studio.py`, `pictures_json.py`, `xml.py`; which item an address means,
in `matching.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from handful.errors import DataError, SettingError
from handful.items.item import Quarantined
from handful.labels import label_studio, pictures_json, tabular, xml
from handful.labels.event import Mark
from handful.labels.matching import match
from handful.labels.row import Row
from handful.labels.state import State

F = TypeVar("F")
READ = (
    ".csv or .tsv and .jsonl with path and label, .json of Label Studio, COCO or FiftyOne,"
    " .xml of CVAT or Pascal VOC"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file of labels held: good rows in order, and the bad ones with what is wrong."""

    rows: tuple[Row, ...]
    rejected: tuple[Quarantined, ...]


def _read_json(text: str) -> Iterable[tuple[str, Row | str]]:
    """A list is Label Studio's; an object is COCO's or FiftyOne's."""
    document = json.loads(text)
    if isinstance(document, list):
        return label_studio.read(document)
    if isinstance(document, dict):
        return pictures_json.read(document)
    raise ValueError(f"a {type(document).__name__}, not a list of tasks or an object")


READERS: dict[str, Callable[[str], Iterable[tuple[str, Row | str]]]] = {
    ".csv": tabular.read_csv,
    ".tsv": tabular.read_csv,
    ".jsonl": tabular.read_json_lines,
    ".json": _read_json,
    ".xml": xml.read,
}
WRITERS: dict[str, Callable[[Iterable[Row]], str]] = {
    ".csv": tabular.write_csv,
    ".jsonl": tabular.write_json_lines,
    ".json": label_studio.write,
}


def rows_of(state: State, *, votes: bool = False) -> list[Row]:
    """The labels of a ledger, sorted by path.

    Args:
        state: of the ledger.
        votes: one row for each annotator's answer; otherwise one for each item whose class is
            settled, which is the table that `handful train` takes.
    """
    if votes:
        answers = (e for item in sorted(state.verdicts) for e in state.answers(item))
        return [
            Row(e.item, state.name_of(e.label) if e.label else "", e.annotator, e.source, e.time)
            for e in answers
        ]
    return [
        Row(item, v.label, v.event.annotator, v.event.source, v.event.time)
        for item, v in sorted(state.verdicts.items())
        if v.label is not None
    ]


def write_labels(rows: Iterable[Row], path: Path) -> None:
    """Write rows in the format that the file's ending names.

    Raises:
        SettingError: the ending is none of .csv, .jsonl, .json (Label Studio).
    """
    text = _by_ending(WRITERS, path, ".csv, .jsonl, or .json (Label Studio)")(rows)
    path.write_text(text, encoding="utf-8", newline="")


def read_labels(path: Path, *, items: Collection[str] | None = None) -> Reading:
    """Read the rows of a file, setting bad ones aside.

    A row is bad when it cannot be understood, means no item of `items` or one of several, or
    contradicts an earlier row of the same annotator. An empty label means "unsure".

    Args:
        path: the file, whose ending names the format, or a folder of Pascal VOC's XML files.
        items: paths that exist, to which addresses are matched by their longest common end;
            None: any path will do.
    Raises:
        SettingError: the ending names no format that is read.
        DataError: the file as a whole cannot be read.
    """
    found = [
        (f"{file.name}, {place}", row) for file in _files(path) for place, row in _read_file(file)
    ]
    rows: list[Row] = []
    rejected: list[Quarantined] = []
    said: dict[tuple[str, str], str] = {}
    addresses = [row.path for _, row in found if isinstance(row, Row)]
    meant = dict(zip(addresses, addresses, strict=True)) if items is None else match(
        addresses, items)  # fmt: skip
    for place, row in found:
        if isinstance(row, str):
            rejected.append(Quarantined(place, row))
            continue
        item = meant[row.path]
        if items is not None and item == "unknown":
            why = f"no item is called {row.path!r}"
        elif items is not None and item == "ambiguous":
            why = f"{row.path!r} may be any of several items"
        elif said.setdefault((item, row.annotator), row.label) != row.label:
            why = f"{item!r} was {said[item, row.annotator]!r} in an earlier row"
        else:
            rows.append(Row(item, row.label, row.annotator, row.source, row.time))
            continue
        rejected.append(Quarantined(place, why))
    return Reading(tuple(rows), tuple(rejected))


def _files(path: Path) -> list[Path]:
    """The file itself, or a folder's XML files."""
    if not path.is_dir():
        return [path]
    files = sorted(path.glob("*.xml"))
    if not files:
        raise DataError(
            "The folder holds no labels that can be read.",
            found=f"{path}, without a file that ends in .xml",
            expected="a file of labels, or a folder of Pascal VOC's XML files",
            attempt="name the file itself",
        )
    return files


def _read_file(path: Path) -> list[tuple[str, Row | str]]:
    reader = _by_ending(READERS, path, READ)
    try:
        return list(reader(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise DataError(
            "The labels cannot be read.",
            found=f"{path} ({error})",
            expected=f"UTF-8 text: {READ}",
            attempt="export the file anew, or look at it in an editor",
        ) from error


def marks_of(reading: Reading, *, by: str) -> dict[str, list[Mark]]:
    """Annotator to what they say, in the order of the rows; `by` where the file does not say who.

    A label keeps the time that the file gives.
    """
    gestures: dict[str, list[Mark]] = {}
    for row in reading.rows:
        mark = Mark(
            item=row.path,
            label=row.label,
            kind="label" if row.label else "unsure",
            source="import",
            time=row.time,
        )
        gestures.setdefault(row.annotator or by, []).append(mark)
    return gestures


def _by_ending(table: dict[str, F], path: Path, expected: str) -> F:
    try:
        return table[path.suffix.lower()]
    except KeyError:
        raise SettingError(
            "The file's ending does not name a format for labels.",
            found=str(path),
            expected=expected,
            attempt="another ending",
        ) from None
