"""Labels as CSV and as JSON Lines. Reading gives (place, row) or (place, what is wrong)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from handful.errors import SettingError
from handful.items.label_names import label_name
from handful.labels.row import Row, seconds_of
from handful.system.spreadsheet import MARK, guarded, unguarded

COLUMNS = ("path", "label", "annotator", "source", "time")
CROWD = ("consensus", "consensus_quality", "annotator_quality")  # only where there is a consensus

MISSING = "missing"  # only where the item of a label is not in the data any more

# What others call the columns; one that is there under our name is not renamed.
ALIASES = {
    **dict.fromkeys(("image", "file", "filename", "file_name", "filepath", "file_path"), "path"),
    **dict.fromkeys(("choice", "class", "class_name", "category"), "label"),
    "created_at": "time",
}


def write_csv(rows: Iterable[Row]) -> str:
    """A table with a line of names; times in ISO 8601, UTC; qualities of annotators as JSON.

    Spreadsheets open it as it is: it begins with the mark of UTF-8, and no cell is a formula.
    """
    rows = list(rows)
    is_crowd = any(row.consensus is not None for row in rows)
    any_missing = any(row.missing for row in rows)
    text = io.StringIO()
    text.write(MARK)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *CROWD * is_crowd, *(MISSING,) * any_missing))
    for row in rows:
        cells = [row.path, row.label, row.annotator, row.source, _iso(row.time)]
        if is_crowd:
            said = _crowd(row)
            qualities = said.get("annotator_quality")
            cells += [said.get("consensus", ""), said.get("consensus_quality", "")]
            cells.append(json.dumps(qualities, ensure_ascii=False) if qualities else "")
        if any_missing:
            cells.append("yes" if row.missing else "")
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()


def read_csv(text: str) -> Iterator[tuple[str, Row | str]]:
    """Rows of a table that says which picture is of which class; other columns are passed over.

    The columns are ours (path, label, annotator, source, time) or those of Label Studio's CSV
    (image, choice or label, annotator, created_at), parted by commas, semicolons or tabs.

    Raises:
        ValueError: there is no such line of names.
    """
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    text, head = text.removeprefix(MARK), head.removeprefix(MARK)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = [name.strip().casefold() for name in next(reader, [])]
    for at, name in enumerate(names):
        if (ours := ALIASES.get(name)) and ours not in names:
            names[at] = ours
    if not {"path", "label"} <= set(names):
        raise ValueError(f"the first line is {head.strip()!r}, without path and label")
    try:
        for cells in reader:
            place = f"line {reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(names):
                yield place, f"{len(cells)} cells where the first line has {len(names)}"
            else:
                yield place, row_from(dict(zip(names, map(unguarded, cells), strict=True)))
    except csv.Error as error:
        yield f"line {reader.line_num}", f"{error}; nothing after it was read"


def write_json_lines(rows: Iterable[Row]) -> str:
    """One JSON object a line."""
    lines = []
    for row in rows:
        plain = (row.path, row.label, row.annotator, row.source, _iso(row.time))
        fields = dict(zip(COLUMNS, plain, strict=True)) | _crowd(row)
        if row.missing:
            fields[MISSING] = True
        lines.append(json.dumps(fields, ensure_ascii=False) + "\n")
    return "".join(lines)


def _crowd(row: Row) -> dict[str, Any]:
    """The fields of a consensus; none where there is none."""
    if row.consensus is None:
        return {}
    one = row.consensus
    return dict(zip(CROWD, (one.label, one.quality, dict(one.annotators)), strict=True))


def read_json_lines(text: str) -> Iterator[tuple[str, Row | str]]:
    """Rows of objects that have at least path and label."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            yield f"line {number}", f"not JSON ({error.msg} at character {error.pos + 1})"
            continue
        place = f"line {number}"
        if not isinstance(fields, dict):
            yield place, f"a {type(fields).__name__}, not an object"
        else:
            yield place, row_from(fields)


def row_from(fields: dict[str, Any]) -> Row | str:
    """A row from named fields, or what is wrong with them. An empty label means "unsure"."""
    if missing := [name for name in ("path", "label") if name not in fields]:
        return f"no {' and no '.join(missing)}"
    texts = {name: fields.get(name) or "" for name in COLUMNS if name != "label"}
    for name, value in texts.items():
        if not isinstance(value, str):
            return f"{name} is {value!r}, not a text"
    if not texts["path"].strip():
        return "the path is empty"
    time = seconds_of(texts["time"])
    if time is None and texts["time"]:
        return f"the time {texts['time']!r} is not of the form 2031-05-17T09:30:00+00:00"
    try:
        label = label_name(fields["label"]) or ""
    except SettingError as error:
        return f"the label is {error.found}"
    if label.startswith('{"choices"'):
        return f"several classes where one is needed: {label}"
    return Row(texts["path"], label, texts["annotator"].strip(), texts["source"], time)


def _iso(time: float | None) -> str:
    return "" if time is None else datetime.fromtimestamp(time, UTC).isoformat()
