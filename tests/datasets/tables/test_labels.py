"""What the cells of the column of classes name, and columns that hold no classes."""

import pytest

from handful.errors import DataError, SettingError
from tests.datasets.conftest import Made, Read

TWENTY = tuple(f"{number}.png" for number in range(20))


def column(name: str, cells: list[str]) -> str:
    """A table of twenty pictures whose classes are the cells, again and again."""
    rows = (f'{path},"{cells[at % len(cells)]}"\n' for at, path in enumerate(TWENTY))
    return f"path,{name}\n" + "".join(rows)


def test_words_for_nothing_are_no_label_and_counted(pictures: Made, read: Read) -> None:
    """NA and its like name no class; a note counts each and says what to do if one is a class."""
    found = read(pictures(*TWENTY), column("label", ["cat", "NA", "dog", "-"]))
    assert 10 == sum(item.label is None for item in found)
    assert (
        "5 cells 'NA' and 5 cells '-' of the column `label` are read as no label; if that is a"
        " class, give it a name of its own in the table."
    ) in found.notes


def test_empty_cells_need_no_note(pictures: Made, read: Read) -> None:
    """That nothing stands in a cell is plain."""
    found = read(pictures(*TWENTY), column("label", ["cat", "", "dog"]))
    assert {"cat", "dog", None} == {item.label for item in found}
    assert found.notes == ()


def test_one_class_however_it_is_written(pictures: Made, read: Read) -> None:
    """0, 0.0 and "0" are one class, and so are TRUE, True and true."""
    found = read(pictures(*TWENTY), column("label", ["0", "0.0", " 0 ", "1"]))
    assert {"0", "1"} == {item.label for item in found}
    found = read(pictures(*TWENTY), column("label", ["TRUE", "True", "true", "FALSE"]))
    assert {"true", "false"} == {item.label for item in found}


def test_classes_that_differ_in_case_are_noted(pictures: Made, read: Read) -> None:
    """They stay two classes, as case may be meant, and a note counts them."""
    found = read(pictures(*TWENTY), column("label", ["Cat", "cat", "cat", "dog"]))
    assert {"Cat", "cat", "dog"} == {item.label for item in found}
    assert any("'Cat' (5) and 'cat' (10)" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "cells", "found"),
    [
        ("label", ["cat|dog", "cat", "dog"], "7 of 20 rows, such as 'cat|dog'"),
        ("label", ["cat;dog", "dog;cow;cat", "cow"], "14 of 20 rows, such as 'cat;dog'"),
        ("label", ["cat, dog", "cat", "dog"], "7 of 20 rows, such as 'cat, dog'"),
        ("tags", ["haze primary", "clear", "clear primary road"], "13 of 20 rows"),
    ],
)
def test_several_labels_to_an_item_are_refused(
    pictures: Made, read: Read, name: str, cells: list[str], found: str
) -> None:
    """Lists of classes are told from names by their pieces, which return by themselves."""
    options = {} if name == "label" else {"labels": name}
    with pytest.raises((DataError, SettingError), match="several labels to an item") as caught:
        read(pictures(*TWENTY), column(name, cells), **options)
    assert found in caught.value.found


@pytest.mark.parametrize(
    "cells",
    [
        ["mammal;cat", "mammal;dog", "bird;owl"],
        ["Cat, domestic", "dog"],
        ["red car", "blue car", "car"],
        ["a|b", "c"],
    ],
)
def test_names_with_signs_in_them_are_classes(pictures: Made, read: Read, cells: list[str]) -> None:
    """A taxonomy, a comma, a blank or a bar in a name does not make it a list."""
    found = read(pictures(*TWENTY), column("label", cells))
    assert set(cells) == {item.label for item in found}


def test_a_few_rows_of_several_labels_are_set_aside(pictures: Made, read: Read) -> None:
    """One list among twenty names is a row that cannot be used; the rest goes on."""
    found = read(pictures(*TWENTY), column("label", ["a|b", *["a", "b"] * 9, "a"]))
    assert 19 == len(found)
    assert "several labels to one item: a|b" in found.quarantined[0].why


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([f"patient {n}" for n in range(20)], "20 different values in 20 rows, such as patient 0"),
        ([str(n) for n in range(20)], "20 different numbers in 20 rows, such as 0, 1, 2"),
        ([f"{n / 7:.3f}" for n in range(12)], "12 different numbers in 20 rows, such as 0"),
        ([f"0,{n}" for n in range(1, 15)], "14 different numbers in 20 rows, such as 0,1"),
    ],
)
def test_columns_that_hold_no_classes_are_refused(
    pictures: Made, read: Read, cells: list[str], found: str
) -> None:
    """Identifiers and numbers to predict are told by how many different values there are."""
    with pytest.raises(SettingError, match="does not hold classes") as caught:
        read(pictures(*TWENTY), column("outcome", cells), labels="outcome")
    assert found in caught.value.found


@pytest.mark.parametrize("cells", [["0", "1", "2"], ["0.5", "1.5"], [str(n) for n in range(10)]])
def test_numbers_may_be_classes(pictures: Made, read: Read, cells: list[str]) -> None:
    """Few numbers that return are classes."""
    found = read(pictures(*TWENTY), column("label", cells))
    assert set(cells) == {item.label for item in found}
