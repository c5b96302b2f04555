"""The expert made of known labels."""

import numpy as np

from handful.queries.simulate import Expert

TRUTH = np.random.default_rng(0).integers(0, 3, 4000)


def test_the_expert_errs_at_the_given_rate_and_stands_by_it() -> None:
    """One answer in twenty is wrong, to any class alike, and asking again gives the same."""
    expert = Expert(TRUTH, num_classes=3, wrong_fraction=0.05, seed=1)
    said = expert.answer(np.arange(4000))
    assert abs((said != TRUTH).mean() - 0.05) < 0.015
    assert said.tolist() == expert.answer(range(4000)).tolist()
    assert expert.asked == 8000
    assert set((said - TRUTH)[said != TRUTH] % 3) == {1, 2}


def test_the_expert_is_right_unless_told_otherwise() -> None:
    """Without a rate every answer is the truth."""
    assert Expert(TRUTH, num_classes=3).answer([5, 6]).tolist() == TRUTH[[5, 6]].tolist()
