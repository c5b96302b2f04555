"""`handful.open`: from a folder or a table to a project."""

from __future__ import annotations

from pathlib import Path

from handful.learning.learn import Settings
from handful.project.folders import AUTO, remember, remembered
from handful.project.project import Project

FOLDER = ".handful"


def open(
    data: str | Path,
    *,
    labels: str | None = None,
    group: str | None = None,
    folders: str | None = None,
    path: str | None = None,
    root: str | Path | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    test: float | None = None,
    encoder: str = Settings.encoder,
    coverage: float = Settings.coverage,
    max_error: float | None = None,
    seed: int = 0,
    minutes: float | None = None,
    turns: str = Settings.turns,
    zoom: bool = Settings.zoom,
    project: str | Path | None = None,
) -> Project:
    """The project of a folder or table of pictures. Finds the items; nothing is decoded yet.

    Args:
        data: a folder of class folders, a folder of loose pictures, or a table (CSV, TSV,
            Parquet, Excel) with a column `path` and if you like `label`, `group`, `split`.
        labels: column of the table that holds the class; None: `label`.
        group: what must not be parted: a column, or a regular expression on the relative path.
        folders: what each level of folders means, from the top: "class", "class/group",
            "split/class", "ignore", ...; remembered in the project. None: as remembered, else as
            is plain; "auto": as is plain, and what was remembered is forgotten.
        path: column of the table that names the pictures; None: `path`, or the one that looks
            like it.
        root: folder that the table's paths start from; None: the table's own, or the one above
            it or that you are in, if the files are there.
        encoding: of a CSV or TSV table, such as "windows-1252"; None: guessed, and said.
        sheet: of a workbook; None: the one that has the columns.
        test: share of the labelled items to keep out of learning and to measure on, in (0, 1).
        encoder: a name that `handful encoders` lists.
        coverage: how often the prediction set must hold the right class, in (0, 1).
        max_error: abstain so that at most this share of the answers given is wrong, in (0, 1).
        seed: of every random choice.
        minutes: to train part of the encoder in; None: it stays frozen. Needs the extra `torch`.
        turns: how pictures may be turned without changing their class, for that: "none",
            "mirror", "flips", "turns", or "auto": a test on the data decides.
        zoom: pictures may be seen nearer and farther away too, for that.
        project: where to keep what is computed; None: `.handful` inside the folder, or
            `TABLE.handful` beside the table.
    Raises:
        DataError: there is nothing there that can be used.
        AmbiguousFoldersError: the folders can be read in more than one way.
        SettingError: a column, pattern or setting is wrong, or would have been ignored.
    """
    from handful.datasets.find import open_data

    settings = Settings(
        test=test,
        encoder=encoder,
        coverage=coverage,
        max_error=max_error,
        seed=seed,
        minutes=minutes,
        turns=turns,
        zoom=zoom,
    )
    place = Path(data).expanduser().resolve()
    beside = place / FOLDER if place.is_dir() else place.with_name(place.name + FOLDER)
    folder = beside if project is None else Path(project)
    if folders is None and place.is_dir():
        folders = remembered(folder)
    if folders == AUTO:
        remember(folder, AUTO)
        folders = None
    collection = open_data(
        data,
        labels=labels,
        group=group,
        folders=folders,
        path=path,
        root=root,
        encoding=encoding,
        sheet=sheet,
    )
    if folders is not None:
        remember(folder, folders)
    return Project(collection, folder=folder, settings=settings)
