"""The meter's forecast: nothing about an item is learned from the rest of its group."""

from pathlib import Path

import numpy as np
import pytest

from handful.active import meter
from tests.active.classroom import Classroom


def test_the_forecast_passes_over_groups_that_are_partly_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At no stage is an audit item scored whose group is among the labels learned by then."""
    units = np.arange(300)
    units[:120] //= 4  # thirty groups of four; the others stand alone
    room = Classroom(tmp_path, units=np.random.default_rng(0).permutation(units))
    room.answer(150)
    taught = room.session.taught
    assert taught is not None
    groups = taught.known.units[taught.items]
    scored: list[np.ndarray] = []

    def seen(*given: object) -> np.ndarray:
        *_, audited, m, _ = given
        assert isinstance(audited, np.ndarray)
        assert isinstance(m, int)
        later = audited[audited >= m]
        assert not np.isin(groups[later], groups[:m]).any()
        scored.append(audited)
        return np.ones(len(audited), bool)

    monkeypatch.setattr(meter, "_right_after", seen)
    assert meter.look_ahead(taught) is not None
    assert len(scored) == 5
    assert {len(one) for one in scored} == {len(scored[0])}
    assert len(scored[0]) < taught.audited.sum(), "no group was parted: the test needs others"
