"""What a notebook shows: small tables, escaped, with the picture inside and nothing to fetch."""

import base64
import io
import re
from pathlib import Path

from PIL import Image

import handful
from handful.bundle.predict import Prediction
from handful.estimate.figure import Figure
from handful.items.finding import Finding
from tests.samples import write_digits

HOSTILE = "<script>alert('x')</script>"


def prediction(path: str, **more: object) -> str:
    """What a notebook shows of an answer."""
    answer = Prediction(path, HOSTILE, 0.9, {HOSTILE: 0.9, "b": 0.1}, (HOSTILE,), False, **more)
    return answer._repr_html_()


def test_an_answer_shows_its_picture(tmp_path: Path) -> None:
    """The picture is inside the page, at most 96 pixels wide, and is the one that was asked."""
    Image.new("RGB", (400, 200), (200, 30, 30)).save(tmp_path / "a.png")
    shown = prediction(str(tmp_path / "a.png"))
    data = re.search(r'src="data:image/jpeg;base64,([^"]+)"', shown)
    assert data is not None
    picture = Image.open(io.BytesIO(base64.b64decode(data[1])))
    assert (96, 48) == picture.size
    assert all(
        abs(a - b) < 12 for a, b in zip((200, 30, 30), picture.getpixel((9, 9)), strict=True)
    )


def test_names_are_escaped_and_nothing_is_fetched() -> None:
    """Markup in a name of a file, a class or a reason is text, and no address is in the page."""
    finding = Finding("leak", (HOSTILE,) * 5, HOSTILE, suggestion="look")
    for shown in (prediction(HOSTILE), finding._repr_html_()):
        assert "<script" not in shown
        assert "&lt;script" in shown
        assert "http" not in shown
    assert "and 2 more" in finding._repr_html_()


def test_an_unreadable_picture_says_so() -> None:
    """Where there is no answer the reason stands in its place, and no picture."""
    shown = Prediction.unreadable("a.png", "truncated")._repr_html_()
    assert "not readable: truncated" in shown
    assert "<img" not in shown


def test_a_figure_and_a_project_are_tables(tmp_path: Path) -> None:
    """A figure shows its interval and n; a project what there is and its classes."""
    figure = Figure(0.88, 0.86, 0.9, 0.95, 1968, "leave-group-out")
    assert all(part in figure._repr_html_() for part in ("0.880", "0.860–0.900", "n = 1,968"))
    shown = handful.open(write_digits(tmp_path / "digits", per_class=2))._repr_html_()
    assert all(part in shown for part in ("Project digits", ">6<", "digit-0, digit-1, digit-7"))
