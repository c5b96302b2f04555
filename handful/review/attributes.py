"""Facts of items by which their errors are sliced: folder, group, table columns, picture facts.

Numbers and dates become ranges that hold a quarter of the items each; which parts of the data are
worth naming is `slices.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

import numpy as np

from handful.items.item import Item

MAX_CODES = 8  # a number with as few values is a code (a grade, a sex), and each is its own part
UNKNOWN = ""  # the value of an item whose cell is blank

_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})


def attributes_of(
    items: Sequence[Item], extra: Mapping[str, Sequence[str] | Sequence[float]]
) -> dict[str, list[str]]:
    """Every fact that items can be sliced by, as text, in the order in which readers want them.

    A column of the table with the name of a fact of ours is told apart as "folder (column)". A
    column of numbers or of dates, with more values than a code has, is cut into quarters; a blank
    cell, or one such as "NA", is the value "".

    Args:
        items: n items; their folder, group and table columns are facts.
        extra: further facts, name to n values; numbers are cut into quarters.
    """
    facts = {"folder": [item.path.rpartition("/")[0] for item in items]}
    if any(item.group is not None for item in items):
        facts["group"] = ["" if item.group is None else item.group for item in items]
    ours = {"folder", "group", *extra}
    for name in _columns(items):
        cells = [item.attributes.get(name, "") for item in items]
        facts[f"{name} (column)" if name in ours else name] = _parts_of_column(cells)
    for name, values in extra.items():
        facts[name] = _quarters(values) if _numeric(values) else [str(v) for v in values]
    return facts


def _columns(items: Sequence[Item]) -> list[str]:
    """Names of the attributes that any item has, in the order in which they are first met."""
    return list(dict.fromkeys(name for item in items for name in item.attributes))


def _parts_of_column(cells: Sequence[str]) -> list[str]:
    known = [UNKNOWN if cell.casefold() in _MISSING else cell for cell in cells]
    values = set(known) - {UNKNOWN}
    if len(values) <= MAX_CODES:
        return known
    for read, write in ((_number, _as_number), (_day, _as_day)):
        numbers = {cell: read(cell) for cell in values}
        if None not in numbers.values():
            given = [numbers[cell] for cell in known if cell != UNKNOWN]
            ranges = iter(_quarters([float(one or 0) for one in given], write))
            return [cell if cell == UNKNOWN else next(ranges) for cell in known]
    return known


def _number(cell: str) -> float | None:
    """The number that a cell holds, a decimal comma included; None where it holds none."""
    try:
        value = float(cell.replace(",", ".") if cell.count(",") == 1 else cell)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _day(cell: str) -> float | None:
    """The day of an ISO date or time, counted from the year 1; None where the cell is none."""
    try:
        return float(datetime.fromisoformat(cell).toordinal())
    except ValueError:
        return None


def _as_number(value: float) -> str:
    return f"{value:,.6g}"


def _as_day(value: float) -> str:
    return date.fromordinal(int(value)).isoformat()


def _numeric(values: Sequence[str] | Sequence[float]) -> bool:
    return not any(isinstance(value, str) for value in values)


def _quarters(
    values: Sequence[str] | Sequence[float], write: Callable[[float], str] = _as_number
) -> list[str]:
    numbers = np.asarray(values, dtype=np.float64)
    edges = np.unique(np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1]))
    if len(edges) < 2:
        return [write(numbers[0])] * len(numbers)
    place = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    names = [f"{write(low)}–{write(high)}" for low, high in pairwise(edges)]
    return [names[p] for p in place]
