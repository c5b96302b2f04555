"""Tables of items: what is read, what is set aside, and in which words."""

from pathlib import Path

import pytest
from PIL import Image

from handful.datasets.table import read_table
from handful.errors import DataError, HandfulError, SettingError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the pictures a.png, b.png and sub/c.png.

    It lies in another of its own, since pictures are looked for in the folder above too.
    """
    place = tmp_path / "above" / "data"
    (place / "sub").mkdir(parents=True)
    for name in ("a.png", "b.png", "sub/c.png"):
        Image.new("L", (8, 8), 90).save(place / name)
    return place


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    """A table in the folder."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def as_tuples(path: Path, **options: str) -> list[tuple[str, str | None, str | None, str | None]]:
    """Path, label, group and split of each item."""
    return [(one.path, one.label, one.group, one.split) for one in read_table(path, **options)]


def test_all_columns_are_read(folder: Path) -> None:
    """Path, label, group and split come from their columns; items are sorted by path."""
    table = written(folder, "path,label,group,split\nsub/c.png,cat,p1,test\na.png,dog,p2,train\n")
    expected = [("a.png", "dog", "p2", "train"), ("sub/c.png", "cat", "p1", "test")]
    assert expected == as_tuples(table)


def test_further_columns_are_attributes(folder: Path) -> None:
    """What no column of ours says is kept by its name; blank cells and unnamed columns are not."""
    table = written(
        folder, "path,Scanner,label,age,,x,x\na.png,B,cat,,9,1,2\nb.png, C ,cat,61,,,\n"
    )
    assert [dict(one.attributes) for one in read_table(table)] == [
        {"Scanner": "B"},
        {"Scanner": "C", "age": "61"},
    ]


def test_the_group_asked_for_is_no_attribute(folder: Path) -> None:
    """A column taken as label or group is not repeated as an attribute; those not taken are."""
    table = written(folder, "path,kind,label,patient\na.png,cat,1,p1\n")
    (item,) = read_table(table, labels="kind", group="patient")
    assert dict(item.attributes) == {"label": "1"}


def test_attributes_on_which_rows_disagree_are_dropped(folder: Path) -> None:
    """Rows of one item that differ in an attribute do not contradict; that attribute is unknown."""
    table = written(folder, "path,label,reader,site\na.png,cat,ann,x\na.png,cat,bob,x\n")
    collection = read_table(table)
    assert [dict(one.attributes) for one in collection] == [{"site": "x"}]
    assert collection.quarantined == ()
    assert any("says again" in note for note in collection.notes)


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfpath,label\na.png,cat\n",
        "path;label\r\na.png;cat\r\n".encode("utf-16"),
        b" Path , LABEL \n a.png , cat \n",
        b"path\tlabel\na.png\tcat\n",
        b"path|label\n\n\na.png|cat\n,\n",
        b'"path","label"\n"a.png","cat"',
        b"path,label,,\na.png,cat,,\n",
        b"filename,label\na.png,cat\n",
        b"path,label\n.\\a.png,cat\n",
    ],
    ids=[
        "BOM",
        "UTF-16",
        "spaces",
        "tabs",
        "bars",
        "quotes",
        "empty columns",
        "synonym",
        "backslash",
    ],
)
def test_odd_but_plain_tables_are_read(folder: Path, text: bytes) -> None:
    """Byte order marks, spaces, separators, quotes and a synonym of `path` do no harm."""
    assert [("a.png", "cat", None, None)] == as_tuples(written(folder, text))


def test_latin_1_is_read_and_said(folder: Path) -> None:
    """A table that is not UTF-8 is read as Latin-1, and a note says so."""
    found = read_table(written(folder, "path,label\na.png,Bär\n".encode("latin-1")))
    assert found.items[0].label == "Bär"
    assert "Latin-1" in found.notes[0]
    assert "--encoding" in found.notes[0]


@pytest.mark.parametrize(
    ("row", "place", "why"),
    [
        ("b.png", "table.csv, line 3", "1 cell where the header has 2"),
        ("b.png,x,y", "table.csv, line 3", "3 cells where the header has 2"),
        (",x", "table.csv, line 3", "no path"),
        ("gone.png,x", "gone.png", "no such file"),
        ("sub,x", "sub", "a folder"),
        ("../gone.png,x", "../gone.png", "no such file"),
        ("sub/../../gone.png,x", "sub/../../gone.png", "no such file"),
        ("/etc/passwd,x", "…/etc/passwd", "not a picture"),
        ("/no/such/folder/b2.png,x", "…/folder/b2.png", "no such file"),
        ("b\x01.png,x", "b\x01.png", "no such file"),
    ],
)
def test_bad_rows_are_set_aside_with_their_line(
    folder: Path, row: str, place: str, why: str
) -> None:
    """A row that cannot be used is named with its line and a reason; the rest goes on."""
    found = read_table(written(folder, f"path,label\na.png,cat\n{row}\n"))
    assert ["a.png"] == [item.path for item in found]
    assert [place] == [one.path for one in found.quarantined]
    assert why in found.quarantined[0].why
    assert "line 3" in found.quarantined[0].path + found.quarantined[0].why


def test_absolute_paths_inside_the_folder_are_taken(folder: Path) -> None:
    """An absolute path below the table's folder becomes relative to it."""
    assert [("a.png", "cat", None, None)] == as_tuples(
        written(folder, f"path,label\n{folder}/a.png,cat\n")
    )


def test_repeated_rows_count_once(folder: Path) -> None:
    """Equal rows, also under another spelling of the path, are one item, and a note says so."""
    found = read_table(written(folder, "path,label\na.png,cat\n./a.png,cat\n"))
    assert (1, 0) == (len(found), len(found.quarantined))
    assert "1 row says again" in found.notes[0]


