"""The name of a class: one rule for every place that a label comes from."""

from decimal import Decimal
from enum import StrEnum

import numpy as np
import pytest

from handful.errors import SettingError
from handful.items.label_names import label_name


class Colour(StrEnum):
    """A class as an enumeration."""

    RED = "red"


class NAType:
    """Stands for pandas' NA, which is told by its type's name."""


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("good", "good"),
        (" good\t", "good"),
        (1, "1"),
        (np.int64(1), "1"),
        (np.uint8(1), "1"),
        (np.array(1), "1"),
        (1.0, "1"),
        (np.float32(1.0), "1"),
        (0.5, "0.5"),
        (-0.0, "0"),
        (True, "true"),
        (np.bool_(False), "false"),
        (np.str_(" good "), "good"),
        (Colour.RED, "red"),
        (Decimal("2"), "2"),
    ],
)
def test_what_names_a_class(given: object, name: str) -> None:
    """Texts lose the blanks around them; numbers are named as a person would write them."""
    assert name == label_name(given)


@pytest.mark.parametrize(
    "given",
    [None, "", "  \n", float("nan"), np.float32("nan"), Decimal("NaN"), NAType()],
)
def test_what_names_none(given: object) -> None:
    """Nothing, NaN, NA and blanks name no class."""
    assert label_name(given) is None


@pytest.mark.parametrize(
    "given", [["good"], ("good",), {"good": 1}, b"good", np.array([1]), object]
)
def test_anything_else_is_an_error(given: object) -> None:
    """A list, bytes or an array of several is no name, and the error shows it."""
    with pytest.raises(SettingError, match="not the name of a class"):
        label_name(given)
