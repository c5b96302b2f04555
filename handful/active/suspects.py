"""Labels that deserve a second look: suspects, the model's errors, cells of the confusion."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from handful.active.session_model import Taught
from handful.features.neighbours import neighbours
from handful.review.mislabels import Suspect, suspects
from handful.targets.one_of_k import ONE_OF_K

NEIGHBOURS = 8
FEWEST = 20  # labels, below which neighbours say little


def suspect_labels(taught: Taught) -> list[Suspect]:
    """Suspects, worst first; `item` and `against` are places of lessons.

    Audit items are never among them: to look again only where the model disagrees would flatter it.
    """
    if taught.shipped is None or len(taught.rows) < FEWEST:
        return []
    vectors = taught.known.steering[taught.known.rows_of(taught.items)]
    nearest, cosines = neighbours(vectors, NEIGHBOURS)
    found = suspects(
        taught.targets, taught.left_out, nearest, cosines, taught.known.clusters[taught.items]
    )
    audited = taught.audited
    return [one for one in found if not audited[one.item]]


def errors(taught: Taught) -> Int[np.ndarray, " j"]:
    """Lessons that the model, left out, says otherwise; the surest errors first."""
    if taught.shipped is None:
        return np.zeros(0, np.int64)
    said = ONE_OF_K.decide(taught.left_out)
    wrong = np.flatnonzero(said != taught.targets)
    order = np.argsort(-taught.left_out[wrong].max(axis=1), kind="stable")
    found: np.ndarray = wrong[order]
    return found


def cell(taught: Taught, true: str, said: str) -> Int[np.ndarray, " j"]:
    """Lessons of one class that the model, left out, takes for another (or the same) one."""
    classes = taught.given.classes
    if taught.shipped is None or true not in classes or said not in classes:
        return np.zeros(0, np.int64)
    here = (taught.targets == classes.index(true)) & (
        ONE_OF_K.decide(taught.left_out) == classes.index(said)
    )
    return np.flatnonzero(here)
