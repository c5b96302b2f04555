"""The page's data: a Review turned into plain values. All figures are computed here or before.

Long columns (one number per item) travel as base64 of little-endian arrays, so that 50,000 items
fit in a few megabytes and the browser reads them without parsing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from handful.heads.calibration import Reliability, reliability
from handful.heads.linear import Candidate
from handful.items.finding import Finding
from handful.review.abstention import abstention_curve
from handful.review.attributes import attributes_of
from handful.review.columns import packed
from handful.review.confusion import confusion_matrix, mix_ups, order_of_likeness
from handful.review.curves import curves
from handful.review.mislabels import Suspect, suspect_labels, suspects
from handful.review.review import Review, Scope
from handful.review.slices import slices
from handful.review.wording import (
    baseline_words,
    count,
    headline,
    population,
    series_headline,
    series_note,
)
from handful.review.worst import worst_errors

MAX_ITEMS = 50_000  # on the map; a canvas draws these in one frame
TOP_CLASSES = 5
NEIGHBOURS = 6
MAX_ERRORS = 240
MAX_SUSPECTS = 120
MAX_DUPLICATES = 120  # clusters
MAX_FINDINGS = 400
MAX_MIX_UPS = 400

Plain = dict[str, object]


class Payload:
    """The data of one page, and in which order its pictures matter.

    Args:
        data: ready for JSON.
        shown: places of the items that the page knows, ascending.
        wanted: of these, by how much a reader wants the picture: errors, suspects, duplicates,
            then the rest in a fixed random order.
    """

    def __init__(self, review: Review) -> None:
        found = suspects(
            review.labels,
            review.probabilities,
            review.neighbours,
            review.similarities,
            review.clusters,
        )
        scopes = review.scopes()
        self._facts = attributes_of(review.items, review.attributes)
        errors = {scope.name: _errors(review, scope) for scope in scopes}
        duplicates = _duplicates(review)
        urgent = _urgent(errors.values(), found[:MAX_SUSPECTS], duplicates[:MAX_DUPLICATES])
        wanted = _wanted(review, urgent)[:MAX_ITEMS]
        self.wanted: list[int] = wanted.tolist()
        self.shown = np.sort(wanted)
        self._place = np.full(len(review.items), -1, dtype=np.int64)
        self._place[self.shown] = np.arange(len(self.shown))
        self.data: Plain = {
            "name": review.name,
            "noun": review.noun,
            "created": review.created.isoformat(timespec="seconds"),
            "classes": list(review.classes),
            "total": len(review.items),
            **_result(review, scopes[0]),
            "items": self._columns(review),
            "scopes": [self._scope(review, scope, errors[scope.name]) for scope in scopes],
            "suspects": self._suspects(review, found),
            "duplicates": {
                "total": len(duplicates),
                "clusters": [self.places(cluster) for cluster in duplicates[:MAX_DUPLICATES]],
            },
            "candidates": [_candidate(candidate) for candidate in review.candidates],
            "deep": _deep(review.deep) if review.deep else None,
            "findings": _findings(review.findings),
            "quarantined": [q.to_json() for q in review.quarantined[:MAX_FINDINGS]],
            "num_quarantined": len(review.quarantined),
            "exams": [
                {"model": model, "value": one.value, "low": one.low, "high": one.high, "n": one.n}
                for model, one in review.exams.items()
            ],
            "conditions": {
                **review.conditions.to_json(),
                "encoder": review.encoder,
                "coverage": review.coverage,
                "novelty": dict(review.novelty) if review.novelty else None,
                "seconds": dict(review.seconds),
            },
        }

    def places(self, index: Iterable[int]) -> list[int]:
        """Places among the items shown, of items given by their place in the review."""
        return [int(self._place[i]) for i in index if self._place[i] >= 0]

    def _columns(self, review: Review) -> Plain:
        shown = self.shown
        probabilities = review.probabilities[shown]
        top = min(TOP_CLASSES, len(review.classes))
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
        neighbours = self._place[review.neighbours[shown][:, :NEIGHBOURS]]
        return {
            "n": len(shown),
            "paths": [review.items[i].path for i in shown],
            "labels": packed(review.labels[shown], "<u2"),
            "scopes": packed(_scope_of_each(review)[shown], "i1"),
            "positions": packed(_unit_square(review.positions[shown]), "<f4"),
            "given": packed(probabilities[np.arange(len(shown)), review.labels[shown]], "<f4"),
            "top": top,
            "top_classes": packed(best, "<u2"),
            "top_probabilities": packed(np.take_along_axis(probabilities, best, axis=1), "<f4"),
            "num_neighbours": neighbours.shape[1],
            "neighbours": packed(neighbours, "<i4"),
            "similarities": packed(np.rint(100 * review.similarities[shown, :NEIGHBOURS]), "i1"),
            "sizes": None if review.sizes is None else packed(review.sizes[shown], "<u4"),
        }

    def _scope(self, review: Review, scope: Scope, errors: Sequence[int]) -> Plain:
        index = scope.index
        labels, predictions = review.labels[index], review.predictions[index]
        right = review.right[index]
        matrix = confusion_matrix(labels, predictions, len(review.classes))
        rows, columns = np.nonzero(matrix)
        counts = matrix.sum(axis=1)
        facts = {name: [values[i] for i in index] for name, values in self._facts.items()}
        sliced = slices(facts, labels, right, review.units[index], review.clusters[index])
        return {
            "name": scope.name,
            "n": len(index),
            "headline": _headline(review, scope),
            "population": _population(review, scope),
            "estimate": _finite(scope.estimate.to_json()),
            "commonest": {"class": int(counts.argmax()), "share": float(counts.max() / len(index))},
            "confusion": {
                "cells": [
                    [int(i), int(j), int(matrix[i, j])] for i, j in zip(rows, columns, strict=True)
                ],
                "order": order_of_likeness(matrix).tolist(),
                "mix_ups": [asdict(m) for m in mix_ups(matrix)[:MAX_MIX_UPS]],
            },
            "reliability": _bins(reliability(review.probabilities[index], labels)),
            "abstention": [
                asdict(p) for p in abstention_curve(review.probabilities[index], labels)
            ],
            "errors": self.places(errors[:MAX_ERRORS]),
            "num_errors": int((~right).sum()),
            "curves": curves(review, scope),
            "slices": asdict(sliced),
        }

    def _suspects(self, review: Review, found: list[Suspect]) -> Plain:
        embedded = found[:MAX_SUSPECTS]
        reasons = suspect_labels(
            embedded, review.items, review.classes, review.labels, review.probabilities
        )
        return {
            "total": len(found),
            "list": [
                {
                    "item": self.places([s.item])[0],
                    "suggested": s.suggested,
                    "score": s.score,
                    "against": self.places(s.against[:NEIGHBOURS]),
                    "num_against": len(s.against),
                    "heard": s.heard,
                    "reason": finding.reason,
                }
                for s, finding in zip(embedded, reasons, strict=True)
            ],
        }


def _headline(review: Review, scope: Scope) -> str:
    """A scope's result in a sentence; of the first scope, where neighbours help, on new series."""
    leading = review.leading
    if leading and scope.name == review.scopes()[0].name:
        return series_headline(leading, review.noun)
    return headline(scope.estimate, review.noun)


