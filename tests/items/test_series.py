"""The order in which items may have been made."""

from pathlib import Path

import pytest

from handful.items.item import Item
from handful.items.series import by_name, by_time, name_of, natural, orders


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


def at(minute: int) -> str:
    """A time of capture."""
    return f"2024:03:01 10:{minute:02}:00"


def test_times_order_items_where_most_are_known() -> None:
    """By time of capture, whoever has none left out; not if many are missing or the same."""
    items = [item(f"{'aab'[n % 3]}/{n}.jpg") for n in range(10)]
    times = [at(minute) for minute in (5, 3, 9, 1, 7, 2, 8, 4, 6)] + [""]
    found = by_time(items, times)
    assert found is not None
    assert found.name == "capture time"
    assert found.places.tolist() == [3, 5, 1, 7, 0, 8, 4, 6, 2]
    assert found.parts.tolist() == [0] * 9
    assert by_time(items, [*times[:7], "", "", ""]) is None
    assert by_time(items, [at(1)] * 10) is None
    assert by_time(items, [""] * 10) is None
    assert by_time([], []) is None


def test_parts_of_a_second_count() -> None:
    """A burst within one second is in order: .5 comes after .25, and none before both."""
    items = [item(f"{name}/{n}.jpg") for n, name in enumerate("baaba")]
    times = [at(1) + ".5", at(1) + ".25", at(0) + ".9", at(1), at(2)]
    found = by_time(items, times)
    assert found is not None
    assert found.places.tolist() == [2, 3, 1, 0, 4]


def test_classes_taken_one_after_another_are_parts() -> None:
    """All of one class in the morning, all of the other at noon: no neighbours across them."""
    items = [item(f"{'a' if n < 5 else 'b'}/{n}.jpg") for n in range(10)]
    found = by_time(items, [at(20 - n) for n in range(10)])
    assert found is not None
    assert found.places.tolist() == [4, 3, 2, 1, 0, 9, 8, 7, 6, 5]
    assert found.parts.tolist() == [0] * 5 + [1] * 5


def test_one_order_is_not_tried_twice() -> None:
    """Where a camera counts its files as it takes them, time says what the names say."""
    items = [item(f"{'ab'[n % 2]}/{n}.jpg") for n in range(8)]
    alike, other = [at(n) for n in range(8)], [at(n * 5 % 8) for n in range(8)]
    assert ["file names"] == [one.name for one in orders(items, alike)]
    assert ["file names", "capture time"] == [one.name for one in orders(items, other)]
