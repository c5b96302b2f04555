"""The model card."""

import hashlib

from handful.bundle.card import VERSION, card
from handful.bundle.model import Model
from tests.bundle.conftest import tiny_caveats, tiny_model, tiny_novelty

# Of the small model's cards, without and with novelty. When the wording changes: raise VERSION in
# card.py, then this.
WORDING = {3: "b1c62285f77d919f1d82207bd92a7a1ef13a3361b4cb68908aca73eb1e7cde1f"}


def test_the_wording_changes_only_with_its_version(model: Model) -> None:
    """`inspect` compares cards of one version word by word, so a version has one wording."""
    with_novelty = tiny_model(novelty=tiny_novelty()).manifest
    words = card(model.manifest) + card(with_novelty)
    assert hashlib.sha256(words.encode()).hexdigest() == WORDING[VERSION]


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


def test_it_says_what_a_mean_of_few_items_tells() -> None:
    """The mean and the spread are named as all that is kept of the items, and what that risks."""
    text = tiny_model(novelty=tiny_novelty()).card
    for words in (
        'of a picture unlike all that it\nlearned from it says "cannot say"',
        "is above 1.50",
        "100 units were left out in runs of neighbours to find that limit; 1.0% lay above it.",
        "the mean and the spread over 120 items",
        "able to guess whether the model learned from it",
    ):
        assert words in text
