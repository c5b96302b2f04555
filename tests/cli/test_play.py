"""`handful demo --label`: the session that it plays, on digits instead of solar cells."""

from pathlib import Path

import pytest

import handful
from handful.cli.output import Output
from handful.cli.play import SHOWN_AT, played
from tests.samples import write_loose_digits


def test_the_meter_stands_beside_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row for each number of labels, with the live interval and what is true of the rest."""
    truth = write_loose_digits(tmp_path / "digits", per_class=70)
    project = handful.open(tmp_path / "digits")
    rows = played(project, truth, Output(as_json=False, quiet=True))
    assert list(SHOWN_AT) == [row["labels"] for row in rows]
    for row in rows[1:]:
        assert row["accuracy"]["low"] <= row["true"] <= row["accuracy"]["high"]
    assert rows[-1]["true"] > 0.9
    assert len(SHOWN_AT) <= len(capsys.readouterr().out.splitlines())
