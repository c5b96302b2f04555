"""One of K classes."""

import numpy as np

from handful.targets.one_of_k import ONE_OF_K


def test_the_likeliest_class_is_decided_for() -> None:
    """Of each row the class of the largest probability, and of equals the first."""
    probabilities = np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4], [0.1, 0.1, 0.8]])
    assert ONE_OF_K.decide(probabilities).tolist() == [1, 0, 2]


def test_a_row_that_no_softmax_gives_is_not_possible() -> None:
    """Numbers below 0, or with a sum that is not 1, are told from probabilities."""
    rows = ([0.25, 0.75], [0.2504, 0.75], [1.25, -0.25], [0.25, 0.7], [0.5, 0.75])
    assert [ONE_OF_K.possible(row) for row in rows] == [True, True, False, False, False]
