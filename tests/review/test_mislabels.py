"""Suspect labels are found where labels were made wrong, and hardly elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score

from handful.items.item import Item
from handful.review.mislabels import disagreement, suspect_labels, suspects, suspicion
from tests.review.samples import HOSTILE, nearest, out_of_sample


def with_wrong_labels(seed: int) -> tuple[np.ndarray, ...]:
    """Digits of which 5 % are labelled as another; also which those are."""
    pixels, truth = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    wrong = rng.random(len(truth)) < 0.05
    labels = truth.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, wrong.sum())) % 10
    return pixels, labels, wrong


def test_wrong_labels_of_digits_are_found() -> None:
    """Of 5 % wrong labels at least 90 % are flagged, and at least 85 % of the flags are true."""
    pixels, labels, wrong = with_wrong_labels(0)
    probabilities = out_of_sample(pixels, labels)
    found = suspects(labels, probabilities, *nearest(pixels), np.arange(len(labels)))
    flagged = np.zeros(len(labels), dtype=bool)
    flagged[[s.item for s in found]] = True
    assert flagged[wrong].mean() >= 0.90
    assert wrong[flagged].mean() >= 0.85


def test_two_witnesses_rank_better_than_either() -> None:
    """The mean of model and neighbours has a higher average precision than each alone."""
    pixels, labels, wrong = with_wrong_labels(1)
    probabilities = out_of_sample(pixels, labels)
    opposed = disagreement(labels, *nearest(pixels), np.arange(len(labels)))
    unheard = np.full(len(labels), np.nan)
    both = average_precision_score(wrong, suspicion(labels, probabilities, opposed))
    model = average_precision_score(wrong, suspicion(labels, probabilities, unheard))
    assert both >= average_precision_score(wrong, opposed)
    assert both >= model + 0.01


def test_overlapping_classes_raise_the_bar() -> None:
    """Where neighbours disagree by nature, fewer are flagged than score 0.75."""
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=1000)
    vectors = labels[:, None] * 0.5 + rng.normal(size=(1000, 5))
    probabilities, near = out_of_sample(vectors, labels), nearest(vectors)
    found = suspects(labels, probabilities, *near, np.arange(1000))
    opposed = disagreement(labels, *near, np.arange(1000))
    contradicted = probabilities.argmax(axis=1) != labels
    fixed = contradicted & (suspicion(labels, probabilities, opposed) >= 0.75)
    assert 0 < len(found) <= 0.6 * fixed.sum()
    assert len(found) <= 0.3 * contradicted.sum()


def test_own_duplicates_have_no_say() -> None:
    """A copy with the same wrong label does not vouch for it, nor does one accuse it."""
    labels = np.array([0, 0, 1])
    neighbours, similarities = np.array([[1, 2], [0, 2], [0, 1]]), np.ones((3, 2))
    clusters = np.array([5, 5, 6])
    opposed = disagreement(labels, neighbours, similarities, clusters)
    assert opposed.tolist() == [1.0, 1.0, 1.0]
    alone = disagreement(labels, neighbours, similarities, np.zeros(3, dtype=int))
    assert np.isnan(alone).all()


def test_evidence_leaves_out_duplicates_and_agreeing_neighbours() -> None:
    """A suspect carries the neighbours with another label, and says how many were heard."""
    labels = np.array([0, 0, 1, 1, 0])
    probabilities = np.array([[0.02, 0.98], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.9, 0.1]])
    neighbours = np.array([[1, 2, 3, 4], [0, 2, 3, 4], [3, 0, 1, 4], [2, 0, 1, 4], [1, 0, 2, 3]])
    similarities = np.array([[0.9, 0.9, 0.9, 0.001]] * 5)
    clusters = np.array([7, 7, 1, 2, 3])
    (suspect,) = suspects(labels, probabilities, neighbours, similarities, clusters)
    assert (suspect.item, suspect.suggested) == (0, 1)
    assert (suspect.against, suspect.heard) == ((2, 3), 3)


@given(st.integers(2, 6), st.integers(2, 40), st.integers(0, 2**31))
def test_suspicion_stays_in_unit_interval(k: int, n: int, seed: int) -> None:
    """The score is in [0, 1] for any labels, probabilities and neighbours."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(k, size=n)
    probabilities = rng.dirichlet(np.full(k, 0.3), size=n)
    neighbours = rng.integers(n, size=(n, 3))
    similarities = rng.uniform(-1, 1, size=(n, 3))
    opposed = disagreement(labels, neighbours, similarities, rng.integers(n, size=n))
    score = suspicion(labels, probabilities, opposed)
    assert ((score >= 0) & (score <= 1)).all()


def test_finding_names_item_first_and_says_why() -> None:
    """The finding lists the item, then the neighbours against it, and gives its figures."""
    items = [Item(f"{i}.png", Path("/nowhere")) for i in range(4)]
    labels = np.array([0, 1, 1, 1])
    probabilities = np.array([[0.03, 0.97], [0.1, 0.9], [0.1, 0.9], [0.1, 0.9]])
    neighbours = np.array([[1, 2], [2, 3], [1, 3], [1, 2]])
    found = suspects(labels, probabilities, neighbours, np.ones((4, 2)), np.arange(4))
    (finding,) = suspect_labels(found, items, ("cat", HOSTILE[3]), labels, probabilities)
    assert finding.paths == ("0.png", "1.png", "2.png")
    assert finding.kind == "suspect-label"
    assert finding.reason == (
        "labelled cat; a model that had not seen it says 名前 \ufffd drawkcab (97\u00a0%);"
        " 2 of its 2 nearest neighbours disagree."
    )
    assert finding.score == pytest.approx(0.985)
