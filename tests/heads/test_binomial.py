"""Intervals of a proportion and the quantiles under them, against scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from handful.heads.binomial import (
    beta_quantile,
    clopper_pearson,
    incomplete_beta,
    normal_quantile,
    student_quantile,
    wilson,
)


@given(st.integers(1, 3000), st.floats(0, 1))
def test_wilson_is_scipys(n, share):
    """Equal to `binomtest(...).proportion_ci("wilson")`."""
    successes = round(share * n)
    ours = wilson(successes / n, n, quantile=normal_quantile(0.95))
    assert ours == pytest.approx(stats.binomtest(successes, n).proportion_ci(method="wilson"))


@given(st.integers(1, 3000), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.99]))
def test_clopper_pearson_is_scipys(n, share, confidence):
    """Equal to `binomtest(...).proportion_ci("exact")`."""
    successes = round(share * n)
    theirs = stats.binomtest(successes, n).proportion_ci(confidence)
    assert clopper_pearson(successes, n, confidence=confidence) == pytest.approx(
        theirs, abs=1e-9, rel=1e-7
    )


@given(st.floats(0, 1), st.floats(0.3, 2000), st.floats(0.3, 2000))
def test_incomplete_beta_is_scipys(x, a, b):
    """Equal to `beta.cdf` to nine digits."""
    assert incomplete_beta(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-9)


def test_quantiles_are_scipys():
    """Student's t for few and many degrees of freedom, and the beta's, equal scipy's."""
    for freedom in (1, 2.5, 9, 49, 1967, 10**6):
        expected = stats.t.ppf(0.975, freedom)
        assert student_quantile(0.95, freedom) == pytest.approx(expected, rel=1e-4)
    assert beta_quantile(0.3, 4, 9) == pytest.approx(stats.beta.ppf(0.3, 4, 9))


def test_nothing_seen_is_nothing_known():
    """With no trial both intervals are (0, 1)."""
    assert wilson(0.0, 0) == (0.0, 1.0)
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_all_or_none_stay_inside():
    """At 0 and at 1 Wilson's interval ends exactly there."""
    assert wilson(0.0, 7)[0] == 0.0
    assert wilson(1.0, 7)[1] == 1.0
    assert np.all(np.diff([wilson(1.0, n)[0] for n in (1, 5, 50)]) > 0)
