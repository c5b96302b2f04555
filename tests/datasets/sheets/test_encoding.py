"""Bytes whose encoding is not known: what is guessed, what is said, what is refused."""

import pytest

from handful.errors import DataError, SettingError
from tests.datasets.conftest import Made, Read

TEXT = "path,label\na.png,Bär – “5 €”\n"
LABEL = "Bär – “5 €”"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("utf-32", ""),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("windows-1252", "Windows-1252"),
    ],
)
def test_what_spreadsheets_write_is_read(
    pictures: Made, read: Read, encoding: str, said: str
) -> None:
    """With a mark or without, UTF-8, UTF-16 and Windows-1252 are told apart; a guess is said."""
    found = read(pictures("a.png"), TEXT.encode(encoding))
    assert [LABEL] == [item.label for item in found]
    assert said in " ".join(found.notes)
    assert bool(said) == bool(found.notes)


def test_line_ends_of_macs_tell_their_encoding(pictures: Made, read: Read) -> None:
    """Excel's "CSV (Macintosh)" ends lines as no other does, and its letters are Mac Roman."""
    found = read(pictures("a.png"), "path,label\ra.png,Bär\r".encode("mac-roman"))
    assert ["Bär"] == [item.label for item in found]
    assert "Mac Roman" in found.notes[0]


def test_a_named_encoding_is_believed(pictures: Made, read: Read) -> None:
    """`--encoding` reads what no guess would tell from Windows-1252, and nothing is said of it."""
    found = read(pictures("a.png"), "path,label\na.png,Bär\n".encode("cp850"), encoding="cp850")
    assert (["Bär"], ()) == ([item.label for item in found], found.notes)
    found = read(pictures("a.png"), "path,label\na.png,猫\n".encode("shift-jis"), encoding="sjis")
    assert ["猫"] == [item.label for item in found]


def test_single_strays_do_not_spoil_the_rest(pictures: Made, read: Read) -> None:
    """In a UTF-8 table with one byte of Windows-1252 the other letters stay right."""
    raw = "path,label\na.png,Bär\nb.png,Größe\nc.png,caf".encode() + b"\xe9\n"
    found = read(pictures("a.png", "b.png", "c.png"), raw)
    assert ["Bär", "Größe", "café"] == [item.label for item in found]
    assert "1 character is not UTF-8, first in line 4; read as Windows-1252." in found.notes


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13"])
def test_an_encoding_that_is_none(pictures: Made, read: Read, encoding: str) -> None:
    """A name that Python does not know, or that is no encoding of text, is refused."""
    with pytest.raises(SettingError) as caught:
        read(pictures("a.png"), TEXT, encoding=encoding)
    assert f"--encoding {encoding}" == caught.value.found


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "utf-16", "undefined", "idna"])
def test_a_wrong_encoding_names_the_line(pictures: Made, read: Read, encoding: str) -> None:
    """Bytes that are not of the named encoding are a fault with line and byte."""
    raw = "path,label\na.png,Bär\n".encode("latin-1")
    with pytest.raises(DataError) as caught:
        read(pictures("a.png"), raw, encoding=encoding)
    assert "The table is not in the encoding that was named." == caught.value.what
    assert encoding in caught.value.found


def test_a_wrong_encoding_word_for_word(pictures: Made, read: Read) -> None:
    """The golden text of that fault."""
    with pytest.raises(DataError) as caught:
        read(pictures("a.png"), b"path,label\na.png,B\xe4r\n", encoding="utf-8")
    assert str(caught.value) == (
        "The table is not in the encoding that was named.\n"
        "  found:    table.csv, line 2: byte e4 is not utf-8\n"
        "  expected: the encoding that the table was saved in\n"
        "  try:      leave out --encoding: it is guessed, and said"
    )
