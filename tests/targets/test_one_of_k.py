"""One of K classes."""

import numpy as np

from handful.targets.one_of_k import ONE_OF_K


def test_the_likeliest_class_is_decided_for() -> None:
    """Of each row the class of the largest probability, and of equals the first."""
    probabilities = np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4], [0.1, 0.1, 0.8]])
    assert ONE_OF_K.decide(probabilities).tolist() == [1, 0, 2]
