"""Files that lie in other folders than a table says: which folder stands for which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import final

from handful.datasets.tables.disk import Tree
from handful.datasets.tables.found import ELSEWHERE, Found, Looked, joined, several
from handful.datasets.tables.spelling import differs_in
from handful.items.split_names import Part, part_named

_Dirs = tuple[str, ...]


@final
class Moves:
    """Cells whose names lie in other folders than they say, and which folder stands for which.

    Args:
        tree: where names are looked for.
        part: of the data that the table's own name says, as `train.csv` does: of files in the
            folders of several parts those in its own are meant.
    """

    def __init__(self, tree: Tree, part: Part | None) -> None:
        self._tree = tree
        self._part = part
        self.options: dict[str, list[tuple[_Dirs, _Dirs, tuple[str, ...]]]] = {}
        self._parts: dict[str, tuple[str, ...]] = {}

    def consider(self, cell: str, parts: tuple[str, ...]) -> None:
        """Finds the files of that name that share most of the cell's last folders."""
        best: list[tuple[_Dirs, _Dirs, tuple[str, ...]]] = []
        most = 0
        for file in self._tree.named(parts[-1]):
            shared = _shared_end(parts[:-1], file[:-1])
            move = (parts[: len(parts) - 1 - shared], file[: len(file) - 1 - shared], file)
            if _changes_part(move[0], move[1]):
                continue
            if shared > most:
                best, most = [], shared
            if shared == most:
                best.append(move)
        own = [one for one in best if self._part in map(part_named, one[1])]
        if own and self._part is not None:
            best = own
        if best:
            self.options[cell] = best
            self._parts[cell] = parts

    def settle(self, looked: Looked) -> None:
        """Takes what is plain; of several files the one where others of its folder lie."""
        sure: dict[_Dirs, Counter[_Dirs]] = defaultdict(Counter)
        for options in self.options.values():
            if len(options) == 1:
                sure[options[0][0]][options[0][1]] += 1
        for cell, options in self.options.items():
            here = [one for one in options if one[1] in sure.get(one[0], ())] or options
            places = [str(self._tree.base.joinpath(*file)) for _, _, file in here]
            if len(places) > 1:
                looked.missing[cell] = several(places, self._tree.base)
            else:
                looked.missing.pop(cell, None)
                rule = joined(ELSEWHERE, differs_in(self._parts[cell][-1], here[0][2][-1]))
                looked.found[cell] = Found(places[0], rule, is_exact=False)


def _shared_end(these: Sequence[str], those: Sequence[str]) -> int:
    """How many of the last folders are the same, whatever their case."""
    count = 0
    for this, that in zip(reversed(these), reversed(those), strict=False):
        if differs_in(this, that) not in {"", "in other case", "in another Unicode form"}:
            break
        count += 1
    return count


def _changes_part(before: _Dirs, after: _Dirs) -> bool:
    """Whether a picture of one part of the data would be taken from another part."""
    old = {part for name in before if (part := part_named(name))}
    new = {part for name in after if (part := part_named(name))}
    return bool(old and new and old != new)
