"""Labels as they stand: folders and ledger together."""

from pathlib import Path

import numpy as np
import pytest

from handful.active.label_snapshot import Roll, current_labels, given
from handful.active.session import Session
from handful.items.item import Item
from handful.labels.event import Mark
from handful.labels.ledger import Ledger

ITEMS = tuple(
    Item(path, Path("/data") / path, label=label)
    for path, label in [("a.png", "cat"), ("b.png", "dog"), ("c.png", None), ("d.png", None)]
)
ROLL = Roll.of(ITEMS)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty ledger."""
    return Ledger(tmp_path / "ledger.sqlite")


def test_folder_labels_teach_and_the_ledger_wins(ledger: Ledger) -> None:
    """What a person says of an item stands before its folder."""
    ledger.label({"a.png": "dog", "c.png": "bird"}, by="ann")
    assert {"a.png": "dog", "b.png": "dog", "c.png": "bird"} == current_labels(ROLL, ledger.state)
    found = given(ROLL, np.arange(4), ledger.state)
    assert ("cat", "dog", "bird") == found.classes
    assert [1, 1, 2, -1] == found.labels.tolist()
    assert [1, 0, 2] == found.lessons.rows.tolist()
    assert ("dog", "dog", "bird") == found.lessons.names


def test_unsure_takes_a_folder_label_away_and_undo_gives_it_back(ledger: Ledger) -> None:
    """An item that somebody cannot name has no label until that is undone."""
    ledger.record([Mark(item="a.png", kind="unsure")], by="ann")
    assert "a.png" not in current_labels(ROLL, ledger.state)
    assert given(ROLL, np.arange(4), ledger.state).answered[0]
    ledger.undo(by="ann")
    assert "cat" == current_labels(ROLL, ledger.state)["a.png"]


def test_renaming_a_folder_class_renames_its_labels(ledger: Ledger) -> None:
    """A class that only folders know can be renamed and merged, and both undone."""
    session = Session(ITEMS, ledger)
    session.begin_classes(["cat"], by="ann")
    ledger.rename_class("cat", "felis", by="ann")
    assert "felis" == session.labels["a.png"]
    assert ("felis", "dog") == session.given().classes
    ledger.undo(by="ann")
    session.begin_classes(["cat", "dog"], by="ann")
    ledger.merge_classes(["cat"], into="dog", by="ann")
    assert {"a.png": "dog", "b.png": "dog"} == session.labels


def test_items_that_folders_label_are_not_drawn_for_the_audit(ledger: Ledger) -> None:
    """The reserve is drawn among the items without a label alone."""
    items = tuple(
        Item(f"{at}.png", Path("/data"), label="cat" if at < 50 else None) for at in range(100)
    )
    session = Session(items, ledger)
    session.draw_reserve()
    assert 10 == len(ledger.state.reserve_order)
    assert 50 == ledger.state.reserve_population
    assert all(session.place[path] >= 50 for path in ledger.state.reserve_order)
