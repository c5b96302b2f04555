"""One black and one white for a set of deep pictures."""

from __future__ import annotations

import pytest

from handful.modalities.image.levels import Levels, of_kind, shared


def own(*ranges: tuple[float, float], kind: str = "integer") -> list[Levels]:
    """Each picture's own range."""
    return [Levels(kind, float(low), float(high)) for low, high in ranges]  # type: ignore[arg-type]


def test_from_the_darkest_to_the_brightest() -> None:
    """The range holds every picture's own, and is at most a sixteenth wider than they need."""
    [found] = shared(own((100, 500), (90, 480), (3000, 3900), (3100, 4000)))
    assert found.low <= 90
    assert found.high >= 4000
    assert found.high - found.low <= (4000 - 90) * (1 + 2 / 32)


def test_a_picture_more_does_not_change_it() -> None:
    """A picture a little brighter than all others leaves the range, and so every vector, as is."""
    some = own((100, 500), (90, 480), (3000, 3900), (3100, 4000))
    assert shared(some) == shared([*some, *own((95, 4010))])


def test_whole_numbers_and_floats_have_ranges_of_their_own() -> None:
    """Floats from 0 to 1 do not come out black beside whole numbers up to 4,000."""
    found = shared([*own((0, 4000)), *own((0.0, 1.0), kind="float")])
    assert ["float", "integer"] == [one.kind for one in found]
    assert Levels("float", 0.0, 1.0) == of_kind(found, "float")


@pytest.mark.parametrize("side", ["bright", "dark"])
def test_one_stray_picture_does_not_make_the_others_black(side: str) -> None:
    """A single file with values far from all others is left out of the range."""
    stray = (0.0, 60_000.0) if side == "bright" else (-60_000.0, 900.0)
    [found] = shared(own(*[(100, 1000 + i) for i in range(9)], stray))
    assert found.high - found.low < 1200


def test_a_bright_class_is_no_stray() -> None:
    """Three of ten pictures that are far brighter than the rest all lie in the range."""
    [found] = shared(own(*[(0, 100)] * 7, *[(0, 9000)] * 3))
    assert found.high >= 9000


@pytest.mark.parametrize("ranges", [[], [(7, 7), (7, 7)]])
def test_where_there_is_nothing_to_stretch_there_is_no_range(
    ranges: list[tuple[float, float]],
) -> None:
    """No deep picture, or one and the same value everywhere: none is given."""
    assert () == shared(own(*ranges))


def test_flat_pictures_of_two_values_have_a_range() -> None:
    """Where each picture is flat, they still differ from each other."""
    [found] = shared(own((100, 100), (900, 900)))
    assert (found.low, found.high) == pytest.approx((100, 900), abs=25)
