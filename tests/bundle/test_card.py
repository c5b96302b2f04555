"""The model card."""

import hashlib

from handful.bundle.card import VERSION, card
from handful.bundle.model import Model

# Of the card of the small model. When the wording changes: raise VERSION in card.py, then this.
WORDING = {1: "0980c3ad94043d0a309d79e214caa82bb6795813bd799f34684738edaee4366f"}


def test_the_wording_changes_only_with_its_version(model: Model) -> None:
    """`inspect` compares cards of one version word by word, so a version has one wording."""
    assert hashlib.sha256(card(model.manifest).encode()).hexdigest() == WORDING[VERSION]


def test_it_says_what_a_person_must_know(model: Model) -> None:
    """Use, limits, classes, figures with intervals, counts, abstention, licence, how to check."""
    text = card(model.manifest)
    for words in (
        "**What it is for.**",
        "**What it is not for.**",
        "| accuracy | 0.800 (0.750 to 0.850) |",
        "| value (95% interval) |",
        "| unsure | 40 | 0.800 (0.750 to 0.850) | 0.700 (0.650 to 0.750) |",
        "120 labelled items. They form 100 groups",
        "## When it cannot say",
        "Licence of its weights: Apache-2.0",
        "A processor, 2 cores",
        "handful verify MODEL",
    ):
        assert words in text
    assert model.card == text
