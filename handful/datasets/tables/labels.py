"""The column of classes: what its cells name, and whether it holds classes at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handful.errors import DataError, HandfulError
from handful.items.label_names import SAY_NOTHING, cell_label

# Fewer rows than this may each have a class of their own.
_FEW = 10
# Of the rows the share that must have a value of their own to be names, or numbers, of each row.
_MOSTLY_NAMES = 0.9
_MOSTLY_NUMBERS = 0.5
# Numbers that are not whole are a quantity where there are more of them than classes have names.
_MANY_NUMBERS = 20
# Of the labelled rows the share with several classes above which the whole column is of that kind.
_SEVERAL = 0.05
_SEPARATORS = ("|", ";", ",", " ")

NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
"""A number as a person writes it, with a comma or a full stop."""


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """What the cells of the column of classes name.

    Args:
        names: class of each cell that was met; None where it names none.
        several: cells that name several classes, which no item can have here.
        notes: what was read as no label, and which classes may be one.
    """

    names: Mapping[str, str | None]
    several: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def label_column(
    name: str, cells: Sequence[str], *, error: Callable[..., HandfulError] = DataError
) -> LabelColumn:
    """The classes in a column.

    Args:
        name: of the column.
        cells: of all rows.
        error: what to raise: an option is wrong where the column was asked for by one.
    Raises:
        HandfulError: each row has a value of its own, the values are a quantity, or many cells
            name several classes.
    """
    names = {cell: cell_label(cell) for cell in set(cells)}
    counts = Counter(found for cell in cells if (found := names[cell]) is not None)
    _refuse_what_are_no_classes(name, counts, error)
    several = _several(counts, is_of_tags=name.strip().casefold() in {"tags", "labels", "classes"})
    num_several = sum(counts[one] for one in several)
    if num_several > _SEVERAL * counts.total():
        raise _several_labels(name, several, num_several, counts.total(), error)
    return LabelColumn(
        names,
        frozenset(cell for cell in names if names[cell] in several),
        (*_said_nothing(name, cells), *_alike_but_for_case(counts)),
    )


def _refuse_what_are_no_classes(
    name: str, counts: Counter[str], error: Callable[..., HandfulError]
) -> None:
    total, distinct = counts.total(), len(counts)
    if total < _FEW:
        return
    all_numbers = all(NUMBER.fullmatch(one) for one in counts)
    is_quantity = all_numbers and (
        distinct > _MOSTLY_NUMBERS * total
        or (distinct > _MANY_NUMBERS and not all(one.lstrip("+-").isdigit() for one in counts))
    )
    if distinct <= _MOSTLY_NAMES * total and not is_quantity:
        return
    raise error(
        f"The column {name!r} does not hold classes.",
        found=f"{distinct:,} different {'numbers' if all_numbers else 'values'} in {total:,} rows,"
        f" such as {', '.join(list(counts)[:3])}"[:300],
        expected="a few classes, each in several rows; numbers to predict are not learned yet",
        attempt="name another column with --labels, or make classes of ranges (low, high)"
        if all_numbers
        else "name another column with --labels COLUMN",
    )


def _several(counts: Counter[str], *, is_of_tags: bool) -> set[str]:
    """Classes that are lists of classes: their pieces return elsewhere, and their number varies.

    Where every name has as many pieces it is a taxonomy ("mammal;cat") and names one class. A
    comma or a blank belongs to a name, unless its pieces are names by themselves.
    """
    for sign in _SEPARATORS:
        pieces = {one: [piece.strip() for piece in one.split(sign)] for one in counts}
        listed = {one for one, parts in pieces.items() if len(parts) > 1 and all(parts)}
        if not listed or len({len(parts) for parts in pieces.values()}) == 1:
            continue
        uses = Counter(piece for parts in pieces.values() for piece in set(parts))
        if sign in {"|", ";"} or (sign == " " and is_of_tags):
            again = {one for one in listed if any(uses[piece] > 1 for piece in pieces[one])}
        else:
            again = {one for one in listed if all(piece in counts for piece in pieces[one])}
        if again:
            return listed if is_of_tags else again
    return set()


def _several_labels(
    name: str, several: set[str], num: int, total: int, error: Callable[..., HandfulError]
) -> HandfulError:
    example = min(several, key=lambda one: (len(one), one))
    return error(
        f"The column {name!r} gives several labels to an item.",
        found=f"{num:,} of {total:,} rows, such as {example!r}",
        expected="one class for each item: several are not learned yet",
        attempt="make a column for each class with yes and no, and learn them one by one"
        " with --labels COLUMN",
    )


def _said_nothing(name: str, cells: Sequence[str]) -> list[str]:
    words = Counter(cell for cell in cells if cell and cell in SAY_NOTHING)
    if not words:
        return []
    listed = " and ".join(f"{count:,} {_plural(count)} '{word}'" for word, count in words.items())
    verb = "is" if words.total() == 1 else "are"
    return [
        f"{listed} of the column `{name}` {verb} read as no label; if that is a class, give it a"
        " name of its own in the table."
    ]


def _plural(count: int) -> str:
    return "cell" if count == 1 else "cells"


def _alike_but_for_case(counts: Counter[str]) -> list[str]:
    same: dict[str, list[str]] = {}
    for one in sorted(counts):
        same.setdefault(one.casefold(), []).append(one)
    return [
        "Classes that differ in case alone: "
        + " and ".join(f"'{one}' ({counts[one]:,})" for one in names)
        + ". They are learned as different classes; if they are one, write them alike."
        for names in same.values()
        if len(names) > 1
    ]
