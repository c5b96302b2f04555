"""Classes that are too few, too small, too alike in name, or told by something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handful.datasets.checks import classes
from tests.datasets.checks.cases import examined, item, labelled, only, seen


def test_one_class_is_a_fault() -> None:
    """Where all labels are the same there is nothing to learn."""
    finding = only(list(classes.one_class(examined(labelled(cat=3)))))
    assert ("one-class", "fault") == (finding.kind, finding.severity)
    assert "all 3 labels are 'cat'" == finding.reason
    assert [] == list(classes.one_class(examined(labelled(cat=3, dog=1))))
    assert [] == list(classes.one_class(examined([item("a.png")])))


@pytest.mark.parametrize(
    ("n", "severity"), [(1, "fault"), (2, "warning"), (9, "warning"), (10, None)]
)
def test_classes_with_too_few_items(n: int, severity: str | None) -> None:
    """Below two it is a fault, below ten a warning, from ten on nothing."""
    told = list(classes.too_few(examined(labelled(cat=20, dog=n))))
    assert ([severity] if severity else []) == [finding.severity for finding in told]
    assert all(n == len(finding.paths) for finding in told)


def test_copies_and_groups_count_once() -> None:
    """Twelve copies of one picture, or twelve views of one patient, are one."""
    items = labelled(cat=20) + [item(f"{i}.png", "dog", group="rex") for i in range(12)]
    finding = only(list(classes.too_few(examined(items))))
    assert "class 'dog' has 12 pictures in 1 group of its own" == finding.reason
    assert "fault" == finding.severity
    items = labelled(cat=20, dog=12)
    looks = [replace(seen(0), content=str(max(0, i - 11)), pixels=str(i)) for i in range(32)]
    assert 2 == len(list(classes.too_few(examined(items, looks))))


def test_unlabelled_items() -> None:
    """Items without a label are a note with their paths."""
    finding = only(list(classes.unlabelled(examined([*labelled(cat=2), item("a.png")]))))
    assert (("a.png",), "note") == (finding.paths, finding.severity)
    assert "1 picture of 3 have no label" == finding.reason
    assert [] == list(classes.unlabelled(examined(labelled(cat=2))))


def test_classes_on_one_side_of_a_split() -> None:
    """A class that is only tested on is a fault, one that is never tested on a warning."""
    items = [item(f"{i}.png", "cat", split=side) for i, side in enumerate(("train", "test"))]
    items += [item("d.png", "dog", split="test"), item("e.png", "eel", split="train")]
    told = {
        finding.paths[0]: finding.severity
        for finding in classes.missing_from_a_split(examined(items))
    }
    assert {"d.png": "fault", "e.png": "warning"} == told
    assert [] == list(classes.missing_from_a_split(examined(labelled(cat=2))))


def test_names_that_differ_in_case_or_space() -> None:
    """Cat, cat and "c at" are probably one class; the rarest one's items are named."""
    finding = only(list(classes.names_alike(examined(labelled(Cat=3, dog=3, **{"ca t": 1})))))
    assert "classes 'Cat' (3) and 'ca t' (1) differ only in case or white space" == finding.reason
    assert ("ca t/000.png",) == finding.paths
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert 1 == len(list(classes.names_alike(examined(labelled(**{composed: 1, decomposed: 2})))))


def test_shortcuts() -> None:
    """Where one class is all JPEG and the other all PNG, the format alone tells them apart."""
    items = labelled(cat=12, dog=12)
    looks = [
        replace(seen(0), content=str(i), pixels=str(i), format="JPEG" if i < 12 else "PNG")
        for i in range(24)
    ]
    told = list(classes.shortcuts(examined(items, looks)))
    assert {"shortcut"} == {finding.kind for finding in told}
    expected = "the format tells class 'cat': 100% of it are JPEG, of the others 0%"
    assert expected == told[0].reason
    assert [] == list(classes.shortcuts(examined(labelled(cat=12, dog=12))))
    assert [] == list(classes.shortcuts(examined(items[6:], looks[6:])))
