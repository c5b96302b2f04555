"""The order in which items may have been made."""

from pathlib import Path

import pytest

from handful.items.item import Item
from handful.items.series import by_name, by_time, name_of, natural


def item(path: str, label: str | None = None) -> Item:
    """An item of the class that its folder names, or of `label`."""
    return Item(path, Path("/nowhere") / path, label or path.rpartition("/")[0])


def in_order(paths: list[str]) -> tuple[list[str], list[int]]:
    """The paths as `by_name` orders them, and their parts."""
    items = [item(path) for path in paths]
    found = by_name(items)
    return [items[at].path for at in found.places], found.parts.tolist()


def test_one_numbering_runs_through_the_classes() -> None:
    """Cells that one camera numbered stand in its order, whatever folders they were sorted into."""
    paths = [f"{'defect' if n % 3 else 'ok'}/cell{n}.png" for n in range(1, 13)]
    order, parts = in_order(sorted(paths))
    assert order == paths
    assert parts == [0] * 12


def test_classes_that_count_by_themselves_are_parts() -> None:
    """`ok/1` is no neighbour of `defect/1`: the same names come back in both."""
    order, parts = in_order([f"{name}/{n}.png" for name in ("defect", "ok") for n in (10, 9, 1)])
    assert order == [f"{name}/{n}.png" for name in ("defect", "ok") for n in (1, 9, 10)]
    assert parts == [0, 0, 0, 1, 1, 1]


def test_names_that_sort_the_classes_make_parts() -> None:
    """`pos_1 ... pos_9, neg_1 ...` in folders of other names: the order is the class."""
    _, parts = in_order([f"{folder}/{name}_{n}.png" for folder, name in
                         (("sick", "pos"), ("well", "neg")) for n in range(9)])  # fmt: skip
    assert sorted(parts) == [0] * 9 + [1] * 9


@pytest.mark.parametrize(
    ("path", "label", "name"),
    [
        ("defect/cell1.png", "defect", "cell1.png"),
        ("site2/Defect/cell1.png", "defect", "site2/cell1.png"),
        ("cat/cat.10.jpg", "cat", "10.jpg"),
        ("cat/Cat 10.jpg", "cat", "10.jpg"),
        ("cat/category.jpg", "cat", "category.jpg"),
        ("a/b/x.png", "a/b", "x.png"),
        ("x.png", None, "x.png"),
    ],
)
def test_what_names_the_class_is_no_part_of_the_name(path: str, label: str, name: str) -> None:
    """Folders and beginnings that say the class are left off; words that only begin so stay."""
    assert name_of(Item(path, Path("/x"), label)) == name


def test_numbers_are_sorted_by_their_value() -> None:
    """b9 comes before b10, and case does not matter."""
    assert sorted(["b10", "B9", "a", "b9x"], key=natural) == ["a", "B9", "b9x", "b10"]


def test_times_order_items_where_all_are_known() -> None:
    """By time of capture; not if one is missing, or most are the same."""
    times = ["2024:03:01 10:00:00", "2023:03:01 10:00:00", "2024:03:01 09:00:00"]
    found = by_time(times)
    assert found is not None
    assert found.places.tolist() == [1, 2, 0]
    assert by_time([*times, ""]) is None
    assert by_time(["2024:03:01 10:00:00"] * 5) is None
