"""Numbers and names read the same wherever they stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handful.estimate.figure import Figure
from handful.review.wording import (
    count,
    headline,
    percent,
    percent_range,
    population,
    printable,
    seconds,
)
from tests.review.samples import digits, tiny


@pytest.mark.parametrize(
    ("share", "expected"), [(0.8804, "88.0 %"), (0.0, "0 %"), (1.0, "100 %"), (0.99999, "100.0 %")]
)
def test_percent(share: float, expected: str) -> None:
    """One decimal, a space that does not break, and none for what is exactly nothing or all."""
    assert expected.replace(" ", "\u00a0") == percent(share)


def test_range_has_an_en_dash() -> None:
    """An interval is two numbers and an en dash."""
    assert percent_range(Figure(0.88, 0.865, 0.8931, 0.95, 9, "")) == "86.5–89.3"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1572.4, "1,572 s"), (23.4, "23 s"), (2.14, "2.1 s"), (0.83, "0.83 s"), (0.0431, "0.043 s")],
)  # fmt: skip
def test_seconds(value: float, expected: str) -> None:
    """Times are in seconds, with two digits that mean something."""
    assert expected.replace(" ", "\u00a0") == seconds(value)


def test_thousands_are_parted() -> None:
    """1968 reads 1,968."""
    assert count(1968) == "1,968"


def test_headline_is_one_plain_sentence() -> None:
    """The result, its n and its interval; all right is said in words."""
    assert headline(digits().estimate, "photographs") == (
        "Right on 91.1\u00a0% of 451 photographs it had not learned from (88.1–93.4\u00a0%)"
    )
    assert headline(tiny().estimate, "pictures") == (
        "Right on all 10 pictures it had not learned from (72.2–100\u00a0%)"
    )


def test_half_a_digit_is_rounded_as_on_the_page() -> None:
    """71.25 % of 400 reads 71.3 in the headline, as JavaScript's toFixed writes it below."""
    assert percent(0.7125) == "71.3\u00a0%"
    assert percent(0.285 / 4) == "7.1\u00a0%"  # 7.125 is stored as a little less
    assert percent(0.125, digits=0) == "13\u00a0%"


@pytest.mark.parametrize(
    ("method", "n", "expected"),
    [
        ("test split", 656, "656 held-out test pictures"),
        ("test split", 1, "1 held-out test picture"),
        ("leave-group-out", 2624, "2,624 pictures, each left out in turn"),
        ("leave-group-out", 1, "1 picture, left out in turn"),
        (
            "leave-group-out on audit items",
            36,
            "36 audit pictures, chosen at random before labelling, each left out in turn",
        ),
    ],
)
def test_population_names_the_items_of_a_figure(method: str, n: int, expected: str) -> None:
    """How many items, and why the model can be judged by them; one is said in the singular."""
    assert population(replace(tiny().estimate, method=method, n=n), "pictures") == expected


def test_names_cannot_move_the_cursor() -> None:
    """Control characters, direction marks and bytes that are not UTF-8 become �."""
    assert printable("a\x1b[31m\n\u202eb\udcff") == "a\ufffd[31m\ufffd\ufffdb?"
