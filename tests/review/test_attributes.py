"""Facts of items become parts of the data by which errors are sliced."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from handful.items.item import Item
from handful.review.attributes import attributes_of
from handful.review.slices import slices


def items(**columns: list[str]) -> list[Item]:
    """Items of one folder whose table has these columns."""
    rows = zip(*columns.values(), strict=True)
    return [
        Item(f"{i}.png", Path("/nowhere"), attributes=dict(zip(columns, row, strict=True)))
        for i, row in enumerate(rows)
    ]


def test_numbers_are_cut_into_quarters() -> None:
    """A number becomes a range that holds a quarter of the items, and texts stay as they are."""
    plain = [Item(f"{i}.png", Path("/nowhere"), group="g" if i else None) for i in range(8)]
    facts = attributes_of(plain, {"width": [float(i * 100) for i in range(8)], "mode": ["L"] * 8})
    assert facts["width"] == ["0–175"] * 2 + ["175–350"] * 2 + ["350–525"] * 2 + ["525–700"] * 2
    assert facts["mode"] == ["L"] * 8
    assert facts["group"] == [""] + ["g"] * 7
    assert facts["folder"] == [""] * 8
    assert attributes_of(plain, {"width": [5.0] * 8})["width"] == ["5"] * 8


def test_every_column_of_the_table_is_a_fact() -> None:
    """Texts and codes stay, ages become quarters, and dates become ranges of days."""
    facts = attributes_of(
        items(
            scanner=["A", "B"] * 6,
            grade=["1", "2", "3"] * 4,
            age=[str(20 + i) for i in range(12)],
            taken=[f"2024-{month:02}-15" for month in range(1, 13)],
        ),
        {},
    )
    assert facts["scanner"] == ["A", "B"] * 6
    assert facts["grade"] == ["1", "2", "3"] * 4
    assert list(dict.fromkeys(facts["age"])) == ["20–22.75", "22.75–25.5", "25.5–28.25", "28.25–31"]
    assert facts["taken"][0].startswith("2024-01-15–2024-")
    assert len(set(facts["taken"])) == 4


def test_blank_cells_are_one_part_and_do_not_spoil_numbers() -> None:
    """A column of numbers with gaps is still cut into quarters; the gaps are the value ""."""
    ages = [str(10 * i) for i in range(12)]
    facts = attributes_of(items(age=["", "NA", *ages], size=["1,5"] * 4 + [*ages[:10]]), {})
    assert facts["age"][:2] == ["", ""]
    assert facts["age"][2] == "0–27.5"
    assert facts["size"][0] == "1.5–25"  # 1,5 is read with a decimal comma


def test_a_column_named_as_a_fact_of_ours_is_told_apart() -> None:
    """A column "folder" does not take the place of the folder, nor "group" that of the groups."""
    facts = attributes_of(items(folder=["a", "b"], group=["x", "y"]), {})
    assert facts["folder"] == ["", ""]
    assert facts["folder (column)"] == ["a", "b"]
    assert facts["group (column)"] == ["x", "y"]


def test_a_scanner_that_fails_is_found_by_its_column() -> None:
    """Of a table's columns the one behind the errors is named, with its value, and no other."""
    rng = np.random.default_rng(0)
    n = 480
    scanner = rng.choice(["A", "B", "C"], n)
    right = rng.random(n) > np.where(scanner == "B", 0.4, 0.08)
    facts = attributes_of(
        items(
            scanner=list(scanner),
            sex=list(rng.choice(["f", "m"], n)),
            age=[str(age) for age in rng.integers(18, 90, n)],
            patient=[f"P{i}" for i in range(n)],
        ),
        {},
    )
    alone = np.arange(n)
    sliced = slices(facts, rng.integers(2, size=n), right, alone, alone)
    assert {(s.attribute, s.value) for s in sliced.found if s.error > s.rest} == {("scanner", "B")}
    assert {s.attribute for s in sliced.found} == {"scanner"}
    assert sliced.looked_at == {"scanner": 3, "sex": 1, "age": 4}
    assert sliced.passed_over == {"folder": "one value only", "patient": "480 different values"}
