"""Labels as CSV and as JSON Lines. Reading gives (place, row) or (place, what is wrong)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from handful.labels.row import Row

COLUMNS = ("path", "label", "annotator", "source", "time")
CROWD = ("consensus", "consensus_quality", "annotator_quality")  # only where there is a consensus


def write_csv(rows: Iterable[Row]) -> str:
    """A table with a line of names; times in ISO 8601, UTC; qualities of annotators as JSON."""
    rows = list(rows)
    is_crowd = any(row.consensus is not None for row in rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, *CROWD) if is_crowd else COLUMNS)
    for row in rows:
        cells = [row.path, row.label, row.annotator, row.source, _iso(row.time)]
        if is_crowd:
            said = _crowd(row)
            qualities = said.get("annotator_quality")
            cells += [said.get("consensus", ""), said.get("consensus_quality", "")]
            cells.append(json.dumps(qualities, ensure_ascii=False) if qualities else "")
        writer.writerow(cells)
    return text.getvalue()


def read_csv(text: str) -> Iterator[tuple[str, Row | str]]:
    """Rows of a table that has at least the columns path and label; others are passed over.

    Raises:
        ValueError: there is no such line of names.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names = next(reader, [])
    if not {"path", "label"} <= set(names):
        raise ValueError(f"the first line is {','.join(names)!r}, without path and label")
    try:
        for cells in reader:
            place = f"line {reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(names):
                yield place, f"{len(cells)} cells where the first line has {len(names)}"
            else:
                yield place, row_from(dict(zip(names, cells, strict=True)))
    except csv.Error as error:
        yield f"line {reader.line_num}", f"{error}; nothing after it was read"


def write_json_lines(rows: Iterable[Row]) -> str:
    """One JSON object a line."""
    lines = []
    for row in rows:
        plain = (row.path, row.label, row.annotator, row.source, _iso(row.time))
        fields = dict(zip(COLUMNS, plain, strict=True)) | _crowd(row)
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
    """A row from named fields, or what is wrong with them."""
    if missing := [name for name in ("path", "label") if name not in fields]:
        return f"no {' and no '.join(missing)}"
    texts = {name: fields.get(name) or "" for name in COLUMNS}
    for name, value in texts.items():
        if not isinstance(value, str):
            return f"{name} is {value!r}, not a text"
    if not texts["path"].strip():
        return "the path is empty"
    try:
        time = datetime.fromisoformat(texts["time"]).timestamp() if texts["time"] else None
    except ValueError:
        return f"the time {texts['time']!r} is not of the form 2031-05-17T09:30:00+00:00"
    label, annotator = texts["label"].strip(), texts["annotator"].strip()
    return Row(texts["path"], label, annotator, texts["source"], time)


def _iso(time: float | None) -> str:
    return "" if time is None else datetime.fromtimestamp(time, UTC).isoformat()
