"""What columns may mean that nobody said: proposed in notes; a column of splits is taken."""

import pytest

from tests.datasets.conftest import Made, Read

TEN = tuple(f"{number}.png" for number in range(10))


def rows(*cells: str) -> str:
    """Ten rows: a picture, and the cells in turn."""
    return "".join(f"{path},{cells[at % len(cells)]}\n" for at, path in enumerate(TEN))


def test_a_column_of_splits_is_taken_under_other_names(pictures: Made, read: Read) -> None:
    """Where all cells name parts of a data set their column is obeyed, and a note says so."""
    found = read(pictures(*TEN), "path,Subset\n" + rows("training", "val", "tst", ""))
    assert ["train", "train", "test", None] == [item.split for item in found][:4]
    assert "The column `Subset` was taken for `split`." in found.notes


@pytest.mark.parametrize("cells", [("train",), ("train", "test", "maybe"), ("0", "1")])
def test_other_columns_of_such_names_are_not(
    pictures: Made, read: Read, cells: tuple[str, ...]
) -> None:
    """One part alone, or cells that name none, make no split; the column describes items."""
    found = read(pictures(*TEN), "path,subset\n" + rows(*cells))
    assert {None} == {item.split for item in found}
    assert cells[0] == found.items[0].attributes["subset"]


def test_columns_that_may_be_groups_are_proposed(pictures: Made, read: Read) -> None:
    """A patient with several rows is named, unless a group is given or each row has its own."""
    root = pictures(*TEN)
    text = "path,Patient ID\n" + rows("p1", "p2", "p3")
    note = (
        "The column `Patient ID` has 3 values in 10 rows: --group 'Patient ID' keeps what has the"
        " same on one side of every split."
    )
    assert note in read(root, text).notes
    assert note not in read(root, text, group="Patient ID").notes
    assert not any("--group" in one for one in read(root, "path,patient\n" + rows(*TEN)).notes)


def test_boxes_are_told(pictures: Made, read: Read) -> None:
    """A table with a row for each box is read as pictures, and a note says what that means."""
    text = "filename,class,xmin,ymin\na.png,cat,1,1\na.png,cat,3,3\nb.png,cat,1,1\nb.png,dog,2,2\n"
    found = read(pictures("a.png", "b.png"), text, labels="class")
    assert [("a.png", "cat")] == [(item.path, item.label) for item in found]
    assert any("boxes or regions (`xmin`, `ymin`)" in note for note in found.notes)
    assert "contradict" in found.quarantined[0].why


def test_columns_of_paths_and_addresses_describe_nothing(pictures: Made, read: Read) -> None:
    """Masks, addresses and absolute paths are kept out of the attributes, and so of the report."""
    text = (
        "path,mask,url,source,site\n"
        "a.png,a_mask.png,https://host.example/1,/home/ann/raw/x,north\n"
        "b.png,b_mask.png,s3://bucket/2,C:\\raw\\y,1/2 up\n"
    )
    found = read(pictures("a.png", "b.png"), text)
    assert [{"site": "north"}, {"site": "1/2 up"}] == [dict(item.attributes) for item in found]


def test_columns_of_zeros_and_ones_are_named(pictures: Made, read: Read) -> None:
    """Where no column is called `label`, columns of 0 and 1 may be several labels to an item."""
    text = "path,MEL,NV\n0.png,1.0,0.0\n1.png,0.0,1.0\n"
    found = read(pictures("0.png", "1.png"), text)
    [note] = [note for note in found.notes if "0 and 1" in note]
    assert "2 columns of 0 and 1: `MEL`, `NV`" in note
    assert "--labels MEL" in note


def test_a_column_that_could_be_the_classes_is_proposed(pictures: Made, read: Read) -> None:
    """Nothing is taken unasked, but the note says how to take it."""
    found = read(pictures(*TEN), "path,species\n" + rows("cat", "dog"))
    assert {None} == {item.label for item in found}
    assert any("--labels 'species' takes it" in note for note in found.notes)
