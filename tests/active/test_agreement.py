"""Agreement between people, and of people with themselves."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from handful.active.agreement import agreement, consistency, disputed
from handful.labels.event import Mark
from handful.labels.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty ledger."""
    return Ledger(tmp_path / "ledger.sqlite")


def test_agreement_is_cohens_kappa_on_shared_items(ledger: Ledger) -> None:
    """Oracle: scikit-learn's κ; items that one person alone answered do not count."""
    rng = np.random.default_rng(3)
    ann = rng.integers(0, 3, 40)
    bob = np.where(rng.random(40) < 0.7, ann, rng.integers(0, 3, 40))
    ledger.label({f"{at}": f"class {c}" for at, c in enumerate(ann)}, by="ann")
    ledger.label({f"{at}": f"class {c}" for at, c in enumerate(bob[:30])}, by="bob")
    found = agreement(ledger.state.by_annotator())
    assert found is not None
    assert ("ann", "bob") == found.annotators
    assert 30 == found.kappa.n
    assert found.kappa.value == pytest.approx(cohen_kappa_score(ann[:30], bob[:30]))
    assert found.kappa.low < found.kappa.value < found.kappa.high


def test_one_annotator_agrees_with_nobody(ledger: Ledger) -> None:
    """With a single annotator there is no agreement to report."""
    ledger.label({"a": "x"}, by="ann")
    assert agreement(ledger.state.by_annotator()) is None


def test_consistency_counts_blind_second_answers(ledger: Ledger) -> None:
    """Same answer once, another once: one of two; undone answers do not count."""
    ledger.label({"a": "x", "b": "x", "c": "x"}, by="ann")
    assert consistency(ledger.state, "ann") is None
    for item, label in (("a", "x"), ("b", "y"), ("c", "y")):
        ledger.record([Mark(item=item, label=label, source="reask")], by="ann")
    ledger.undo(by="ann")
    own = consistency(ledger.state, "ann")
    assert own is not None
    assert (0.5, 2) == (own.value, own.n)
    assert consistency(ledger.state, "bob") is None


def test_disputes_end_with_a_decision(ledger: Ledger) -> None:
    """Two names for one item are a dispute until somebody decides."""
    ledger.label({"a": "x", "b": "x"}, by="ann")
    ledger.label({"a": "y", "b": "x"}, by="bob")
    assert ["a"] == disputed(ledger.state)
    ledger.record([Mark(item="a", label="x", kind="adjudicate")], by="eve")
    assert [] == disputed(ledger.state)
