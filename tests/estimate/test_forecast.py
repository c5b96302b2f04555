"""What the next labels would buy."""

import numpy as np
import pytest

from handful.estimate.forecast import forecast, forecast_from, power_law_gain, stages_of

SIZES = np.array(stages_of(200))


def test_an_exact_power_law_is_carried_on_exactly() -> None:
    """From noiseless errors 0.1 + 0.8/√m the gain of 50 more labels is that of the formula."""
    errors = (0.1 + 0.8 * SIZES**-0.5)[:, None]
    assert power_law_gain(SIZES, errors, 50)[0] == pytest.approx(0.8 * (200**-0.5 - 250**-0.5))


def test_a_flat_curve_promises_nothing_and_an_error_cannot_fall_below_zero() -> None:
    """Equal errors give no gain; a steep curve near zero gains no more than there is."""
    assert power_law_gain(SIZES, np.full((5, 1), 0.2), 50)[0] == pytest.approx(0, abs=1e-9)
    steep = np.array([[0.4], [0.3], [0.15], [0.06], [0.001]])
    assert power_law_gain(SIZES, steep, 1000)[0] <= 0.0311


def test_a_curve_that_got_worse_forecasts_a_loss() -> None:
    """Labels that did harm are not turned into a promise."""
    assert power_law_gain(SIZES, np.linspace(0.1, 0.2, 5)[:, None], 50)[0] < 0


def test_pairing_cancels_the_luck_of_the_items() -> None:
    """With the same items hard at every stage, the interval is far narrower than unpaired."""
    rng = np.random.default_rng(0)
    ease = rng.random(200)
    accuracy = 1 - (0.15 + 0.9 * SIZES.astype(float) ** -0.5)
    paired = (ease[None] < accuracy[:, None]).astype(float)
    unpaired = (rng.random((5, 200)) < accuracy[:, None]).astype(float)
    narrow, wide = (forecast_from(SIZES, right).gain for right in (paired, unpaired))
    assert (narrow.high - narrow.low) < 0.5 * (wide.high - wide.low)
    assert narrow.low <= narrow.value <= narrow.high


def test_the_stages_are_refitted_in_order_of_arrival() -> None:
    """A quarter, a third, a half, 0.7 and all of the labels are asked for, and reported."""
    asked = []

    def is_right(m: int) -> np.ndarray:
        asked.append(m)
        return np.arange(100) < 50 + m // 10

    result = forecast(is_right, 120)
    assert result is not None
    assert asked == [30, 40, 60, 84, 120]
    assert [m for m, _ in result.curve] == asked
    assert str(result).startswith("next 50 labels: +")


def test_too_few_labels_or_audit_items_give_no_forecast() -> None:
    """Nothing is said rather than something that means nothing."""
    assert forecast(lambda _: np.ones(100, bool), 19) is None
    assert forecast(lambda _: np.ones(19, bool), 100) is None


def test_one_seed_gives_one_forecast() -> None:
    """The bootstrap is seeded."""
    right = (np.random.default_rng(1).random((5, 60)) < 0.8).astype(float)
    assert forecast_from(SIZES, right, seed=4) == forecast_from(SIZES, right, seed=4)
