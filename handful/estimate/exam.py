"""The figures of a final exam: a frozen model on items that nobody had been asked about.

The model was written down before the items were asked, so the answers are independent of it and
Wilson's interval holds as it stands. This accuracy alone is called test accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from handful.estimate.estimate import estimate
from handful.estimate.figure import Estimate, Figure
from handful.heads.binomial import student_quantile, wilson
from handful.targets.one_of_k import ONE_OF_K

METHOD = "final exam"


def examined(
    said: Float[np.ndarray, "n k"],
    names: Sequence[str],
    answers: Sequence[str | None],
    *,
    confidence: float = 0.95,
) -> tuple[Figure, Estimate | None]:
    """How good the frozen model is, from the answers to its exam.

    The accuracy counts every item: a class that the model does not know is an error; an item that
    nobody could name counts as wrong in the lower bound and as right in the upper one, and is left
    out of the value. The other figures are of the items whose class the model knows.

    Args:
        said: probabilities, written down before the items were asked.
        names: k, as the classes are called now; two that were merged since share a name.
        answers: n >= 1 class names; None: nobody could say.
        confidence: of all intervals.
    Returns:
        The test accuracy, and all figures; None where no answer is a class that the model knows.
    """
    classes = sorted(set(names))
    belongs = np.array([[name == one for one in classes] for name in names], np.float64)
    summed = said @ belongs
    summed /= summed.sum(axis=1, keepdims=True)  # they were rounded when they were written down
    place = {name: at for at, name in enumerate(classes)}
    targets = np.array([-1 if a is None else place.get(a, -1) for a in answers], np.int64)
    named = sum(answer is not None for answer in answers)
    hits = int((ONE_OF_K.decide(summed) == targets).sum())
    accuracy = exam_accuracy(hits, named, len(answers), confidence=confidence)
    known = targets >= 0
    if not known.any() or len(classes) < 2:
        return accuracy, None
    rest = estimate(
        summed[known].astype(np.float32),
        targets[known],
        classes,
        confidence=confidence,
        method=METHOD,
    )
    return accuracy, replace(rest, n=accuracy.n, accuracy=accuracy)


def exam_accuracy(hits: int, named: int, asked: int, *, confidence: float = 0.95) -> Figure:
    """Share of right answers with Wilson's interval; what nobody could name counts both ways.

    Args:
        hits: right answers of the model.
        named: items whose class a person could name; where there is none, the value is NaN.
        asked: all items of the exam.
    """
    quantile = student_quantile(confidence, max(asked - 1.0, 1.0))
    low, _ = wilson(hits / asked, float(asked), quantile=quantile)
    _, high = wilson((hits + asked - named) / asked, float(asked), quantile=quantile)
    unsure = f", {asked - named} of {asked} unsure, counted both ways" if named < asked else ""
    value = hits / named if named else float("nan")
    return Figure(value, low, high, confidence, named, f"{METHOD}, Wilson{unsure}")
