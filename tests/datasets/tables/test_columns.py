"""Which column names the pictures, where none is called `path`."""

import pytest

from handful.errors import SettingError
from tests.datasets.conftest import Made, Read


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("file,label\na.png,x\n", "file"),
        ("File Name;label\na.png;x\n", "File Name"),
        ("ImageFile,label\na.png,x\n", "ImageFile"),
        ("img,label\na,x\n", "img"),
        ("Foto,label\na.png,x\n", "Foto"),
        ("id_code,diagnosis\na,2\nb,3\n", "id_code"),
        ("study,label\na,2\nb,3\n", "study"),
        ("image,file,label\nx1,a.png,2\nx2,b.png,3\n", "file"),
        ("label,Datei,Maske\nx,a.png,a_mask.png\ny,b.png,b_mask.png\n", "Datei"),
    ],
)
def test_the_column_of_pictures_is_guessed_and_said(
    pictures: Made, read: Read, text: str, taken: str
) -> None:
    """By a usual name, else by cells that end as pictures do, else by cells that are found."""
    found = read(pictures("a.png", "b.png"), text)
    assert "a.png" == found.items[0].path
    assert any(f"The column `{taken}` was taken for `path`" in note for note in found.notes)


def test_the_path_option_chooses(pictures: Made, read: Read) -> None:
    """`--path` is believed before the column `path`, and a misspelt one names the nearest."""
    root = pictures("a.png", "b.png")
    text = "path,preview\na.png,b.png\n"
    assert ["b.png"] == [item.path for item in read(root, text, column="preview")]
    with pytest.raises(SettingError) as caught:
        read(root, text, column="previw")
    assert caught.value.attempt == "--path preview"


def test_folder_and_file_in_two_columns(pictures: Made, read: Read) -> None:
    """Timelapse writes the folder into `RelativePath` and the name into `File`."""
    root = pictures("north/1.png", "south/1.png")
    text = "RootFolder,RelativePath,File,label\nx,north,1.png,cat\nx,south,1.png,dog\n"
    found = read(root, text)
    assert [("north/1.png", "cat"), ("south/1.png", "dog")] == [(i.path, i.label) for i in found]
    assert any("`File`, in the folder that `RelativePath` says" in note for note in found.notes)


def test_further_columns_of_one_name_do_no_harm(pictures: Made, read: Read) -> None:
    """Only a column that is needed must have a name of its own."""
    found = read(pictures("a.png"), "path,x,x,label\na.png,1,2,cat\n")
    assert ["cat"] == [item.label for item in found]


def test_a_column_of_folders_called_path(pictures: Made, read: Read) -> None:
    """Where `path` holds folders and another column the names, both are taken together."""
    root = pictures("north/1.png", "south/1.png")
    found = read(root, f"path,filename,label\nnorth,1.png,cat\n{root}/south/,1.png,dog\n")
    assert [("north/1.png", "cat"), ("south/1.png", "dog")] == [(i.path, i.label) for i in found]
    assert any("`filename`, in the folder that `path` says" in note for note in found.notes)


def test_a_column_called_path_that_holds_no_folders_is_believed(pictures: Made, read: Read) -> None:
    """Identifiers in `path` are not joined to the names in another column."""
    found = read(pictures("x1.png", "a.png"), "path,image,label\nx1,a.png,cat\n")
    assert ["x1.png"] == [item.path for item in found]
