"""Labels as Label Studio's JSON: a list of tasks, each with an image and its annotations.

The labelling interface that goes with it has one `<Choices name="label" toName="image">` over an
`<Image name="image" value="$image"/>`. Annotators are numbers there; ours are names, which travel
in the task's `meta.annotators`, in the order of its annotations. "Unsure" is one cancelled. What
several of them amount to stands in `meta.consensus`.

Source: labelstud.io/guide/task_format; both JSON and JSON-MIN are read, JSON is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from handful.labels.row import Row


def write(rows: Iterable[Row]) -> str:
    """Tasks as Label Studio imports them, one for each path."""
    tasks: dict[str, dict[str, Any]] = {}
    for row in rows:
        new = {"data": {"image": row.path}, "annotations": [], "meta": {"annotators": []}}
        task = tasks.setdefault(row.path, new)
        task["annotations"].append(_annotation(row))
        task["meta"]["annotators"].append(row.annotator)
        if row.consensus is not None:
            task["meta"]["consensus"] = {
                "label": row.consensus.label,
                "quality": row.consensus.quality,
                "annotator_quality": dict(row.consensus.annotators),
            }
    return json.dumps(list(tasks.values()), ensure_ascii=False, indent=1) + "\n"


def _annotation(row: Row) -> dict[str, Any]:
    choice = {
        "from_name": "label",
        "to_name": "image",
        "type": "choices",
        "value": {"choices": [row.label]},
    }
    result = {"result": [choice] if row.label else [], "was_cancelled": not row.label}
    if row.time is not None:
        result["created_at"] = datetime.fromtimestamp(row.time, UTC).isoformat()
    return result


def read(text: str) -> Iterator[tuple[str, Row | str]]:
    """Rows of an export; annotations that are no choice of one class are named as bad.

    Raises:
        ValueError: it is not a list of tasks.
    """
    tasks = json.loads(text)
    if not isinstance(tasks, list):
        raise ValueError(f"a {type(tasks).__name__}, not a list of tasks")
    for number, task in enumerate(tasks, 1):
        place = f"task {number}"
        if not isinstance(task, dict):
            yield place, f"a {type(task).__name__}, not an object"
        elif "annotations" in task:
            for row in _rows(task):
                yield place, row
        else:
            yield place, _minimal(task)


def _rows(task: dict[str, Any]) -> Iterator[Row | str]:
    data = task.get("data")
    address = data.get("image") if isinstance(data, dict) else None
    annotations = task["annotations"]
    if not isinstance(address, str) or not isinstance(annotations, list):
        yield "no image, or no list of annotations"
        return
    meta = task.get("meta")
    names = meta.get("annotators", []) if isinstance(meta, dict) else []
    for place, annotation in enumerate(annotations):
        if not isinstance(annotation, dict):
            yield f"annotation {place + 1} is not an object"
            continue
        own = names[place] if isinstance(names, list) and place < len(names) else ""
        yield _row(path_of(address), annotation, own if isinstance(own, str) else "")


def _row(path: str, annotation: dict[str, Any], annotator: str) -> Row | str:
    """One annotation: a choice of one class, or a skipped task."""
    results = annotation.get("result")
    choices = [
        choice
        for result in (results if isinstance(results, list) else [])
        if isinstance(result, dict) and result.get("type") == "choices"
        for choice in _choices(result)
    ]
    annotator = annotator or _annotator(annotation.get("completed_by"))
    time = _time(annotation.get("created_at"))
    if annotation.get("was_cancelled") and not choices:
        return Row(path, "", annotator, "", time)
    if len(choices) != 1 or not isinstance(choices[0], str) or not choices[0].strip():
        return f"{path}: {len(choices)} choices where one class is needed"
    return Row(path, choices[0].strip(), annotator, "", time)


def _choices(result: dict[str, Any]) -> list[Any]:
    value = result.get("value")
    choices = value.get("choices") if isinstance(value, dict) else None
    return choices if isinstance(choices, list) else []


def _minimal(task: dict[str, Any]) -> Row | str:
    """A task of JSON-MIN: the names of the interface's tags are its keys."""
    address, choice = task.get("image"), task.get("label", task.get("choice"))
    if not isinstance(address, str):
        return "no image, or no annotations"
    if not isinstance(choice, str) or not choice.strip():
        return f"{path_of(address)}: no single choice"
    annotator = _annotator(task.get("annotator"))
    return Row(path_of(address), choice.strip(), annotator, "", _time(task.get("created_at")))


def _annotator(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return "" if value is None else str(value)


def _time(value: object) -> float | None:
    try:
        return datetime.fromisoformat(str(value)).timestamp() if value else None
    except ValueError:
        return None  # the label is worth more than its time


def path_of(address: str) -> str:
    """The path inside an address: of a local file, of an upload, of a web address, or itself."""
    parts = urlsplit(address)
    if parts.path.endswith("/data/local-files/") and (given := parse_qs(parts.query).get("d")):
        return given[0]
    if parts.scheme in {"http", "https", "s3", "gs"} or address.startswith("/data/"):
        return unquote(parts.path)
    return address
