"""Which file each cell of the path column means, and by which rule it was found.

First the path as it is spelled, below the folder that the table's paths start from; then, where
a whole folder of the table is not there, the same names in other folders. What is not plain is
named, never guessed: two files of one name, two rows that lead to one file, a training picture
that is there only as a test picture.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import final

from handful.datasets.sheets.header import PICTURE_NAME
from handful.datasets.tables.disk import MOST_FILES, MOST_FILES_ABOVE, Disk, Tree, joined_path
from handful.datasets.tables.found import (
    ABSOLUTE,
    ELSEWHERE,
    NOT_THERE,
    Found,
    Looked,
    joined,
    several,
    shown,
)
from handful.datasets.tables.moves import Moves
from handful.datasets.tables.spelling import Spelling, differs_in, spellings
from handful.items.names import printable
from handful.items.split_names import part_named
from handful.modalities.files import claimed

# Cells from which the folder that paths start from is told.
_SAMPLED = 200

# Words beside the part in a table's name: "train_labels.csv".
_NOT_PARTS = re.compile(r"labels?|annotations?|list|metadata|solution", re.IGNORECASE)


@final
class Finder:
    """Looks cells up on the disk; remembers what it saw, so that several columns can be tried.

    Args:
        table: absolute.
        root: where paths start, if it was named; only there names are looked for.
    """

    def __init__(self, table: Path, root: Path | None = None) -> None:
        self.folder = table.parent
        self._part = part_named(_NOT_PARTS.sub(" ", table.stem))
        self.root = root
        self._disk = Disk()
        self._trees: dict[Path, Tree] = {}

    def look_up(self, cells: Iterable[str]) -> Looked:
        """Which file each cell means.

        Args:
            cells: paths as the table has them; blank ones are left out.
        """
        distinct = list(dict.fromkeys(filter(None, cells)))
        looked = Looked(self._base(distinct))
        for cell in distinct:
            self._as_spelled(cell, looked)
        self._elsewhere([cell for cell in distinct if cell not in looked.found], looked)
        _refuse_second_claims(looked)
        looked.notes = (*self._notes(distinct, looked),)
        return looked

    def seen_below(self) -> list[Path]:
        """Folders that were looked through for names."""
        return list(self._trees)

    def _base(self, cells: Sequence[str]) -> Path:
        """The folder below which most of the first cells are: the table's own before all others."""
        if self.root is not None:
            return self.root
        relative = (cell for cell in cells if not list(spellings(cell))[-1].anchor)
        sample = list(islice(relative, _SAMPLED))
        best, most = self.folder, -1
        for base in dict.fromkeys((self.folder, Path.cwd(), self.folder.parent)):
            trial = Looked(base)
            for cell in sample:
                self._as_spelled(cell, trial)
            if len(trial.found) > most:
                best, most = base, len(trial.found)
            if most == len(sample):
                break
        return best

    def _as_spelled(self, cell: str, looked: Looked) -> None:
        why = NOT_THERE
        for spelling in spellings(cell):
            start = _start(spelling, looked.base)
            if start is None:
                continue
            places = self._disk.find(start, spelling.parts)
            if len(places) > 1:
                why = several(places, looked.base)
            elif places and os.path.isdir(places[0]):  # noqa: PTH112
                why = "a folder, not a picture"
            elif places and _leads_to_no_picture(places[0], looked.base):
                why = "not a picture"
            elif places:
                looked.found[cell] = _found(places[0], start, spelling)
                return
        if why != NOT_THERE:
            looked.missing[cell] = why

    def _elsewhere(self, cells: Sequence[str], looked: Looked) -> None:
        """Looks by names alone for the cells of folders in which nothing was found."""
        if not cells:
            return
        last = {cell: list(spellings(cell))[-1] for cell in (*looked.found, *cells)}
        known = {_folder_of(last[cell]) for cell in looked.found}
        wanted = []
        for cell in cells:
            if cell in looked.missing:
                continue
            looked.missing[cell] = NOT_THERE
            if last[cell].is_remote:
                looked.missing[cell] = "an address of a server; nothing is fetched"
            if last[cell].parts and _folder_of(last[cell]) not in known:
                wanted.append(cell)
        for base in self._where_to_look(looked.base):
            if not wanted:
                return
            tree = self._tree(base, MOST_FILES if base == looked.base else MOST_FILES_ABOVE)
            if base != looked.base and not tree.is_whole:
                return  # the rest may hold another file of the name: nothing is plain there
            moves = Moves(tree, self._part)
            for cell in wanted:
                moves.consider(cell, last[cell].parts)
            moves.settle(looked)
            if moves.options:
                return

    def _where_to_look(self, base: Path) -> list[Path]:
        """The base; where the table names none of its files, the folder above it too.

        Not a folder that holds a home folder, or the whole disk: what lies there is much, and
        other people's.
        """
        above = base.parent
        home = Path.home()
        if self.root is not None or above in {home, *home.parents, Path(above.anchor)}:
            return [base]
        return [base, above]

    def _tree(self, base: Path, most: int) -> Tree:
        if base not in self._trees:
            self._trees[base] = Tree(base, most)
        return self._trees[base]

    def _notes(self, cells: Sequence[str], looked: Looked) -> list[str]:
        notes = []
        if looked.base != self.folder and self.root is None and looked.found:
            where = "above the table's" if looked.base == self.folder.parent else "you are in"
            notes.append(f"Paths start from {printable(looked.base.name)}/, the folder {where}.")
        rules = Counter(found.rule for found in looked.found.values())
        for rule, count in rules.most_common():
            if rule:
                cell = next(one for one, found in looked.found.items() if found.rule == rule)
                notes.append(
                    f"{count:,} of {len(cells):,} pictures were found {rule}"
                    + ("." if rule == ABSOLUTE else f": {_example(cell, looked)}.")
                )
        above = [
            found.place
            for found in looked.found.values()
            if ELSEWHERE in found.rule and not Path(found.place).is_relative_to(looked.base)
        ]
        if above:
            folders = {printable(os.path.relpath(Path(one).parent, looked.base)) for one in above}
            more = f" and {len(folders) - 1:,} more" if len(folders) > 1 else ""
            notes.append(
                f"{len(above):,} of these lie outside the table's folder, in {min(folders)}/{more};"
                " --root DIR names another place."
            )
        if looked.missing and looked.found:
            verb = "is" if len(looked.missing) == 1 else "are"
            notes.append(
                f"{len(looked.missing):,} of {len(cells):,} pictures that the table names {verb}"
                " not there; they are set aside."
            )
        notes += [
            f"There are more than {tree.most:,} files below {printable(tree.base.name)}/, too many"
            " to look through all; --root DIR names a smaller folder."
            for tree in self._trees.values()
            if not tree.is_whole
        ]
        return notes


