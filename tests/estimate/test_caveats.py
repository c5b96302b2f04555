"""What makes a figure untrue is counted, said, and kept out of it."""

import numpy as np
import pytest

from handful.estimate.caveats import (
    learned_already,
    strange_classes,
    two_labels,
    with_strangers,
)
from handful.estimate.estimate import estimate


def test_copies_and_groups_of_what_was_learned_are_no_test() -> None:
    """Of five test items one is a copy of a learned one, two are of a learned group."""
    held_out = np.array([False, False, True, True, True, True, True])
    clusters = np.array([0, 1, 0, 3, 4, 5, 6])
    units = np.array([0, 1, 0, 1, 1, 2, 3])
    spoilt, said = learned_already(held_out, clusters, units)
    assert spoilt.tolist() == [False, False, True, True, True, False, False]
    assert said == [
        "1 test item is a copy of learned ones: left out of the test.",
        "2 test items belong to a group that was learned from: left out of the test.",
    ]


def test_a_clean_split_says_nothing() -> None:
    """Copies on one side of the split spoil nothing."""
    spoilt, said = learned_already(
        np.array([False, False, True, True]), np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    )
    assert not spoilt.any()
    assert said == []
    assert strange_classes([]) == []
    assert two_labels(np.array([0, 0, 1]), ["a", "a", "b"]) == []


def test_classes_that_were_not_learned_are_named() -> None:
    """The commonest three by name, and how many items there are in all."""
    (one,) = strange_classes(["new"])
    assert one.startswith("1 test item is of class 'new', never learned: wrong in the accuracy")
    (many,) = strange_classes([*"aaabbccde"])
    assert "9 test items are of classes 'a' and 'b' and 'c' and 2 more" in many
    (odd,) = strange_classes(["a\x1b[31m" + "x" * 500])
    assert "\x1b" not in odd
    assert len(odd) < 200


def test_one_thing_with_two_labels_is_counted() -> None:
    """Two clusters of three have more than one label."""
    (said,) = two_labels(np.array([0, 0, 1, 1, 1, 2, 2]), [*"abaabcc"])
    assert said.startswith("2 items are there more than once with different labels")


@pytest.mark.parametrize("num", [0, 5])
def test_strangers_are_wrong_in_the_accuracy(num: int) -> None:
    """13 of 16 right, and five that cannot be named: 13 of 21, in an interval of 21."""
    y = np.tile([0, 1], 8)
    said = np.eye(2)[y] * 0.8 + 0.1
    said[:3] = said[:3, ::-1]
    known = estimate(said, y, ("a", "b"), units=np.arange(16), method="test split")
    hits = (said.argmax(axis=1) == y).astype(float)
    found = with_strangers(known, hits, np.arange(16), 100 + np.arange(num))
    assert found.accuracy.value == pytest.approx(13 / (16 + num))
    assert found.n == found.accuracy.n == 16 + num
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert found.log_loss == known.log_loss
