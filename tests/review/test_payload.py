"""The page's data: one population to a screen, whose counts add up."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from handful.review.payload import Payload
from handful.review.review import Review
from tests.review.samples import birds, digits, estimate, lonely, two_classes


def audited() -> Review:
    """Digits of which every fifth that is not held out is an audit item."""
    review = digits()
    measured = ~review.held_out & (np.arange(600) % 5 == 0)
    figures = estimate(
        review.labels[measured],
        review.probabilities[measured],
        review.classes,
        "leave-group-out on audit items",
    )
    return replace(review, measured=measured, estimate=figures)


def test_every_count_is_of_the_population_that_is_named() -> None:
    """After queries the scope holds the audit items alone: n, matrix and errors agree."""
    review = audited()
    scopes = Payload(review).data["scopes"]
    assert [scope["population"] for scope in scopes] == [
        "149 held-out test pictures",
        f"{int(review.measured.sum())} audit pictures, chosen at random before labelling, "
        "each left out in turn",
    ]
    for scope in scopes:
        assert scope["n"] == scope["estimate"]["n"]
        assert sum(number for _, _, number in scope["confusion"]["cells"]) == scope["n"]
        assert scope["num_errors"] == scope["n"] - round(
            scope["n"] * scope["estimate"]["accuracy"]["value"]
        )


def test_each_item_knows_its_population() -> None:
    """Test items are of scope 0, audit items of scope 1, and the others of none."""
    review = audited()
    packed = Payload(review).data["items"]["scopes"]
    expected = np.where(review.held_out, 0, np.where(review.measured, 1, -1))
    assert np.frombuffer(b64decode(packed), dtype="i1").tolist() == expected.tolist()


def test_a_class_has_a_curve_where_there_are_others() -> None:
    """Each class with items has a curve whose counts are the scope's; one class alone has none."""
    (scope,) = Payload(two_classes()).data["scopes"]
    assert [curve["class"] for curve in scope["curves"]] == [0, 1]
    for curve in scope["curves"]:
        assert curve["positives"] + curve["negatives"] == scope["n"]
    test, learning = Payload(lonely()).data["scopes"]
    assert test["curves"] == []
    assert [curve["class"] for curve in learning["curves"]] == [0, 1]


def test_at_one_half_the_sensitivity_is_the_recall() -> None:
    """Of two classes the curve's point at 0.5 has the recall of the class as its sensitivity."""
    review = two_classes()
    (scope,) = Payload(review).data["scopes"]
    for curve in scope["curves"]:
        columns = np.frombuffer(b64decode(curve["points"]), dtype="<f4").reshape(11, -1)
        (at,) = np.flatnonzero(columns[0] == 0.5)
        recall = scope["estimate"]["per_class"][review.classes[curve["class"]]]["recall"]
        assert columns[1, at] / curve["positives"] == pytest.approx(recall["value"])


def test_columns_of_the_table_are_sliced() -> None:
    """The camera that fails is found by its column; a column of identifiers is named as passed."""
    (scope,) = Payload(birds()).data["scopes"]
    worst = scope["slices"]["found"][0]
    assert (worst["attribute"], worst["value"]) == ("camera", "north")
    assert scope["slices"]["passed_over"]["ring"] == "400 different values"


def test_items_that_are_in_the_accuracy_alone_are_said() -> None:
    """Test items of a class never learned widen n: the population says how many, and where."""
    review = digits()
    test = replace(review.test, n=review.test.n + 5)
    (scope, _) = Payload(replace(review, test=test)).data["scopes"]
    assert scope["population"] == (
        "154 held-out test pictures; 5 of them, of classes never learned, in the accuracy alone"
    )
