"""Pictures that differ from most of their set in size, shape or colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handful.datasets.checks import shapes
from handful.datasets.checks.examined import Examined
from tests.datasets.checks.cases import examined, item, only, seen

GREY, RED = bytes(48), bytes([200, 10, 10] * 16)


def sized(sizes: Sequence[tuple[int, int]], colours: Sequence[bytes] = ()) -> Examined:
    """Pictures of the given sizes, grey unless colours are given."""
    looks = [
        replace(seen(0), content=str(i), pixels=str(i), thumb=bytes(1024), width=w, height=h)
        for i, (w, h) in enumerate(sizes)
    ]
    looks = [
        replace(look, colours=colour)
        for look, colour in zip(looks, colours or [GREY] * len(sizes), strict=True)
    ]
    return examined([item(f"{i:03}.png") for i in range(len(sizes))], looks)


def test_tiny_pictures() -> None:
    """One pixel, and an eighth of the usual size, are tiny; a set of small pictures is not."""
    finding = only(list(shapes.tiny(sized([(300, 300)] * 5 + [(1, 1), (500, 30)]))))
    assert ("005.png", "006.png") == finding.paths
    assert "2 pictures with a short side of 1 to 30 pixels; the median is 300" == finding.reason
    assert [] == list(shapes.tiny(sized([(8, 8)] * 9 + [(4, 4)])))
    assert ("000.png",) == only(list(shapes.tiny(sized([(2, 9)])))).paths


def test_elongated_pictures() -> None:
    """A strip among squares is told; where all are strips it is told once, as a note."""
    finding = only(list(shapes.elongated(sized([(100, 100)] * 5 + [(60, 600)]))))
    assert ("005.png",) == finding.paths
    assert "warning" == finding.severity
    whole = only(list(shapes.elongated(sized([(500, 100)] * 5))))
    assert ((), "note") == (whole.paths, whole.severity)
    assert [] == list(shapes.elongated(sized([(300, 100)] * 5)))


def test_odd_sizes() -> None:
    """Up to one in twenty of another size is odd; more than that is variety."""
    finding = only(list(shapes.odd_size(sized([(300, 300)] * 38 + [(300, 299), (299, 300)]))))
    assert ("038.png", "039.png") == finding.paths
    assert "2 pictures not 300 x 300 as the other 38" == finding.reason
    assert [] == list(shapes.odd_size(sized([(300, 300)] * 36 + [(300, 299)] * 4)))
    assert [] == list(shapes.odd_size(sized([(300, 300)] * 10 + [(300, 299)])))
    assert [] == list(shapes.odd_size(sized([(300, 300)] * 40)))


def test_few_grey_among_coloured() -> None:
    """Few grey ones among coloured are odd, and few coloured among grey; half of each is not."""
    size = [(64, 64)] * 40
    finding = only(list(shapes.odd_colour(sized(size, [RED] * 38 + [GREY] * 2))))
    assert ("038.png", "039.png") == finding.paths
    assert "2 pictures grey; the other 38 are in colour" == finding.reason
    finding = only(list(shapes.odd_colour(sized(size, [GREY] * 39 + [RED]))))
    assert "1 picture in colour; the other 39 are grey" == finding.reason
    assert ("039.png",) == finding.paths
    for colours in ([GREY] * 40, [RED] * 40, [GREY, RED] * 20):
        assert [] == list(shapes.odd_colour(sized(size, colours)))


def test_nothing_to_judge() -> None:
    """A set without a readable picture gives no finding and no error."""
    for check in (shapes.tiny, shapes.elongated, shapes.odd_size, shapes.odd_colour):
        assert [] == list(check(sized([])))
