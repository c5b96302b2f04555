"""The review in short, for a terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

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
    assert lines[:2] == [
        "Right on 91.3 % of 149 pictures it had not learned from (85.6–94.8 %).",
        "Leave-group-out on the others: 91.1 % of 451 (88.1–93.4).",
    ]
    assert "4 12 83.3 % 55.2–95.3 83.3 % 55.2–95.3" in lines
    assert "2 3 2 12.5 %" in lines
    assert "1 file was set aside; the rest went on without." in lines
    assert any(line.endswith("labels look wrong") for line in lines)


def test_many_classes_show_the_worst() -> None:
    """Of 200 classes the twelve worst are shown, and the title says so."""
    text = shown(many_classes())
    assert "The 12 worst of 200 classes" in text
    assert text.count("\n") < 45


def test_names_are_no_markup() -> None:
    """Rich markup within a class name is shown, not obeyed."""
    from dataclasses import replace

    review = digits()
    names = ("[red]0[/red]", *review.classes[1:])
    per_class = dict(zip(names, review.test.per_class.values(), strict=True))
    marked = replace(review, classes=names, test=replace(review.test, per_class=per_class))
    assert "[red]0[/red]" in shown(marked)
