"""Labels in COCO's JSON and in FiftyOne's exports, as far as they say what a whole picture is.

COCO names classes of boxes: a picture whose boxes are all of one class is of that class. Of
FiftyOne the two exports that hold classifications are read: `FiftyOneImageClassificationDataset`
(`labels.json`: names of files without their endings) and `FiftyOneDataset` (`samples.json`).

Source: cocodataset.org/#format-data; docs.voxel51.com (export_datasets).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from handful.labels.row import Row, row_of_one_class, seconds_of


def read(document: dict[str, Any]) -> Iterator[tuple[str, Row | str]]:
    """Rows of a COCO file or a FiftyOne export.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(document.get("samples"), list):
        yield from _samples(document["samples"])
    elif isinstance(document.get("images"), list):
        yield from _coco(document)
    elif isinstance(document.get("labels"), dict):
        yield from _classification(document)
    else:
        names = ", ".join(sorted(document)[:5]) or "nothing"
        raise ValueError(f"an object with {names}: neither COCO nor an export of FiftyOne")


def _coco(document: dict[str, Any]) -> Iterator[tuple[str, Row | str]]:
    classes = {one.get("id"): one.get("name") for one in _objects(document.get("categories"))}
    named: dict[object, list[object]] = defaultdict(list)
    for one in _objects(document.get("annotations")):
        named[one.get("image_id")].append(classes.get(one.get("category_id")))
    for number, image in enumerate(_objects(document["images"]), 1):
        path, names = image.get("file_name"), named.get(image.get("id"), [])
        if not isinstance(path, str) or not path.strip():
            yield f"image {number}", "it has no file_name"
        elif names:
            yield f"image {number}", row_of_one_class(path, names)


def _classification(document: dict[str, Any]) -> Iterator[tuple[str, Row | str]]:
    classes = document.get("classes")
    for path, label in document["labels"].items():
        if isinstance(label, dict):
            label = label.get("label")
        if label is None:
            continue  # a picture without a label was not annotated
        if isinstance(label, int) and isinstance(classes, list):
            names = classes[label : label + 1] if label >= 0 else []
        else:
            names = label if isinstance(label, list) else [label]
        yield repr(path), row_of_one_class(path, names)


def _samples(samples: list[Any]) -> Iterator[tuple[str, Row | str]]:
    for number, sample in enumerate(_objects(samples), 1):
        path = sample.get("filepath")
        fields = [value for value in sample.values() if isinstance(value, dict)]
        said = [value for value in fields if value.get("_cls") == "Classification"]
        if not isinstance(path, str) or not path.strip():
            yield f"sample {number}", "it has no filepath"
        elif said:
            stamp = sample.get("last_modified_at") or {}
            at = stamp.get("$date") if isinstance(stamp, dict) else stamp
            time = at / 1000 if isinstance(at, int) else seconds_of(at)
            names = [value.get("label") for value in said]
            yield f"sample {number}", row_of_one_class(path, names, time=time)


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
