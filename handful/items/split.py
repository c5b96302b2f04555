"""Which items to keep aside for testing. Which of them must not be parted is `units.py`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from handful.errors import DataError, SettingError


def split(
    labels: Sequence[str],
    units: Int[np.ndarray, " n"],
    *,
    test_fraction: float,
    seed: int = 0,
    keys: Sequence[str],
) -> Bool[np.ndarray, " n"]:
    """True where an item is kept aside for testing.

    Stratified: each class gives its share, as nearly as whole units allow. No unit is parted, and
    every class keeps at least one unit to learn from. Stable: a unit's place in line is a hash of
    its first key and the seed, so when items are added few others change sides.

    Units are taken in that line as long as each brings the test part nearer to its goal, which is
    the squared distance to every class's share, relative to the class's size.

    Args:
        labels: n class names.
        units: (n,) unit of each item.
        test_fraction: share of the items to keep aside, in (0, 1).
        seed: another seed gives another split.
        keys: n strings that name the items for good, such as their paths.
    Raises:
        SettingError: `test_fraction` is out of range.
        DataError: no unit can be kept aside without taking all of a class.
    """
    if not 0 < test_fraction < 1:
        raise SettingError(
            "The share to keep aside for testing is out of range.",
            found=f"test = {test_fraction}",
            expected="a fraction between 0 and 1, such as 0.25",
            attempt="--test 0.25",
        )
    line = _in_line(units, keys, seed)
    contents = _contents(labels, units)
    sizes = Counter(labels)
    goals = {label: test_fraction * size for label, size in sizes.items()}
    left = Counter(label for content in contents.values() for label in content)
    taken: Counter[str] = Counter()
    chosen = []
    nearest: tuple[float, int] | None = None
    for unit in line:
        content = contents[unit]
        if any(left[label] == 1 for label in content):
            continue
        farther = sum(
            count * (count - 2 * (goals[label] - taken[label])) / sizes[label]
            for label, count in content.items()
        )
        nearest = min(nearest or (farther, unit), (farther, unit), key=lambda one: one[0])
        if farther < 0:
            chosen.append(unit)
            taken.update(content)
            left.subtract(content.keys())
    if not chosen:
        if nearest is None:
            raise _no_test_part(sizes, len(contents))
        chosen = [nearest[1]]
    return np.isin(units, chosen)


def _in_line(units: Int[np.ndarray, " n"], keys: Sequence[str], seed: int) -> list[int]:
    """Units in an order that depends on the seed and each one's first key alone."""
    names: dict[int, str] = {}
    for unit, key in zip(units.tolist(), keys, strict=True):
        names[unit] = min(names.get(unit, key), key)

    def place(unit: int) -> bytes:
        # Keys may hold surrogates where they come from elsewhere than `names.printable`.
        name = names[unit].encode("utf-8", "surrogatepass")
        return hashlib.blake2b(name, digest_size=16, salt=str(seed).encode()[:16]).digest()

    return sorted(names, key=place)


def _contents(labels: Sequence[str], units: Int[np.ndarray, " n"]) -> dict[int, Counter[str]]:
    """How many items of each class a unit holds."""
    contents: dict[int, Counter[str]] = {}
    for unit, label in zip(units.tolist(), labels, strict=True):
        contents.setdefault(unit, Counter())[label] += 1
    return contents


def _no_test_part(sizes: Counter[str], num_units: int) -> DataError:
    label, size = min(sizes.items(), key=lambda pair: (pair[1], pair[0]), default=("", 0))
    return DataError(
        "Nothing can be kept aside for testing.",
        found=f"{len(sizes)} classes in {num_units} units that must not be parted;"
        f" class {label!r} has {size} items",
        expected="at least two units (items, or whole groups) of some class",
        attempt="add items, take finer groups, or leave out --test",
    )
