"""The model card."""

import hashlib

from handful.bundle.card import VERSION, card
from handful.bundle.model import Model
from tests.bundle.conftest import tiny_caveats, tiny_model

# Of the card of the small model. When the wording changes: raise VERSION in card.py, then this.
WORDING = {2: "54b1728526d84a80aa839a31dd215c18ff3d54e4a8c5a989ad0b49f05726c7a3"}


def test_the_wording_changes_only_with_its_version(model: Model) -> None:
    """`inspect` compares cards of one version word by word, so a version has one wording."""
    assert hashlib.sha256(card(model.manifest).encode()).hexdigest() == WORDING[VERSION]


def test_what_makes_a_figure_untrue_stands_beside_it() -> None:
    """The figures on new series come first, and warnings are in the card."""
    text = card(tiny_model(caveats=tiny_caveats()).manifest)
    series, plain = text.index("**On a new series**"), text.index("On more of the same series:")
    assert series < text.index("| accuracy |") < plain < text.rindex("| accuracy |")
    assert "leaving\nout whole runs of 12 neighbours" in text
    assert "**Mind:** 1 test item is a copy of learned ones" in text


def test_it_says_what_a_person_must_know(model: Model) -> None:
    """Use, limits, classes, figures with intervals, counts, abstention, licence, how to check."""
    text = card(model.manifest)
    for words in (
        "**What it is for.**",
        "**What it is not for.**",
        "| accuracy | 0.800 (0.750 to 0.850) |",
        "| value (95% interval) |",
        "| always answering defect | 0.500 |",
        "| unsure | 40 | 0.800 (0.750 to 0.850) | 0.700 (0.650 to 0.750) |",
        "120 labelled items. They form 100 groups",
        "## When it cannot say",
        "Licence of its weights: Apache-2.0",
        "A processor, 2 cores",
        "handful verify MODEL",
    ):
        assert words in text
    assert model.card == text