def _start(spelling: Spelling, base: Path) -> str | None:
    """Where a path begins on this machine; None where it begins on another."""
    if spelling.anchor in {"", "/"}:
        return spelling.anchor or str(base)
    return f"{spelling.anchor}/" if os.name == "nt" and not spelling.is_remote else None


def _leads_to_no_picture(place: str, base: Path) -> bool:
    """Whether a path leads out of the data to a file that is no picture, such as /etc/passwd."""
    normal = os.path.normpath(place)
    if PICTURE_NAME.search(normal) or Path(normal).is_relative_to(base):
        return False
    try:
        with open(normal, "rb") as file:  # noqa: PTH123  (a name that may hold any bytes)
            return not claimed(file.read(32))
    except OSError:
        return True


def _found(place: str, start: str, spelling: Spelling) -> Found:
    names = spelling.parts
    if place != joined_path(start, *spelling.parts):
        names = Path(os.path.relpath(place, start)).parts
    differences = dict.fromkeys(
        differs_in(wanted, name) for wanted, name in zip(spelling.parts, names, strict=False)
    )
    how = [ABSOLUTE if spelling.anchor and "file:" not in spelling.rule else "", spelling.rule]
    is_exact = set(differences) <= {"", "in another Unicode form", "in other case"}
    return Found(os.path.normpath(place), joined(*how, *differences), is_exact)


def _folder_of(spelling: Spelling) -> tuple[str, ...]:
    return (spelling.anchor, *spelling.parts[:-1])


def _refuse_second_claims(looked: Looked) -> None:
    """A file found by a name that is not its own must be no other row's file."""
    claims: dict[str, list[str]] = defaultdict(list)
    for cell, found in looked.found.items():
        claims[found.place].append(cell)
    for place, cells in claims.items():
        if len(cells) == 1:
            continue
        inexact = [cell for cell in cells if not looked.found[cell].is_exact]
        if len({list(spellings(cell))[-1].parts for cell in cells}) > 1:
            for cell in inexact:
                del looked.found[cell]
                looked.missing[cell] = (
                    f"no such file; {printable(os.path.basename(place))} is another row's too"  # noqa: PTH119
                )


def _example(cell: str, looked: Looked) -> str:
    """What a cell turned out to be, without the folders above the data."""
    place = Path(looked.found[cell].place)
    return f"{shown(cell)} is {printable('/'.join(place.parts[-2:]))}"
