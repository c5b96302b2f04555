"""Labels in and out: CSV, JSON Lines and Label Studio's JSON, chosen by the file's ending.

    with Ledger(path) as ledger:
        write_labels(rows_of(ledger.state), Path("labels.csv"))
        reading = read_labels(Path("labels.csv"), items=paths)
        import_labels(ledger, reading, by="ann")

Bad rows are set aside and named; the rest goes on. What one format looks like is in a file of its
own: `tabular.py`, `label_studio.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from handful.errors import DataError, SettingError
from handful.items.item import Quarantined
from handful.labels import label_studio, tabular
from handful.labels.event import Mark
from handful.labels.ledger import Ledger, Receipt
from handful.labels.row import Row
from handful.labels.state import State

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file of labels held: good rows in order, and the bad ones with what is wrong."""

    rows: tuple[Row, ...]
    rejected: tuple[Quarantined, ...]


READERS: dict[str, Callable[[str], Iterable[tuple[str, Row | str]]]] = {
    ".csv": tabular.read_csv,
    ".jsonl": tabular.read_json_lines,
    ".json": label_studio.read,
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
    text = _by_ending(WRITERS, path)(rows)
    path.write_text(text, encoding="utf-8", newline="")


def read_labels(path: Path, *, items: Collection[str] | None = None) -> Reading:
    """Read the rows of a file, setting bad ones aside.

    A row is bad when it cannot be understood, names no item of `items`, or contradicts an earlier
    row of the same annotator. An empty label means "unsure". Label Studio's addresses (uploads,
    local files) are matched to `items` by the longest common end.

    Args:
        path: the file; its ending names the format.
        items: paths that exist; None: any path will do.
    Raises:
        SettingError: the ending is none of .csv, .jsonl, .json (Label Studio).
        DataError: the file as a whole cannot be read.
    """
    reader = _by_ending(READERS, path)
    try:
        found = list(reader(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise DataError(
            "The labels cannot be read.",
            found=f"{path} ({error})",
            expected="UTF-8 text: CSV or JSON Lines with path and label, or Label Studio's JSON",
            attempt="export the file anew, or look at it in an editor",
        ) from error
    rows: list[Row] = []
    rejected: list[Quarantined] = []
    said: dict[tuple[str, str], str] = {}
    places = None if items is None else _Places(items)
    for place, row in found:
        why = row if isinstance(row, str) else ""
        if not isinstance(row, str):
            item = row.path if places is None else places.find(row.path)
            if item is None:
                why = f"no item is called {row.path!r}"
            elif said.setdefault((item, row.annotator), row.label) != row.label:
                why = f"{item!r} was {said[item, row.annotator]!r} in an earlier row"
            else:
                rows.append(Row(item, row.label, row.annotator, row.source, row.time))
        if why:
            rejected.append(Quarantined(f"{path.name}, {place}", why))
    return Reading(tuple(rows), tuple(rejected))


def import_labels(ledger: Ledger, reading: Reading, *, by: str) -> list[Receipt]:
    """Write a reading into the ledger: one gesture for each annotator, who can undo it.

    Rows without an annotator are taken to be `by`'s.
    """
    gestures: dict[str, list[Mark]] = {}
    for row in reading.rows:
        kind = "label" if row.label else "unsure"
        mark = Mark(item=row.path, label=row.label, kind=kind, source="import")  # type: ignore[arg-type]
        gestures.setdefault(row.annotator or by, []).append(mark)
    return [ledger.record(marks, by=annotator) for annotator, marks in gestures.items()]


class _Places:
    """Finds the item that an address means: the path itself, or the one item it ends with."""

    def __init__(self, items: Collection[str]) -> None:
        self._items = frozenset(items)
        self._by_name: dict[str, list[str]] = {}
        for item in items:
            self._by_name.setdefault(item.rpartition("/")[2], []).append(item)

    def find(self, address: str) -> str | None:
        if address in self._items:
            return address
        name = address.rpartition("/")[2]
        uploaded = name.partition("-")[2]  # Label Studio puts eight letters before an upload's name
        for candidate in (name, uploaded):
            matches = self._by_name.get(candidate, [])
            exact = [item for item in matches if address.endswith(f"/{item}")]
            if len(exact or matches) == 1:
                return (exact or matches)[0]
        return None


def _by_ending(table: dict[str, F], path: Path) -> F:
    try:
        return table[path.suffix.lower()]
    except KeyError:
        raise SettingError(
            "The file's ending does not name a format for labels.",
            found=str(path),
            expected=".csv, .jsonl, or .json (Label Studio)",
            attempt="another ending",
        ) from None
