"""Files that cannot be read, have a wrong ending, or hold several pictures."""

from __future__ import annotations

from dataclasses import replace

from handful.datasets.checks import files
from handful.items.item import Quarantined
from tests.datasets.checks.cases import examined, item, only, seen


def test_quarantined_items_are_findings() -> None:
    """What was set aside appears by reason: empty, unreadable, or not taken for an item."""
    case = examined(
        [],
        unreadable=[
            Quarantined("a.png", "empty: 0 bytes"),
            Quarantined("b.png", "empty: 0 bytes"),
            Quarantined("c.png", "truncated: 3 of 9 bytes"),
        ],
        set_aside=[Quarantined("d.png", "a link to nothing")],
    )
    told = {finding.kind: finding for finding in files.quarantined(case)}
    assert ("a.png", "b.png") == told["empty"].paths
    assert "2 items set aside: empty: 0 bytes" == told["empty"].reason
    assert ("c.png",) == told["unreadable"].paths
    assert "1 item set aside: truncated: 3 of 9 bytes" == told["unreadable"].reason
    assert ("d.png",) == told["set-aside"].paths
    assert {"warning"} == {finding.severity for finding in told.values()}


def test_wrong_endings_are_told() -> None:
    """A PNG named .jpg is named with what it is; right, missing and upper-case endings are not."""
    names = ["a.jpg", "b.PNG", "c", "d.png", "e.jpg"]
    case = examined([item(name) for name in names], [seen(i) for i in range(5)])
    finding = only(list(files.wrong_ending(case)))
    assert ("a.jpg", "e.jpg") == finding.paths
    assert "2 files named .jpg hold PNG: read all the same" == finding.reason
    assert "note" == finding.severity


def test_several_frames_are_told() -> None:
    """Animated files are named, with how many frames and that the first is used."""
    frames = [replace(seen(i), format="GIF", frames=n) for i, n in enumerate((1, 12, 3))]
    finding = only(
        list(files.several_frames(examined([item(f"{i}.gif") for i in range(3)], frames)))
    )
    assert ("1.gif", "2.gif") == finding.paths
    assert "2 GIF files with up to 12 frames: only the first is used" == finding.reason
