"""Rows of a table become items, or are set aside with their line and a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from handful.datasets.tables.columns import PathColumn
from handful.datasets.tables.found import Looked, shown
from handful.datasets.tables.labels import LabelColumn
from handful.errors import DataError
from handful.items.item import Item, Quarantined, SplitName
from handful.items.label_names import cell_label
from handful.items.split_names import part_named, side_of


@dataclass(slots=True)
class Rows:
    """Rows read one after another.

    Args:
        table: the table's name, for reasons.
        width: how many columns the header has.
        files: where a row says which file it is.
        looked: which file each path means.
        names: path of each file relative to the data folder.
        labels: place of the column of classes, and what its cells name.
        groups: place of the column of groups.
        splits: place of the column of splits.
        attributes: name and place of the further columns.
    """

    table: str
    width: int
    files: PathColumn
    looked: Looked
    names: Mapping[str, str]
    labels: tuple[int, LabelColumn] | None
    groups: int | None
    splits: int | None
    attributes: Mapping[str, int]
    quarantined: list[Quarantined] = field(default_factory=list)
    _items: dict[str, tuple[int, Item]] = field(default_factory=dict)
    _conflicts: dict[str, str] = field(default_factory=dict)
    _repeated: int = 0
    _validation: int = 0

    def items(self) -> list[Item]:
        """The items of all rows read so far that agree with each other."""
        return [item for path, (_, item) in self._items.items() if path not in self._conflicts]

    def notes(self) -> tuple[str, ...]:
        """What was done with rows that are neither plain nor bad."""
        notes = []
        if self._repeated:
            notes.append(
                f"{self._repeated:,} rows say again what another says; each item counts once."
                if self._repeated > 1
                else "1 row says again what another says; each item counts once."
            )
        if self._validation:
            rows = "row is" if self._validation == 1 else "rows are"
            notes.append(
                f"{self._validation:,} validation {rows} learned from: no such set is needed."
            )
        return tuple(notes)

    def read(self, line: int, cells: tuple[str, ...]) -> None:
        """One row."""
        while len(cells) > self.width and not cells[-1]:
            cells = cells[:-1]
        if len(cells) != self.width:
            count = f"{len(cells)} cell" + ("" if len(cells) == 1 else "s")
            self._set_aside(line, f"{count} where the header has {self.width}")
            return
        cell = self.files.cell(cells)
        if not cell:
            self._set_aside(line, "no path")
            return
        found = self.looked.found.get(cell)
        if found is None:
            self._set_aside(line, self.looked.missing[cell], shown(cell))
            return
        path = self.names[found.place]
        label = None
        if self.labels is not None:
            place, column = self.labels
            if cells[place] in column.several:
                self._set_aside(line, f"several labels to one item: {cells[place]}", path)
                return
            label = column.names[cells[place]]
        item = Item(
            path=path,
            source=Path(found.place),
            label=label,
            group=cell_label(cells[self.groups]) if self.groups is not None else None,
            split=self._split(line, cells),
            attributes={name: cells[at] for name, at in self.attributes.items() if cells[at]},
        )
        self._add(line, item)

    def _add(self, line: int, item: Item) -> None:
        earlier = self._items.get(item.path)
        if earlier is None:
            self._items[item.path] = (line, item)
            return
        first_line, first = earlier
        if first == replace(item, source=first.source):  # by a link it may be reached another way
            self._repeated += 1
            agreed = dict(first.attributes.items() & item.attributes.items())
            self._items[item.path] = (first_line, replace(first, attributes=agreed))
        elif item.path not in self._conflicts:
            parts = [
                f"{name} {before!r} in line {first_line} and {after!r} in line {line}"
                for name in ("label", "group", "split")
                if (before := getattr(first, name)) != (after := getattr(item, name))
            ]
            self._conflicts[item.path] = "; ".join(parts)
            self.quarantined.append(
                Quarantined(item.path, "its rows contradict: " + "; ".join(parts))
            )

    def _split(self, line: int, cells: tuple[str, ...]) -> SplitName | None:
        value = cell_label(cells[self.splits]) if self.splits is not None else None
        if value is None:
            return None
        part = part_named(value)
        if part is None:
            raise DataError(
                "The column `split` says something other than train or test.",
                found=f"{self.table}, line {line}: {value!r}",
                expected="train, validation (learned from) or test, or nothing",
                attempt="rename the column if it means something else",
            )
        self._validation += part == "validation"
        return side_of(part)

    def _set_aside(self, line: int, why: str, path: str | None = None) -> None:
        place = f"{self.table}, line {line}"
        self.quarantined.append(Quarantined(path or place, f"{place}: {why}" if path else why))
