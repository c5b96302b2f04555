"""Classes that are gone because none of their pictures can be read."""

from __future__ import annotations

from pathlib import Path

from handful.datasets import open_data
from handful.datasets.doctor import doctor
from handful.datasets.index import Index
from handful.datasets.scan import scan
from handful.datasets.vanished import vanished
from handful.items.item import Item, Quarantined
from tests.modalities.image.pictures import encoded, scene


def item(path: str, label: str) -> Item:
    """An item without a file."""
    return Item(path, Path(path), label=label)


def test_a_class_is_gone_when_all_of_it_is() -> None:
    """One picture that can be read keeps a class; without one it is named with the usual reason."""
    items = [item("a/1", "a"), item("a/2", "a"), item("b/1", "b"), item("b/2", "b")]
    aside = [
        Quarantined("a/1", "damaged"),
        Quarantined("b/1", "empty"),
        Quarantined("b/2", "empty"),
    ]
    aside += [
        Quarantined("c/1", "HEIC", "c"),
        Quarantined("a/3", "HEIC", "a"),
        Quarantined("x", "?"),
    ]
    found = vanished(items, aside)
    assert [("b", ("b/1", "b/2"), "empty"), ("c", ("c/1",), "HEIC")] == [
        (one.label, one.paths, one.why) for one in found
    ]


def test_the_doctor_calls_it_a_fault(tmp_path: Path) -> None:
    """A class of empty files alone is a fault that names class and files."""
    for path, content in (("a/1.png", encoded(scene())), ("b/1.png", b""), ("b/2.png", b"")):
        (tmp_path / "data" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / path).write_bytes(content)
    collection = open_data(tmp_path / "data")
    with Index(tmp_path) as index:
        findings = doctor(collection, scan(collection, index))
    [fault] = [one for one in findings if one.kind == "vanished-class"]
    assert ("fault", ("b/1.png", "b/2.png")) == (fault.severity, fault.paths)
    assert "class 'b' has no picture that can be read: its 2 files (empty: 0 bytes)" == fault.reason
