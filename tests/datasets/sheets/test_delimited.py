"""Tables that are texts: separators, titles above the header, and what is no table."""

import pytest

from handful.errors import DataError, SettingError
from tests.datasets.conftest import Made, Read


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\npath;label\r\na.png;cat\r\n",
        '"sep=|"\npath|label\na.png|cat\n',
        "SEP=\t\npath\tlabel\na.png\tcat\n",
        "path;score;label\na.png;0,5;cat\n",
        "Survey of 2024, all sites\n\npath,label\na.png,cat\n",
        "Survey; north, south\n;\n;\npath;label\na.png;cat\n",
        '"a title, and\nits second line",\npath,label\na.png,cat\n',
        "My table,,\nmade by ann,,\nNr,File Name,label\n1,a.png,cat\n",
        ",path,label\n0,a.png,cat\n",
        "Unnamed: 0,path,label\n0,a.png,cat\n",
        '"path" "label"\n'.replace(" ", "\t") + '"1"\t"a.png"\t"cat"\n',
        "path,label\na.png,cat\npath,label\n",
        "path,label\r\ra.png,cat\r",
        'path,remark,label\na.png,"two\nlines, one cell",cat\n',
    ],
)
def test_tables_as_programs_write_them(pictures: Made, read: Read, text: str) -> None:
    """Declared separators, decimal commas, titles, index columns, row names, quoted line ends."""
    [item] = read(pictures("a.png"), text)
    assert ("a.png", "cat") == (item.path, item.label)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("A title\n\npath,label\na.png,x\n", "Line 1, above the header, was passed over."),
        ("A\nB\npath,label\na.png,x\n", "Lines 1 to 2, above the header, were passed over."),
        ("path,label\na.png,x\npath,label\n", "The header stands again in line 3"),
        ("path\tlabel\n1\ta.png\tx\n", "one cell more than the header"),
    ],
)
def test_what_was_passed_over_is_said(pictures: Made, read: Read, text: str, note: str) -> None:
    """Titles, a header that stands again and row names are each told in a note."""
    assert any(note in one for one in read(pictures("a.png"), text).notes)


def test_lines_are_counted_as_an_editor_counts_them(pictures: Made, read: Read) -> None:
    """A row is named by the line that it begins in, titles and quoted line ends included."""
    text = 'sep=,\nA title\npath,label\n"a.png","x\ny"\ngone.png,x\n'
    [bad] = read(pictures("a.png"), text).quarantined
    assert "table.csv, line 6: no such file" == bad.why


def test_tsv_prefers_tabs(pictures: Made, read: Read) -> None:
    """The ending decides where both separators fit equally well."""
    [item] = read(pictures("a.png"), "path\tlabel,x\na.png\tcat,y\n", "t.tsv", labels="label,x")
    assert item.label == "cat,y"


HUGE = "path,label\na.png," + "x" * 140_000 + "\n"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "<!DOCTYPE html><html><body>Sign in</body></html>",
            "The table is not what its name says.\n"
            "  found:    table.csv is a web page\n"
            "  expected: columns separated by commas, semicolons, tabs or bars\n"
            "  try:      download the table itself, not the page that shows it",
        ),
        (
            '[{"path": "a.png"}]',
            "The table is not what its name says.\n"
            "  found:    table.csv is JSON\n"
            "  expected: columns separated by commas, semicolons, tabs or bars\n"
            "  try:      save the table as CSV (UTF-8)",
        ),
        (
            "a.png,cat\na.png,dog\n",
            "The table has no header.\n"
            "  found:    table.csv, line 1: a.png, cat\n"
            "  expected: a first row that names the columns, such as path,label\n"
            "  try:      put a line above it: path,label",
        ),
        (
            "path label\na.png cat\n",
            "The table's columns are separated by a sign that is not known.\n"
            "  found:    table.csv, first line: path label\n"
            "  expected: columns separated by commas, semicolons, tabs, bars\n"
            "  try:      open it in a spreadsheet and save it as CSV (UTF-8)",
        ),
        (
            'path,label\na.png,cat\n"a.png,cat\na.png,dog\n',
            "The table cannot be read.\n"
            "  found:    table.csv (a quotation mark in line 3 is never closed)\n"
            "  expected: CSV, TSV, Parquet or Excel with a header row\n"
            "  try:      close the quotation mark in line 3, or write it twice inside of a cell",
        ),
        (
            HUGE,
            "The table cannot be read.\n"
            "  found:    table.csv (line 2: a cell of more than 131,072 characters)\n"
            "  expected: CSV, TSV, Parquet or Excel with a header row\n"
            "  try:      look for a quotation mark that is never closed, or leave that column out",
        ),
        (
            "path,label\n\n",
            "The table has no rows.\n"
            "  found:    table.csv has a header and no rows\n"
            "  expected: a row for each picture\n"
            "  try:      check that it was saved, and that it is the right file",
        ),
        (
            "site,species\nnorth,cat\n",
            "The table does not say where the pictures are.\n"
            "  found:    table.csv has the columns site, species\n"
            "  expected: a column `path`, and if you like `label`, `group`, `split`\n"
            "  try:      --path COLUMN names the column that holds the file names",
        ),
        (
            "path,label\n,cat\n,dog\n",
            "None of the table's 2 rows names a picture.\n"
            "  found:    table.csv, line 2 (no path)\n"
            "  expected: a picture's path in the column `path`\n"
            "  try:      --path COLUMN names another column",
        ),
    ],
)
def test_each_cause_has_words_of_its_own(pictures: Made, read: Read, text: str, error: str) -> None:
    """A page, JSON, no header, a wrong separator, an open quotation mark: each is told apart."""
    with pytest.raises(DataError) as caught:
        read(pictures("a.png"), text)
    assert f"{error}" == str(caught.value)


@pytest.mark.parametrize(
    ("content", "kind", "attempt"),
    [
        (b"\x89PNG\r\n\x1a\n", "a picture", "give its folder"),
        (b"PAR1\x15\x04", "a Parquet file", "rename it to table.parquet"),
        (b"\x1f\x8b\x08", "compressed (gzip)", "unpack it"),
        (b"PK\x03\x04\x14\0..xl/workbook.xml", "an Excel workbook", "rename it to table.xlsx"),
        (b"%PDF-1.7", "a PDF document", "copy the table into a spreadsheet and save it as CSV"),
        (b"SQLite format 3\0", "a database", "export its table as CSV"),
    ],
)
def test_other_files_under_the_name_of_a_table(
    pictures: Made, read: Read, content: bytes, kind: str, attempt: str
) -> None:
    """What a CSV really is is told by its first bytes, with the way out."""
    with pytest.raises(DataError) as caught:
        read(pictures("a.png"), content)
    assert (f"table.csv is {kind}", attempt) == (caught.value.found, caught.value.attempt)


@pytest.mark.parametrize(("option", "value"), [("encoding", "latin-1"), ("sheet", "one")])
def test_options_that_do_not_apply(pictures: Made, read: Read, option: str, value: str) -> None:
    """`--encoding` is for texts and `--sheet` for workbooks; elsewhere they are refused."""
    name = "table.parquet" if option == "encoding" else "table.csv"
    with pytest.raises(SettingError, match="would have been ignored"):
        read(pictures("a.png"), "path\na.png\n", name, **{option: value})
