"""Which row is the header, where names of columns stand in other rows too."""

import pytest

from handful.datasets.sheets.header import key
from tests.datasets.conftest import Made, Read


@pytest.mark.parametrize(
    "text",
    [
        "Datei,Typ\na.png,image\nb.png,text\n",
        "Image\nDatei,Typ\na.png,image\nb.png,text\n",
        "File,\nDatei,Typ\na.png,image\nb.png,text\n",
        "path,Typ\na.png,image\nb.png,text\n",
    ],
)
def test_names_of_columns_may_be_titles_and_classes(pictures: Made, read: Read, text: str) -> None:
    """A title of one cell, and a row in which a picture stands, are no header."""
    found = read(pictures("a.png", "b.png"), text, labels="Typ")
    assert [("a.png", "image"), ("b.png", "text")] == [(one.path, one.label) for one in found]


@pytest.mark.parametrize("name", ["File Name", "file_name", "FileName", " FILE-NAME ", "file.name"])
def test_a_key_is_the_name_without_signs(name: str) -> None:
    """Case, blanks and signs do not tell column names apart."""
    assert "filename" == key(name)
