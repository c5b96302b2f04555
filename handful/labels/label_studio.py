"""Labels as Label Studio's JSON: a list of tasks, each with an image and its annotations.

The labelling interface that goes with it has one `<Choices name="label" toName="image">` over an
`<Image name="image" value="$image"/>`. Annotators are numbers there; ours are names, which travel
in the task's `meta.annotators`, in the order of its annotations. "Unsure" is one cancelled. What
several of them amount to stands in `meta.consensus`; `meta.missing` says that the picture is gone.

Source: labelstud.io/guide/task_format; both JSON and JSON-MIN are read, JSON is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from handful.labels.row import Row, row_of_one_class, seconds_of


def write(rows: Iterable[Row]) -> str:
    """Tasks as Label Studio imports them, one for each path."""
    tasks: dict[str, dict[str, Any]] = {}
    for row in rows:
        new = {"data": {"image": row.path}, "annotations": [], "meta": {"annotators": []}}
        task = tasks.setdefault(row.path, new)
        task["annotations"].append(_annotation(row))
        task["meta"]["annotators"].append(row.annotator)
        if row.missing:
            task["meta"]["missing"] = True
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


def read(tasks: list[Any]) -> Iterator[tuple[str, Row | str]]:
    """Rows of an export's tasks; annotations that are no choice of one class are named as bad."""
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
        yield _row(address, annotation, own if isinstance(own, str) else "")


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
    time = seconds_of(annotation.get("created_at"))
    if annotation.get("was_cancelled") and not choices:
        return Row(path, "", annotator, "", time)
    return row_of_one_class(path, choices, annotator=annotator, time=time)


def _choices(result: dict[str, Any]) -> list[Any]:
    value = result.get("value")
    choices = value.get("choices") if isinstance(value, dict) else None
    return choices if isinstance(choices, list) else []


def _minimal(task: dict[str, Any]) -> Row | str:
    """A task of JSON-MIN: the names of the interface's tags are its keys."""
    address = next((task[name] for name in ("image", "img", "photo") if name in task), None)
    choice = task.get("label", task.get("choice"))
    if not isinstance(address, str):
        return "no image, or no annotations"
    if isinstance(choice, dict):
        choice = choice.get("choices")
    names = choice if isinstance(choice, list) else [choice]
    annotator, time = _annotator(task.get("annotator")), seconds_of(task.get("created_at"))
    return row_of_one_class(address, names, annotator=annotator, time=time)


def _annotator(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("email") or value.get("id")
    return "" if value is None else str(value)
