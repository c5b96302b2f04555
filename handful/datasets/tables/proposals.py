"""What a table's columns may mean that nobody said: proposed in notes with the option, never taken.

The column of splits alone is taken unasked, where all its cells name parts of a data set: a test
row must not be learned from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import final

from handful.datasets.sheets.header import PICTURE_NAME, key
from handful.datasets.sheets.sheet import Sheet
from handful.datasets.tables.columns import Columns
from handful.datasets.tables.labels import NUMBER
from handful.items.label_names import SAY_NOTHING, cell_label
from handful.items.split_names import part_named

SPLIT_KEYS = ("split", "subset", "partition", "set", "phase", "usage", "part", "datasplit", "fold")
# Names of columns whose equal cells should not be parted, by `key`.
_SPEAKING = re.compile(
    "patient|subject|participant|person|animal|individual|specimen|lesion|recordid|caseid"
    "|^case$|study|series|session|visit|site|station|plot|camera|deployment|location|burst"
    "|sequence|slide|video|scene|module|batch"
)
# Columns of tables in which a row is a box or a region of a picture.
_REGIONS = frozenset(
    {"xmin", "ymin", "xmax", "ymax", "bbox", "bboxx", "x1", "y1", "x2", "y2", "regioncount"}
    | {"regionshapeattributes", "left", "top", "rle", "encodedpixels", "polygon"}
)
_ENOUGH_OF_REGIONS = 2
_ONE = {"1", "true"}
_ZERO = {"0", "false"}
_NAMED = 4
_MOST = 0.6
# A column of classes has at most this many names; more are identifiers or remarks.
_MANY_CLASSES = 100


@final
class Proposals:
    """The columns of a table that have no part of their own yet.

    Args:
        columns: of the table.
        sheet: what it holds.
    """

    def __init__(self, columns: Columns, sheet: Sheet) -> None:
        self._columns = columns
        self._rows = [cells for _, cells in sheet.rows]
        self._seen: dict[int, list[str]] = {}

    def split(self) -> tuple[int | None, tuple[str, ...]]:
        """The column of splits, and a note where it is not called so."""
        place = self._columns.find("split")
        if place is not None:
            return place, ()
        for at in self._columns.by_key(SPLIT_KEYS):
            values = {part_named(cell) for cell in set(self._cells(at))}
            if None not in values and len(values) > 1:
                return at, (f"The column `{self._columns.header[at]}` was taken for `split`.",)
        return None, ()

    def attributes(self, *taken: int | None) -> dict[str, int]:
        """Name and place of the columns that describe items; none that names files or addresses.

        Args:
            taken: places of the columns that have a part of their own.
        """
        return {
            name: at
            for name, at in self._columns.others(*taken).items()
            if not self._share(at, lambda cell: bool(PICTURE_NAME.search(cell)) or _is_place(cell))
        }

    def labels(self, *taken: int | None) -> str:
        """What to say of a table that has no column of classes."""
        free = [at for at in range(len(self._columns.header)) if at not in taken]
        coded = [at for at in free if self._columns.header[at] and _is_coded(self._cells(at))]
        if len(coded) > 1:
            names = [self._columns.header[at] for at in coded]
            named = ", ".join(f"`{one}`" for one in names[:_NAMED])
            more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
            return (
                f"No column `label`, but {len(names)} columns of 0 and 1: {named}{more}. Are they"
                " several labels to an item? Those are not learned yet: --labels"
                f" {names[0]} learns one of them as yes or no."
            )
        for at in free:
            cells = self._cells(at)
            if self._columns.header[at] and _could_be_classes(cells):
                name, count = self._columns.header[at], len(set(cells))
                return (
                    f"No column `label`, so no labels are known. Is it `{name}` ({count} values)?"
                    f" --labels {name!r} takes it; the columns are {self._columns}."
                )
        return f"No column `label`, so no labels are known; the columns are {self._columns}."

    def groups(self, *taken: int | None) -> tuple[str, ...]:
        """What to say of columns by which items may belong together."""
        notes = []
        for at, name in enumerate(self._columns.header):
            cells = self._cells(at)
            if at in taken or not _SPEAKING.search(key(name)) or not cells:
                continue
            counts = Counter(cells)
            if 1 < len(counts) < len(cells):
                notes.append(
                    f"The column `{name}` has {len(counts):,} values in {len(cells):,} rows:"
                    f" --group {name!r} keeps what has the same on one side of every split."
                )
        return tuple(notes[:_NAMED])

    def regions(self) -> tuple[str, ...]:
        """What to say where a row is a box or a region and not a picture."""
        found = [name for name in self._columns.header if key(name) in _REGIONS]
        if len(found) < _ENOUGH_OF_REGIONS:
            return ()
        named = ", ".join(f"`{name}`" for name in found[:_NAMED])
        return (
            f"Rows are boxes or regions ({named}): each picture counts once, as a whole, and one"
            " whose rows name different classes is set aside.",
        )

    def _cells(self, at: int) -> list[str]:
        """The cells of a column that say something."""
        if at not in self._seen:
            self._seen[at] = [
                cells[at]
                for cells in self._rows
                if at < len(cells) and cells[at] not in SAY_NOTHING
            ]
        return self._seen[at]

    def _share(self, at: int, fits: Callable[[str], bool]) -> bool:
        cells = set(self._cells(at))
        return sum(map(fits, cells)) > _MOST * len(cells)


def _is_place(cell: str) -> bool:
    """Whether a cell is an absolute path or an address, which no report should hold."""
    return bool(re.match(r"/[^/ ]+/|[A-Za-z]:[\\/]|\\\\|[a-z][a-z0-9+.-]+://", cell))


def _is_coded(cells: Sequence[str]) -> bool:
    """Whether a column says yes or no of one class: both occur, and nothing else."""
    values = {cell_label(cell) for cell in set(cells)}
    return bool(values & _ONE) and bool(values & _ZERO) and values <= _ONE | _ZERO


def _could_be_classes(cells: Sequence[str]) -> bool:
    """Whether a few words return again and again."""
    values = set(cells)
    return 1 < len(values) <= min(len(cells) / 2, _MANY_CLASSES) and not all(
        NUMBER.fullmatch(value) for value in values
    )
