"""Where the model fails: parts of the data whose error rate stands clear of the rest.

Looking at many parts finds a bad one by chance, so the intervals widen with the number of parts
looked at, and a part is named only if its interval still excludes the rest's error rate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.heads.binomial import normal_quantile, wilson

MIN_UNITS = 8  # below this no interval at 95 % stands clear of a usual error rate
MAX_VALUES = 200  # an attribute with more values names the items rather than slicing them


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the data that fails more, or less, than the rest.

    Args:
        attribute, value: what its items have in common ("folder", "2019").
        n: its items.
        error: its share of wrong answers; `low` and `high` are its interval, widened for the
            number of slices looked at.
        rest: the error rate of all other items.
        looked_at: how many slices were looked at.
    """

    attribute: str
    value: str
    n: int
    error: float
    low: float
    high: float
    rest: float
    looked_at: int


@dataclass(frozen=True, slots=True)
class Sliced:
    """What looking at parts of the data came to.

    Args:
        found: slices that stand clear of the rest, the worst first.
        looked_at: name of an attribute to the number of its values looked at.
        passed_over: name of an attribute to why no value of it was looked at.
    """

    found: list[Slice]
    looked_at: dict[str, int]
    passed_over: dict[str, str]


def slices(
    attributes: Mapping[str, Sequence[str]],
    labels: Int[np.ndarray, " n"],
    right: Bool[np.ndarray, " n"],
    units: Int[np.ndarray, " n"],
    clusters: Int[np.ndarray, " n"],
    *,
    confidence: float = 0.95,
) -> Sliced:
    """Slices whose error rate differs from the rest's beyond chance, and what was looked at.

    Fisher's exact test against the rest, and an interval clear of the rest's error rate, both at
    1 − (1 − confidence) / number of slices (Bonferroni). Items of one unit count as one. A slice
    that is just one class is left out: the classes have their own table. Of two halves of the
    data the worse is named.

    Args:
        attributes: name to one value per item; the name "group" stands for the groups themselves.
        labels: places within the classes.
        right: where the answer was right.
        units: equal for items that are not independent.
        clusters: equal for duplicates: what is not independent within a single group.
        confidence: that none of the slices named is there by chance.
    """
    seen = {_digest(labels == k) for k in np.unique(labels)}
    parts: list[tuple[str, *_Part]] = []
    looked_at, passed_over = {}, {}
    for attribute, values in attributes.items():
        names, place = np.unique(np.asarray(values, dtype=object), return_inverse=True)
        if not 2 <= len(names) <= MAX_VALUES:
            few = "one value only" if len(names) < 2 else f"{len(names):,} different values"
            passed_over[attribute] = few
            continue
        independent = clusters if attribute == "group" else units
        large = _large_enough(names, place, right, independent)
        new = [part for part in large if _is_new(part, seen)]
        parts += [(attribute, *part) for part in new]
        if new:
            looked_at[attribute] = len(new)
        elif large:
            passed_over[attribute] = "the same parts as the classes or another fact"
        else:
            passed_over[attribute] = f"no part with {MIN_UNITS} independent items"
    found = _clear_of_the_rest(parts, right, confidence)
    return Sliced(found, looked_at, passed_over)


_Part = tuple[str, Bool[np.ndarray, " n"], int, int]  # value, inside, units in it, units outside


def _clear_of_the_rest(
    parts: Sequence[tuple[str, *_Part]], right: Bool[np.ndarray, " n"], confidence: float
) -> list[Slice]:
    chance = (1 - confidence) / max(len(parts), 1)
    quantile = normal_quantile(1 - chance)
    found = []
    for attribute, value, inside, n_in, n_out in parts:
        error, rest = float((~right[inside]).mean()), float((~right[~inside]).mean())
        low, high = wilson(error, float(n_in), quantile=quantile)
        if low <= rest <= high:
            continue
        if fisher(round(error * n_in), n_in, round(rest * n_out), n_out) <= chance:
            n = int(inside.sum())
            found.append(Slice(attribute, value, n, error, low, high, rest, len(parts)))
    return sorted(found, key=lambda s: (s.rest - s.error, s.attribute, s.value))


def fisher(wrong_in: int, n_in: int, wrong_out: int, n_out: int) -> float:
    """The probability, were there no difference, of one at least as unlikely as this.

    Source:
        Fisher's exact test, two-sided, by the probabilities of the hypergeometric distribution.
    """
    n, wrong = n_in + n_out, wrong_in + wrong_out
    log_factorial = np.concatenate([[0.0], np.log(np.arange(1, n + 1)).cumsum()])

    def log_choose(of: int, k: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        chosen: np.ndarray = log_factorial[of] - log_factorial[k] - log_factorial[of - k]
        return chosen

    first = max(0, wrong - n_out)
    k = np.arange(first, min(n_in, wrong) + 1)
    log_p = log_choose(n_in, k) + log_choose(n_out, wrong - k)
    log_p -= log_choose(n, np.array([wrong]))
    likely = np.exp(log_p)
    # The tolerance lets an outcome that mirrors this one count, whatever the rounding.
    return float(likely[log_p <= log_p[wrong_in - first] + 1e-9].sum())


def _large_enough(
    names: np.ndarray,
    place: Int[np.ndarray, " n"],
    right: Bool[np.ndarray, " n"],
    independent: Int[np.ndarray, " n"],
) -> list[_Part]:
    """The values of an attribute that have enough units inside, and leave enough outside.

    Args:
        names: v values, sorted.
        place: of each item's value within `names`.
        right: where the answer was right.
        independent: equal for items that count once.
    """
    n_in, n_out = _units_on_both_sides(place, independent)
    return [
        (str(names[i]), place == i, int(n_in[i]), int(n_out[i]))
        for i in _worth_a_look(place, right)
        if min(n_in[i], n_out[i]) >= MIN_UNITS
    ]


def _is_new(part: _Part, seen: set[bytes]) -> bool:
    """Whether no part met before has the same items: a folder and a group are often the same."""
    digest = _digest(part[1])
    known = digest in seen
    seen.add(digest)
    return not known


def _units_on_both_sides(
    place: Int[np.ndarray, " n"], independent: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " v"], Int[np.ndarray, " v"]]:
    """For each value the units with an item of it, and the units with an item of another."""
    num_values = int(place.max()) + 1
    _, unit = np.unique(independent, return_inverse=True)
    pairs = np.unique(unit * num_values + place)
    of_unit, of_value = pairs // num_values, pairs % num_values
    values_of_unit = np.bincount(of_unit)
    alone = of_value[values_of_unit[of_unit] == 1]  # units that have this value and no other
    n_in = np.bincount(of_value, minlength=num_values)
    return n_in, len(values_of_unit) - np.bincount(alone, minlength=num_values)


def _digest(inside: Bool[np.ndarray, " n"]) -> bytes:
    return hashlib.blake2b(np.packbits(inside).tobytes(), digest_size=16).digest()


def _worth_a_look(place: Int[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> list[int]:
    """Every value of an attribute; of two, which tell the same, the worse."""
    values = list(range(int(place.max()) + 1))
    if len(values) == 2:
        return [min(values, key=lambda i: float(right[place == i].mean()))]
    return values
