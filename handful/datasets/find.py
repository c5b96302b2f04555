"""The one door to a user's data: a folder or a table, told apart here, read in their own files."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from handful.errors import DataError, SettingError
from handful.items.item import Collection
from handful.items.names import printable
from handful.modalities.files import suffixes, why_unread

_ARCHIVE_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_EXPECTED = "a folder of pictures, or a table (CSV, TSV, Parquet, Excel) that names them"


def open_data(
    data: str | Path,
    *,
    labels: str | None = None,
    group: str | None = None,
    folders: str | None = None,
    path: str | None = None,
    root: str | Path | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Collection:
    """All items in a folder or a table, sorted by path; nothing is decoded yet.

    What cannot be used is set aside in `quarantined`, what is worth knowing stands in `notes`.

    Args:
        data: a folder of class folders, a folder of loose files, or a table.
        labels: for a table, the column that holds the class.
        group: what must not be parted: a regular expression on the relative path (its first
            group, or the whole match, is the name), for a table also a column.
        folders: for a folder, what each level of folders means, such as "class/group"; None: as
            is plain.
        path: for a table, the column that names the pictures.
        root: for a table, the folder that its paths start from.
        encoding: for a CSV or TSV table, how its text is encoded.
        sheet: for a workbook, which of its sheets is the table.
    Raises:
        DataError: there is nothing there, or nothing that can be used.
        AmbiguousFoldersError: the folders can be read in more than one way.
        SettingError: an option of tables with a folder or the reverse, or a column or pattern
            that is found nowhere.
    """
    place = Path(data).expanduser()
    if not str(data):  # an unset variable of the shell's; Path takes it for the working folder
        raise _unusable(place, "an empty name", "name the folder; `.` is where you are")
    try:
        is_folder, is_file = place.is_dir(), place.is_file()
    except OSError as error:
        raise _unusable(place, error.strerror or str(error)) from error
    if is_folder:
        from handful.datasets.folder import read_folder

        _refuse_what_tables_take(
            place,
            {
                "--labels": labels,
                "--path": path,
                "--root": root,
                "--encoding": encoding,
                "--sheet": sheet,
            },
        )
        return read_folder(place, group=group, folders=folders)
    if not is_file:
        raise _missing(place)
    if folders is not None:
        raise SettingError(
            "Only a folder's levels can be read so.",
            found=f"--folders {folders}, with the file {printable(str(place))}",
            expected="a folder of pictures; a table has columns `label`, `group` and `split`",
            attempt="leave out --folders",
        )
    from handful.datasets.sheets.sheet import is_table, kept_elsewhere
    from handful.datasets.table import read_table

    if is_table(place):
        return read_table(
            place,
            labels=labels,
            group=group,
            column=path,
            root=None if root is None else Path(root),
            encoding=encoding,
            sheet=sheet,
        )
    suffix = place.suffix.lower()
    if suffix in suffixes() or why_unread(suffix):
        raise _unusable(place, "one picture", f"give its folder: {printable(str(place.parent))}")
    if suffix in _ARCHIVE_SUFFIXES:
        raise _unusable(place, "an archive", "unpack it and give the folder")
    elsewhere = kept_elsewhere(place)
    if elsewhere is not None:
        raise elsewhere
    raise _unusable(place, f"the ending {suffix!r} is that of no table" if suffix else "no ending")


def _refuse_what_tables_take(folder: Path, options: Mapping[str, object]) -> None:
    """Does nothing where no option of tables is given.

    Raises:
        SettingError: one is, and a folder would have ignored it.
    """
    option = next((name for name, value in options.items() if value is not None), None)
    if option is None:
        return
    raise SettingError(
        "A folder has no columns to take labels from."
        if option == "--labels"
        else f"{option} is for tables, and would have been ignored.",
        found=f"{option} {options[option]}, with the folder {printable(str(folder))}",
        expected="labels from the names of class folders, or a table",
        attempt=f"leave out {option}, or give the table instead of the folder",
    )


def _unusable(path: Path, why: str, attempt: str = "give a folder or a table") -> DataError:
    return DataError(
        "The data is neither a folder nor a table.",
        found=f"{printable(str(path))} ({why})",
        expected=_EXPECTED,
        attempt=attempt,
    )


def _missing(path: Path) -> DataError:
    try:
        if path.exists():
            return _unusable(path, "neither a file nor a folder")
        near = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=1)
    except (OSError, ValueError):
        near = []  # the folder above is not there or may not be read: nothing to suggest
    place = printable(str(path.parent / near[0])) if near else ""
    return DataError(
        "There is no such data.",
        found=f"{printable(str(path))} does not exist",
        expected=_EXPECTED,
        attempt=f"did you mean {place}?" if place else "check the spelling, and where you are",
    )