def test_contradicting_rows_are_set_aside(folder: Path) -> None:
    """An item with two labels is not guessed at: both lines are named."""
    found = read_table(written(folder, "path,label\na.png,cat\nb.png,cat\na.png,dog\na.png,cow\n"))
    assert ["b.png"] == [item.path for item in found]
    assert found.quarantined[0].path == "a.png"
    assert "label 'cat' in line 2 and 'dog' in line 4" in found.quarantined[0].why


def test_labels_may_come_from_another_column(folder: Path) -> None:
    """`--labels` names a column whatever its case; the class may be a number."""
    table = written(folder, "path,label,Grade\na.png,cat,3.0\n")
    assert [("a.png", "3", None, None)] == as_tuples(table, labels="grade")


def test_an_unknown_column_names_the_nearest(folder: Path) -> None:
    """A misspelt column gets the list of columns and the nearest name."""
    with pytest.raises(SettingError) as caught:
        read_table(written(folder, "path,diagnosis\na.png,x\n"), labels="diagnose")
    assert str(caught.value) == (
        "The table has no column 'diagnose'.\n"
        "  found:    its columns are path, diagnosis\n"
        "  expected: one of these\n"
        "  try:      --labels diagnosis"
    )


def test_groups_come_from_a_column_or_a_pattern(folder: Path) -> None:
    """`--group` is a column where one has that name, else a pattern on the path."""
    table = written(folder, "path,site\na.png,north\nsub/c.png,south\n")
    assert ["north", "south"] == [group for _, _, group, _ in as_tuples(table, group="Site")]
    assert [None, "sub"] == [group for _, _, group, _ in as_tuples(table, group=r"^(\w+)/")]


@pytest.mark.parametrize("pattern", ["patient(", "nowhere-to-be-found"])
def test_a_group_that_finds_nothing_is_an_error(folder: Path, pattern: str) -> None:
    """A broken pattern, and one that matches no path, are refused rather than ignored."""
    with pytest.raises(SettingError, match="The group is"):
        read_table(written(folder, "path\na.png\n"), group=pattern)


def test_validation_rows_are_learned_from(folder: Path) -> None:
    """Rows of a validation split join the learning part, and a note says so."""
    found = read_table(written(folder, "path,split\na.png,val\nb.png,TEST\n"))
    assert ["train", "test"] == [item.split for item in found]
    assert any("1 validation row is learned from" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "nothing is in it"),
        ("\n\n", "nothing is in it"),
        (",,\n,,\n", "only blank rows"),
        ("path,label\n", "has a header and no rows"),
        ("name,label\nann,cat\n", "does not say where the pictures are"),
        ("text,label\nfine,good\n", "texts cannot be learned from yet"),
        ("path,label\ngone.png,cat\n", "None of the 1 pictures that the table names is there"),
        ("path,split\na.png,maybe\n", "line 2: 'maybe'"),
        ("path,Path,label\na.png,b.png,x\n", ""),
        ('path,label\n"a.png,cat\n', "line"),
        ("path,label,Label\na.png,x,y\n", ""),
        ("PATH,Path\na.png,b.png\n", "2 columns named 'path'"),
        (b"PNG\0\0\0", "binary data"),
    ],
)
def test_unusable_tables_get_four_lines(folder: Path, text: str | bytes, fact: str) -> None:
    """What cannot be read is a DataError that says where; what can be told apart is read."""
    table = written(folder, text)
    if not fact:
        assert read_table(table).items[0].path == "a.png"
        return
    with pytest.raises(DataError) as caught:
        read_table(table)
    assert fact in str(caught.value)
    assert 4 == len(str(caught.value).splitlines())


def test_excel_and_parquet_are_read_alike(folder: Path) -> None:
    """The same table in Excel and in Parquet gives the same items; whole numbers stay whole."""
    import duckdb
    from openpyxl import Workbook

    rows = [("path", "label", "weight"), ("a.png", 3.0, 0.5), ("b.png", None, 1.5)]
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("notes")
    book.save(folder / "table.xlsx")
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE t (path VARCHAR, label DOUBLE, weight DOUBLE, pixels BLOB)")
        engine.executemany("INSERT INTO t VALUES (?, ?, ?, NULL)", rows[1:])
        engine.execute(f"COPY t TO '{folder}/ta[b]*le.parquet' (FORMAT parquet)")
    expected = [("a.png", "3", None, None), ("b.png", None, None, None)]
    assert expected == as_tuples(folder / "table.xlsx")
    assert expected == as_tuples(folder / "ta[b]*le.parquet")
    assert "first of 2 sheets" in read_table(folder / "table.xlsx").notes[0]


@pytest.mark.parametrize("name", ["table.xlsx", "table.xls", "table.ods", "table.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused(folder: Path, name: str) -> None:
    """Text under an Excel or Parquet name is a DataError, not a crash."""
    with pytest.raises(DataError, match="cannot be read"):
        read_table(written(folder, "path,label\na.png,cat\n", name))


def test_a_table_that_is_a_folder_is_refused(folder: Path) -> None:
    """A folder with a table's name is a DataError."""
    (folder / "folder.csv").mkdir()
    with pytest.raises(HandfulError, match="cannot be read"):
        read_table(folder / "folder.csv")


def test_a_table_that_is_no_parquet(tmp_path: Path) -> None:
    """The error names the user's file, not the place from which it was read."""
    (tmp_path / "t.parquet").write_text("path,label\n")
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "t.parquet")
    assert "t.parquet (not Parquet" in caught.value.found
    assert "/" not in caught.value.found
