"""What the next labels would buy: the learning curve so far, drawn on by a power law.

Earlier models are made again from the labels that had arrived by then, and all are scored on the
same audit items, so that the luck of those items cancels in the differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from handful.estimate.figure import Figure

STAGES = (1 / 4, 1 / 3, 1 / 2, 0.7, 1.0)  # of the labels so far
EXPONENTS = (0.25, 0.5, 0.75, 1.0, 1.5)  # γ of the power law; learning curves lie in between
FEWEST = 20  # labels, and audit items, below which nothing can be said
RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Forecast:
    """What more labels are expected to do.

    Args:
        gain: of accuracy, as a share, from `num_more` further labels.
        num_more: labels it is about.
        curve: (labels, accuracy on the audit items) of the models so far.
    """

    gain: Figure
    num_more: int
    curve: tuple[tuple[int, float], ...]

    def __str__(self) -> str:
        gain = self.gain
        value, low, high = (f"{100 * share:+.1f}" for share in (gain.value, gain.low, gain.high))
        text = f"next {self.num_more} labels: {value} points ({low} to {high})"
        return text.replace("-", "−")


def stages_of(n: int) -> tuple[int, ...]:
    """Numbers of labels at which earlier models are made again, ascending."""
    return tuple(sorted({round(stage * n) for stage in STAGES}))


def forecast(
    is_right: Callable[[int], Bool[np.ndarray, " a"]],
    n: int,
    *,
    num_more: int = 50,
    confidence: float = 0.95,
    seed: int = 0,
) -> Forecast | None:
    """Forecast the gain of the next labels; None while there are too few to say anything.

    Args:
        is_right: given m, refits on the first m labels and says of each audit item whether it is
            predicted rightly by a fit without its group; always the same items in the same order.
        n: labels so far.
        num_more: labels to look ahead.
        confidence: of the interval.
        seed: of the resampling.
    Source:
        The power law: Cortes et al., "Learning curves", NIPS 1993. Ours: paired on audit items.
    """
    if n < FEWEST:
        return None
    sizes = stages_of(n)
    right = np.stack([is_right(m) for m in sizes]).astype(float)
    if right.shape[1] < FEWEST:
        return None
    return forecast_from(
        np.array(sizes), right, num_more=num_more, confidence=confidence, seed=seed
    )


def forecast_from(
    sizes: Int[np.ndarray, " s"],
    right: Float[np.ndarray, "s a"],
    *,
    num_more: int = 50,
    confidence: float = 0.95,
    seed: int = 0,
) -> Forecast:
    """The forecast from what was right at each stage; see `forecast`.

    The interval is the bootstrap over audit items: it holds their luck, not that of which labels
    come next, nor the power law's own error.
    """
    rng = np.random.default_rng([seed, 21])
    draws = rng.multinomial(right.shape[1], np.full(right.shape[1], 1 / right.shape[1]), RESAMPLES)
    errors = 1.0 - right @ draws.T / right.shape[1]
    observed = 1.0 - right.mean(axis=1, keepdims=True)
    gains = power_law_gain(sizes, errors, num_more)
    tail = (1 - confidence) / 2
    low, high = np.quantile(gains, [tail, 1 - tail])
    value = float(power_law_gain(sizes, observed, num_more)[0])
    method = f"power law through {len(sizes)} models, paired bootstrap of audit items"
    figure = Figure(
        value, min(float(low), value), max(float(high), value), confidence, right.shape[1], method
    )
    curve = tuple((int(m), float(a)) for m, a in zip(sizes, right.mean(axis=1), strict=True))
    return Forecast(figure, num_more, curve)


def power_law_gain(
    sizes: Int[np.ndarray, " s"], errors: Float[np.ndarray, "s r"], num_more: int
) -> Float[np.ndarray, " r"]:
    """err(n) - err(n + num_more) on err = e + b·m^(-γ), fitted to each column of `errors`.

    Later stages weigh more, by their labels. γ is the best of a short list, e and b least squares;
    b may be negative, so that a curve which got worse forecasts a loss. The error can fall no
    lower than 0.
    """
    root = np.sqrt(sizes / sizes.sum())[:, None]
    best = np.full(errors.shape[1], np.inf)
    gain = np.zeros(errors.shape[1])
    for gamma in EXPONENTS:
        powers = sizes.astype(float) ** -gamma
        design = np.stack([np.ones(len(sizes)), powers], axis=1)
        solution = np.linalg.lstsq(root * design, root * errors, rcond=None)[0]
        misfit = ((root * (design @ solution - errors)) ** 2).sum(axis=0)
        ahead = np.array([sizes[-1], sizes[-1] + num_more], float) ** -gamma
        now, later = np.maximum(solution[0] + ahead[:, None] * solution[1], 0.0)
        better = misfit < best
        gain[better] = (now - later)[better]
        best = np.minimum(best, misfit)
    return gain
