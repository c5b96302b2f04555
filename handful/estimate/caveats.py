"""What makes a figure untrue, found before it is made: copies, strange classes, two labels.

Each is counted, and said in one sentence that stands beside the figure wherever it is shown. What
neighbours in a series do to it is `blocked.py`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.estimate.figure import Estimate
from handful.estimate.intervals import share_interval
from handful.items.names import printable

LONGEST_NAME = 40  # characters of a class name within a sentence
NAMED = 3  # classes


def learned_already(
    held_out: Bool[np.ndarray, " n"], clusters: Int[np.ndarray, " n"], units: Int[np.ndarray, " n"]
) -> tuple[Bool[np.ndarray, " n"], list[str]]:
    """Test items that prove nothing, because a copy or another item of their unit is learned.

    Args:
        held_out: (n,) items kept aside to test on; the others are learned.
        clusters: (n,) copies share a number.
        units: (n,) copies and items of one group share a number.
    Returns:
        (n,) which they are, and what is to be said of them.
    """
    copied = held_out & np.isin(clusters, clusters[~held_out])
    grouped = held_out & np.isin(units, units[~held_out]) & ~copied
    said = []
    if copied.any():
        said.append(
            f"{_counted(int(copied.sum()), 'test item', 'is a copy', 'are copies')} of learned "
            f"ones: left out of the test."
        )
    if grouped.any():
        said.append(
            f"{_counted(int(grouped.sum()), 'test item', 'belongs', 'belong')} to a group that "
            f"was learned from: left out of the test."
        )
    return copied | grouped, said


def strange_classes(labels: Sequence[str]) -> list[str]:
    """What is to be said of test items whose class was not learned.

    Args:
        labels: the class of each of them.
    """
    if not labels:
        return []
    names = [name for name, _ in Counter(labels).most_common()]
    shown = " and ".join(repr(printable(name)[:LONGEST_NAME]) for name in names[:NAMED])
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    which = "class" if len(names) == 1 else "classes"
    return [
        f"{_counted(len(labels), 'test item', 'is', 'are')} of {which} {shown}{more}, never "
        f"learned: wrong in the accuracy, absent from the other figures."
    ]


def two_labels(clusters: Int[np.ndarray, " n"], labels: Sequence[str]) -> list[str]:
    """What is to be said of items that are there more than once, with different labels."""
    found: dict[int, set[str]] = {}
    for cluster, label in zip(clusters.tolist(), labels, strict=True):
        found.setdefault(cluster, set()).add(label)
    num = sum(len(names) > 1 for names in found.values())
    if not num:
        return []
    return [
        f"{_counted(num, 'item', 'is', 'are')} there more than once with different labels: one of "
        f"them counts as wrong whatever is answered."
    ]


def with_strangers(
    known: Estimate,
    hits: Float[np.ndarray, " m"],
    units: Int[np.ndarray, " m"],
    strangers: Int[np.ndarray, " s"],
) -> Estimate:
    """The estimate with items in its accuracy that are of no class the model can name.

    Args:
        known: of the m items whose class was learned; all its other figures stay theirs.
        hits: (m,) 1.0 where the model is right.
        units: (m,) unit of each.
        strangers: (s,) unit of each item of another class.
    """
    if not len(strangers):
        return known
    every = np.concatenate([hits, np.zeros(len(strangers))])
    low, high = share_interval(
        every, np.concatenate([units, strangers]), confidence=known.accuracy.confidence
    )
    value = float(every.mean())
    accuracy = replace(
        known.accuracy, value=value, low=min(low, value), high=max(high, value), n=len(every)
    )
    return replace(known, n=len(every), accuracy=accuracy)


def _counted(n: int, noun: str, one: str, several: str) -> str:
    return f"{n:,} {noun} {one}" if n == 1 else f"{n:,} {noun}s {several}"
