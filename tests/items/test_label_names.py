"""The name of a class: one rule for every place that a label comes from."""

from decimal import Decimal
from enum import StrEnum

import numpy as np
import pytest

from handful.errors import SettingError
from handful.items.label_names import cell_label, label_name


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
        ("0", "0"),
        ("0.0", "0"),
        ("-0.0", "0"),
        ("3.00", "3"),
        ("007", "007"),
        ("0.5", "0.5"),
        ("1.0.0", "1.0.0"),
        ("TRUE", "true"),
        ("False", "false"),
        ("cafe\u0301", "caf\u00e9"),
        ("NA", "NA"),
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


@pytest.mark.parametrize(
    "cell", ["", "  ", "NA", "N/A", "n/a", " NaN ", "nan", "NULL", "null", "None", "-", "?", "#N/A"]
)
def test_cells_that_say_nothing(cell: str) -> None:
    """Words by which people and programs say that nothing is known name no class in a table."""
    assert cell_label(cell) is None


@pytest.mark.parametrize(
    ("cell", "name"), [("Na", "Na"), ("none", "none"), (" 0.0 ", "0"), ("no", "no"), ("x", "x")]
)
def test_cells_that_name_a_class(cell: str, name: str) -> None:
    """Sodium and a degree called "none" are classes; numbers are as `label_name` writes them."""
    assert name == cell_label(cell)