def _population(review: Review, scope: Scope) -> str:
    """The items of a scope in words, and how many of them are in its accuracy alone."""
    words = population(scope.estimate, review.noun)
    others = scope.estimate.n - len(scope.index)
    if not others:
        return words
    return f"{words}; {count(others)} of them, of classes never learned, in the accuracy alone"


def _result(review: Review, scope: Scope) -> Plain:
    """The sentence that comes first, what stands beside it, and what is expected of new series."""
    leading, baseline = review.leading, scope.estimate.baseline
    return {
        "headline": _headline(review, scope),
        "note": series_note(leading, scope.estimate) if leading else None,
        "baseline": f"{baseline_words(baseline)}." if baseline else None,
        "warnings": list(review.warnings),
        "blocked": _finite(review.blocked.to_json()) if review.blocked else None,
    }


def _scope_of_each(review: Review) -> np.ndarray:
    """Of each item its place among the scopes; -1 where no estimate is of it."""
    of_each = np.full(len(review.items), -1)
    for place, scope in enumerate(review.scopes()):
        of_each[scope.index] = place
    return of_each


def _bins(curve: Reliability) -> list[Plain]:
    columns = (curve.confidence, curve.accuracy, curve.low, curve.high, curve.n)
    names = ("predicted", "right", "low", "high", "n")
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _finite(value: object) -> object:
    """`value` with numbers that JSON lacks (infinite, or not one) as None."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _unit_square(positions: np.ndarray) -> np.ndarray:
    """Positions with each side scaled to [0, 1]: a map has no unit, and fills its frame."""
    low = positions.min(axis=0)
    span = positions.max(axis=0) - low
    return np.where(span > 0, (positions - low) / np.where(span > 0, span, 1), 0.5)


def _errors(review: Review, scope: Scope) -> list[int]:
    index = scope.index
    ranked = worst_errors(review.labels[index], review.probabilities[index], review.clusters[index])
    return [int(i) for i in index[ranked]]


def _duplicates(review: Review) -> list[list[int]]:
    """Clusters of two or more: those with two labels first, then across the split, then large."""
    order = np.argsort(review.clusters, kind="stable")
    starts = np.flatnonzero(np.diff(review.clusters[order])) + 1
    clusters = [cluster.tolist() for cluster in np.split(order, starts) if len(cluster) > 1]

    def urgency(cluster: list[int]) -> tuple[bool, bool, int]:
        labels, sides = set(review.labels[cluster]), set(review.held_out[cluster])
        return len(labels) == 1, len(sides) == 1, -len(cluster)

    return sorted(clusters, key=urgency)


def _urgent(
    errors: Iterable[Sequence[int]],
    found: Sequence[Suspect],
    duplicates: Sequence[Sequence[int]],
) -> list[int]:
    places: list[int] = []
    for ranked in errors:
        places += ranked[:MAX_ERRORS]
    for suspect in found:
        places += [suspect.item, *suspect.against[:NEIGHBOURS]]
    for cluster in duplicates:
        places += cluster
    for ranked in errors:
        places += ranked[MAX_ERRORS:]
    return places


def _wanted(review: Review, urgent: Sequence[int]) -> np.ndarray:
    rest = np.random.default_rng(0).permutation(len(review.items))
    every = np.concatenate([np.asarray(urgent, dtype=np.int64), rest])
    _, first = np.unique(every, return_index=True)
    return every[np.sort(first)]


def _candidate(candidate: Candidate) -> Plain:
    return {
        "name": candidate.name,
        "log_loss": _finite(candidate.log_loss),
        "settings": dict(candidate.settings),
    }


def _deep(told: Mapping[str, Any]) -> Plain:
    """What training part of the encoder came to: of each run its losses alone."""
    runs = [
        {
            "run": name,
            "round": name.partition(",")[0],
            "losses": [_finite(row["loss"]) for row in history],
        }
        for name, history in told["histories"].items()
    ]
    rounds = [{"cut": cut, "log_loss": value} for cut, value in told["rounds"].items()]
    kept = {name: told[name] for name in ("shipped", "why", "difference", "rates", "notes")}
    return {**kept, "rounds": rounds, "runs": runs}


def _findings(findings: Sequence[Finding]) -> Plain:
    rank = {"fault": 0, "warning": 1, "note": 2}
    others = sorted(
        (f for f in findings if f.kind != "suspect-label"),
        key=lambda f: (rank[f.severity], -f.score, f.kind, f.paths),
    )
    return {
        "total": len(others),
        "list": [{**f.to_json(), "paths": list(f.paths[:20])} for f in others[:MAX_FINDINGS]],
    }
