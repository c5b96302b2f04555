"""The model as Python users hold it."""

from handful.bundle.load import from_bytes
from handful.bundle.model import Model
from tests.bundle.conftest import tiny_model


def test_it_says_what_it_is(model: Model) -> None:
    """Classes, estimate, test and encoder can be read from it, and its repr has its accuracy."""
    assert model.classes == ("defect", "ok", "unsure")
    assert model.estimate.accuracy.value == 0.8
    assert model.test is None
    assert model.encoder == "tiny"
    assert repr(model) == "Model(3 classes, tiny, accuracy 0.800 (0.750–0.850), n = 120)"


def test_a_test_estimate_is_kept(model: Model) -> None:
    """The estimate on items kept aside goes through the file, and the notebook shows it."""
    tested = from_bytes(tiny_model(test=model.estimate).to_bytes())
    assert tested.test == model.estimate
    assert "120" in tested._repr_html_()


def test_the_notebook_shows_names_as_text() -> None:
    """A class whose name is HTML is shown, not run, in the notebook and in the card."""
    evil = tiny_model(("<script>alert(1)</script>", "ok"))
    assert "<script>" not in evil._repr_html_()
    assert "&lt;script&gt;" in evil._repr_html_()
    assert "<script>" not in evil.card


def test_unicode_names_stay_themselves() -> None:
    """Names in any script go through the file."""
    names = ("défaut", "σωστό", "良")
    assert from_bytes(tiny_model(names).to_bytes()).classes == names
