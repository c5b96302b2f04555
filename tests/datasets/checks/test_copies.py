"""Copies, two labels on one picture, and leaks between the parts of a split."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handful.datasets.checks import copies
from handful.modalities.image.decode import decode
from handful.modalities.image.facts import Fingerprint, fingerprint
from tests.datasets.checks.cases import examined, item, only, seen
from tests.modalities.image.pictures import encoded, scene


def reencoded(seed: int) -> Fingerprint:
    """The picture of that seed, saved as JPEG."""
    data = encoded(scene(64, 64, seed=seed), "JPEG", quality=90)
    return fingerprint(data, decode(data))


SAME_FILE = [seen(1), seen(1)]
SAME_PIXELS = [seen(1), replace(seen(1), content="another")]
NEARLY = [seen(1), reencoded(1)]


@pytest.mark.parametrize(
    ("looks", "kind", "words"),
    [
        (SAME_FILE, "duplicate", "the same file"),
        (SAME_PIXELS, "duplicate", "the same pixels in different files"),
        (NEARLY, "near-duplicate", "nearly the same"),
    ],
)
def test_copies_are_told_apart(looks: list[Fingerprint], kind: str, words: str) -> None:
    """The same file, the same pixels, and nearly the same: each is named and scored."""
    case = examined([item("a.png", "x"), item("b.png", "x"), item("c.png", "x")], [*looks, seen(2)])
    finding = only(list(copies.copies(case)))
    assert (kind, ("a.png", "b.png"), "warning") == (finding.kind, finding.paths, finding.severity)
    assert words in finding.reason
    assert (finding.score == 1) == (kind == "duplicate")


@pytest.mark.parametrize(("looks", "severity"), [(SAME_PIXELS, "fault"), (NEARLY, "warning")])
def test_one_picture_under_two_labels(looks: list[Fingerprint], severity: str) -> None:
    """Two labels on one picture are a fault where it is surely one, a warning where nearly."""
    finding = only(list(copies.copies(examined([item("a.png", "x"), item("b.png", "y")], looks))))
    assert ("two-labels", severity) == (finding.kind, finding.severity)
    assert "labelled 'x' and 'y'" in finding.reason


def test_a_label_and_none_are_not_two() -> None:
    """A copy without a label contradicts nothing."""
    case = examined([item("a.png", "x"), item("b.png")], SAME_FILE)
    assert "duplicate" == only(list(copies.copies(case))).kind


@pytest.mark.parametrize("looks", [SAME_FILE, NEARLY])
@pytest.mark.parametrize("other", ["train", None])
def test_copies_across_a_split_are_a_leak(looks: list[Fingerprint], other: str | None) -> None:
    """A copy on either side of a given split spoils the test, near or exact."""
    items = [item("a.png", "x", split="test"), item("b.png", "x", split=other)]
    finding = only(list(copies.copies(examined(items, looks))))
    assert ("leak", "fault") == (finding.kind, finding.severity)
    assert "on both sides of the split" in finding.reason


def test_groups_across_a_split_are_a_leak() -> None:
    """A group on both sides of a given split is a fault with its numbers; others are not told."""
    items = [item(f"{i}.png", "x", group="p1", split="train") for i in range(3)]
    items += [item("3.png", "x", group="p1", split="test")]
    items += [item("4.png", "x", group="p2", split="test"), item("5.png", "x", split="train")]
    finding = only(list(copies.groups_across_splits(examined(items))))
    assert ("leak", "fault", 4) == (finding.kind, finding.severity, len(finding.paths))
    assert "group 'p1' is on both sides of the split: 3 to learn from, 1 to test on" == (
        finding.reason
    )


def test_without_a_split_nothing_leaks() -> None:
    """Groups and copies of data without a given split are no leak."""
    items = [item("a.png", "x", group="p"), item("b.png", "x", group="p")]
    assert [] == list(copies.groups_across_splits(examined(items)))
    assert "duplicate" == only(list(copies.copies(examined(items, SAME_FILE)))).kind
