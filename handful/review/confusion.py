"""Which classes are taken for which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True, slots=True)
class MixUp:
    """Items of class `given` that were called `predicted`: how many, and what share of `given`."""

    given: int
    predicted: int
    count: int
    share: float


def confusion_matrix(
    labels: Int[np.ndarray, " n"], predictions: Int[np.ndarray, " n"], num_classes: int
) -> Int[np.ndarray, "k k"]:
    """Counts: row the label given, column the class predicted."""
    flat = np.bincount(labels * num_classes + predictions, minlength=num_classes**2)
    return flat.reshape(num_classes, num_classes)


def mix_ups(matrix: Int[np.ndarray, "k k"]) -> list[MixUp]:
    """Every pair of classes that was mixed up, the most frequent first."""
    off_diagonal = matrix - np.diag(np.diag(matrix))
    rows, columns = np.nonzero(off_diagonal)
    totals = matrix.sum(axis=1)
    found = [
        MixUp(int(i), int(j), int(matrix[i, j]), float(matrix[i, j] / totals[i]))
        for i, j in zip(rows, columns, strict=True)
    ]
    return sorted(found, key=lambda m: (-m.count, -m.share, m.given, m.predicted))


def order_of_likeness(matrix: Int[np.ndarray, "k k"]) -> Int[np.ndarray, " k"]:
    """An order of the classes in which those mixed up with each other stand together.

    With many classes the confusions then gather near the diagonal, where the eye finds them.

    Source:
        Spectral seriation: Atkins, Boman & Hendrickson, SIAM J. Comput. 28 (1998). Ours: shares
        rather than counts, and a faint link between all classes so that none falls apart.
    """
    k = len(matrix)
    if k < 3:
        return np.arange(k)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    links = shares + shares.T + 1e-6
    np.fill_diagonal(links, 0)
    laplacian = np.diag(links.sum(axis=1)) - links
    fiedler = np.linalg.eigh(laplacian)[1][:, 1]
    # An eigenvector's sign is arbitrary: begin with the end that holds the earlier classes.
    order = np.argsort(fiedler, kind="stable")
    half = k // 2
    return order if order[:half].sum() <= order[-half:].sum() else order[::-1].copy()
