"""The interval that may be watched."""

import numpy as np
import pytest

from handful.estimate.intervals import anytime


@pytest.mark.parametrize(
    ("n", "low", "high"),
    [(50, 0.742, 0.979), (100, 0.791, 0.965), (200, 0.824, 0.952), (400, 0.847, 0.941)],
)
def test_widths_are_those_computed_for_the_design(n: int, low: float, high: float) -> None:
    """At 90 % right, from a large population, the interval is the one in the table."""
    found = anytime(round(0.9 * n), n, population=200_000)
    assert found == pytest.approx((low, high), abs=0.0015)


def test_it_covers_the_truth_at_all_times_at_once() -> None:
    """Watched through 150 draws, it leaves out the truth in fewer than 5 % of the runs."""
    rng = np.random.default_rng(0)
    for share in (0.6, 0.9, 0.98):
        missed = 0
        for _ in range(100):
            pool = np.arange(400) < round(share * 400)
            drawn = np.cumsum(rng.permutation(pool)[:150])
            bounds = [anytime(int(drawn[t - 1]), t, population=400) for t in range(5, 151, 8)]
            missed += any(not low <= share <= high for low, high in bounds)
        assert missed / 100 < 0.05 + 2 * (0.05 * 0.95 / 100) ** 0.5


def test_having_seen_all_leaves_no_doubt() -> None:
    """When all were drawn both ends are the truth; before the first draw they are 0 and 1."""
    assert anytime(70, 100, population=100) == (0.7, 0.7)
    assert anytime(0, 0, population=100) == (0.0, 1.0)


def test_it_is_wider_than_one_for_a_single_look() -> None:
    """The price of watching: it holds Wilson's interval, about half as wide again."""
    from handful.heads.binomial import wilson

    low, high = wilson(0.9, 100.0)
    assert (
        anytime(90, 100, population=10_000)[0] < low < high < anytime(90, 100, population=10_000)[1]
    )
