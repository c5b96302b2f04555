"""The review in short, for a terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from handful.estimate.figure import Blocked, Figure
from handful.review.review import Review
from handful.review.terminal import summary
from tests.review.samples import SAMPLES, digits, many_classes


def shown(review: Review, *, colour: bool = False) -> str:
    """What a terminal of 80 columns shows."""
    out = StringIO()
    Console(file=out, width=80, force_terminal=colour, no_color=not colour).print(summary(review))
    return out.getvalue()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_fits_80_columns_without_colour(name: str) -> None:
    """No line is longer than 80 columns, and no escape code is needed."""
    text = shown(SAMPLES[name][0]())
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "\x1b" not in text


def test_says_result_classes_mistakes_and_suspects() -> None:
    """The headline, the other scope, each class, the mistakes and the suspects are there."""
    lines = [" ".join(line.split()) for line in shown(digits()).splitlines()]
    assert lines[:3] == [
        "Right on 91.3 % of 149 pictures it had not learned from (85.6–94.8 %).",
        "Always answering 6: 13.4 %.",
        "Leave-group-out on the others: 91.1 % of 451 (88.1–93.4).",
    ]
    assert "4 12 83.3 % 55.2–95.3 83.3 % 55.2–95.3" in lines
    assert "2 3 2 12.5 %" in lines
    assert "1 file was set aside; the rest went on without." in lines
    assert any("labels look wrong, of all 600" in line for line in lines)


def test_each_table_names_its_population() -> None:
    """Classes and mistakes are of the test items, suspects of all: each title says so."""
    text = shown(digits())
    assert "Classes: 149 held-out test pictures" in text
    assert "Most frequent mistakes: 149 held-out test pictures" in text
    assert "wrong, of all 600" in text


def in_series(review: Review, accuracy: float, *, leads: bool = True) -> Blocked:
    """What leaving out runs gives: the review's estimate at another accuracy."""
    figure = Figure(accuracy, accuracy - 0.1, accuracy + 0.1, 0.95, 451, "")
    estimate = replace(review.estimate, accuracy=figure)
    return Blocked("file names", 20, 22, estimate, 0.9, 0.05, leads)


def test_on_series_the_blocked_figure_leads() -> None:
    """Where neighbours help each other, new series come first; a test set apart by hand stays."""
    review = digits()
    blocked = replace(review, blocked=in_series(review, 0.7), test_at_random=True)
    text = " ".join(shown(blocked).split())
    assert text.startswith("Right on 70.0 % of 451 pictures from series it had not learned from")
    assert "Neighbours in file order resemble each other: expect about 70 % on new series" in text
    assert "On more of the same series: 91.3 % (85.6–94.8 %)" in text
    for unled in (
        replace(blocked, test_at_random=False),
        replace(blocked, blocked=in_series(review, 0.7, leads=False)),
    ):
        assert shown(unled) == shown(review)


def test_warnings_stand_beside_the_figure() -> None:
    """What makes the figure untrue is said before any table."""
    said = "1 test item is a copy of learned ones: left out of the test."
    text = shown(replace(digits(), warnings=(said,)))
    assert text.index(said) < text.index("Classes")


def test_many_classes_show_the_worst() -> None:
    """Of 200 classes the twelve worst are shown, and the title says so."""
    text = shown(many_classes())
    assert "The 12 worst of 200 classes" in text
    assert text.count("\n") < 45


def test_names_are_no_markup() -> None:
    """Rich markup within a class name is shown, not obeyed."""
    review = digits()
    names = ("[red]0[/red]", *review.classes[1:])
    per_class = dict(zip(names, review.test.per_class.values(), strict=True))
    marked = replace(review, classes=names, test=replace(review.test, per_class=per_class))
    assert "[red]0[/red]" in shown(marked)
