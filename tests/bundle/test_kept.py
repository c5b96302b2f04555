"""Bundles of every version so far: they are read for ever."""

import json
from pathlib import Path

import pytest

from handful.bundle.load import load
from handful.bundle.manifest import FORMAT
from handful.bundle.verify import verify
from tests.bundle.keep import KEPT

BUNDLES = sorted(KEPT.glob("*.handful"))


def test_one_of_each_format_is_kept() -> None:
    """Every format so far has its file, and each is small."""
    assert [path.name for path in BUNDLES] == [f"format-{n}.handful" for n in range(1, FORMAT + 1)]
    assert all(path.stat().st_size < 60_000 for path in BUNDLES)


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_it_answers_as_on_the_day_that_it_was_written(path: Path) -> None:
    """Label, set and abstention are the same, each probability to 1e-5, read beside the file."""
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model = load(path)
    assert model.identity == expected["identity"]
    assert len(expected["answers"]) == len(model.manifest.golden) > 0
    for name, before in expected["answers"].items():
        now = model.predict(model.contents[name]).to_json()
        for key in ("label", "set", "abstained"):
            assert now[key] == before[key]
        assert now["probabilities"] == pytest.approx(before["probabilities"], abs=1e-5)


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.stem)
def test_it_is_verified(path: Path) -> None:
    """Its own golden answers still hold, and it is written as it was read."""
    assert verify(path).ok
    assert load(path).to_bytes() == path.read_bytes()
