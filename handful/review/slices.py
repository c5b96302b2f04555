"""Where the model fails: parts of the data whose error rate stands clear of the rest.

Looking at many parts finds a bad one by chance, so the intervals widen with the number of parts
looked at, and a part is named only if its interval still excludes the rest's error rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.heads.binomial import normal_quantile, wilson
from handful.items.item import Item

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


def attributes_of(
    items: Sequence[Item], extra: Mapping[str, Sequence[str] | Sequence[float]]
) -> dict[str, list[str]]:
    """Every fact that items can be sliced by, as text: folder, group, and `extra`."""
    facts = {"folder": [item.path.rpartition("/")[0] for item in items]}
    if any(item.group is not None for item in items):
        facts["group"] = ["" if item.group is None else item.group for item in items]
    for name, values in extra.items():
        facts[name] = _quarters(values) if _numeric(values) else [str(v) for v in values]
    return facts


def _numeric(values: Sequence[str] | Sequence[float]) -> bool:
    return not any(isinstance(value, str) for value in values)


def _quarters(values: Sequence[str] | Sequence[float]) -> list[str]:
    numbers = np.asarray(values, dtype=np.float64)
    edges = np.unique(np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1]))
    if len(edges) < 2:
        return [f"{numbers[0]:,.6g}"] * len(numbers)
    place = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    names = [f"{low:,.6g}–{high:,.6g}" for low, high in pairwise(edges)]
    return [names[p] for p in place]


def slices(
    attributes: Mapping[str, Sequence[str]],
    labels: Int[np.ndarray, " n"],
    right: Bool[np.ndarray, " n"],
    units: Int[np.ndarray, " n"],
    clusters: Int[np.ndarray, " n"],
    *,
    confidence: float = 0.95,
) -> list[Slice]:
    """Slices whose error rate differs from the rest's beyond chance, the worst first.

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
    parts = list(_parts(attributes, labels, right, units, clusters))
    if not parts:
        return []
    chance = (1 - confidence) / len(parts)
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


def _parts(
    attributes: Mapping[str, Sequence[str]],
    labels: Int[np.ndarray, " n"],
    right: Bool[np.ndarray, " n"],
    units: Int[np.ndarray, " n"],
    clusters: Int[np.ndarray, " n"],
) -> Iterator[tuple[str, str, Bool[np.ndarray, " n"], int, int]]:
    seen = {(labels == k).tobytes() for k in np.unique(labels)}
    for attribute, values in attributes.items():
        names, place = np.unique(np.asarray(values, dtype=object), return_inverse=True)
        if not 2 <= len(names) <= MAX_VALUES:
            continue
        independent = clusters if attribute == "group" else units
        for i in _worth_a_look(place, right):
            inside = place == i
            if inside.tobytes() in seen:  # a folder and a group are often the same items
                continue
            seen.add(inside.tobytes())
            n_in, n_out = len(np.unique(independent[inside])), len(np.unique(independent[~inside]))
            if min(n_in, n_out) >= MIN_UNITS:
                yield attribute, str(names[i]), inside, n_in, n_out


def _worth_a_look(place: Int[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> list[int]:
    """Every value of an attribute; of two, which tell the same, the worse."""
    values = list(range(int(place.max()) + 1))
    if len(values) == 2:
        return [min(values, key=lambda i: float(right[place == i].mean()))]
    return values
